import { describe, expect, it } from "vitest";
import { welchAnova } from "../../src/stats/anova.ts";
import { logBeta } from "../../src/stats/beta-function.ts";
import { sixpackCompat, sixpackCompatControl } from "../../src/stats/compat.ts";
import { exactConversionTest, exactConversionTestEpochs } from "../../src/stats/exact.ts";
import { sampleOf } from "../../src/stats/mean.ts";
import { sampleRatioEvidence } from "../../src/stats/sample-ratio.ts";
import { informationSize } from "../../src/stats/stratified.ts";

describe("log-beta", () => {
  it("joins its three branches without a step (values by mpmath's identity B(a,b+1) = B(a,b)·b/(a+b))", () => {
    for (const [a, b] of [
      [0.5, 49.5],
      [49.9, 60],
      [3, 5e7],
      [49.9999, 5e7],
      [2.5e6, 4.75e7],
    ] as const) {
      const step = logBeta(a, b + 1) - logBeta(a, b);
      expect(step).toBeCloseTo(Math.log(b / (a + b)), 8);
    }
  });
});

describe("the strict test over epochs", () => {
  it("is the closed form when two epochs have equal weights", () => {
    const one = exactConversionTest({ conversions: [100, 130], weights: [1, 1] }, 200, 0.05);
    const two = exactConversionTestEpochs(
      [
        { conversions: [40, 60], weights: [1, 1] },
        { conversions: [60, 70], weights: [2, 2] },
      ],
      200,
      0.05,
    );
    expect(two.logE).toBeCloseTo(one.logE, 8);
    expect(two.uplift.lower).toBeCloseTo(one.uplift.lower, 8);
    expect(two.uplift.upper).toBeCloseTo(one.uplift.upper, 8);
  });

  it("is the closed form also for small weights and little belief, where the likelihood falls off slowly on one side", () => {
    for (const [share, kappa] of [
      [0.02, 200],
      [0.02, 50],
      [0.005, 200],
    ] as const) {
      const weights = [1 - share, share] as const;
      const one = exactConversionTest({ conversions: [30, 4], weights }, kappa, 0.05);
      const halves = [
        { conversions: [10, 1], weights },
        { conversions: [20, 3], weights },
      ] as const;
      expect(exactConversionTestEpochs(halves, kappa, 0.05).logE).toBeCloseTo(one.logE, 8);
    }
  });

  it("takes the weights of each epoch into account", () => {
    // 9:1 and 1:9, converted exactly as the weights promise: no evidence.
    const test = exactConversionTestEpochs(
      [
        { conversions: [450, 50], weights: [9, 1] },
        { conversions: [150, 1350], weights: [1, 9] },
      ],
      200,
      0.05,
    );
    expect(test.logE).toBeLessThan(0);
    expect(test.uplift.lower).toBeLessThan(0);
    expect(test.uplift.upper).toBeGreaterThan(0);
  });
});

describe("the analysis of variance", () => {
  it("is that of R: oneway.test(count ~ spray, data = InsectSprays) prints F = 36.065, 5 and 30.043 df, p = 7.999e-12", () => {
    const sprays = [
      [10, 7, 20, 14, 14, 12, 10, 23, 17, 20, 14, 13],
      [11, 17, 21, 11, 16, 14, 17, 17, 19, 21, 7, 13],
      [0, 1, 7, 2, 3, 1, 2, 1, 3, 0, 1, 4],
      [3, 5, 12, 6, 4, 3, 5, 5, 5, 5, 2, 4],
      [3, 5, 3, 5, 3, 6, 1, 1, 3, 2, 6, 4],
      [11, 9, 15, 22, 15, 16, 13, 10, 26, 26, 24, 13],
    ].map((counts) => {
      const sum = counts.reduce((total, count) => total + count, 0);
      const squares = counts.reduce((total, count) => total + count * count, 0);
      return sampleOf(counts.length, sum, squares);
    });
    const { f, dfBetween, dfWithin, p } = welchAnova(sprays);
    expect(f).toBeCloseTo(36.065, 3);
    expect(dfBetween).toBe(5);
    expect(dfWithin).toBeCloseTo(30.043, 3);
    expect(p / 7.999e-12).toBeCloseTo(1, 3);
  });
});

describe("the clock of the stratified always-valid test", () => {
  it("counts participants while weights stay, and less where they starve an arm", () => {
    const pair = (c: number, t: number) => ({ control: { n: c, x: 0 }, treatment: { n: t, x: 0 } });
    expect(informationSize([pair(500, 500), pair(700, 700)], [1, 1])).toBeCloseTo(2400, 9);
    expect(informationSize([pair(900, 100)], [9, 1])).toBeCloseTo(1000, 9);
    expect(informationSize([pair(500, 500), pair(900, 100)], [1, 1])).toBeCloseTo(1360, 9);
  });
});

describe("sample ratio over epochs", () => {
  it("is quiet when every epoch has the split it was promised", () => {
    const epochs = [
      { observed: [9000, 1000], weights: [9, 1] },
      { observed: [1000, 9000], weights: [1, 9] },
    ];
    expect(sampleRatioEvidence(epochs)).toBeLessThan(0);
  });

  it("finds an arm that loses a tenth of its clients although the weights change every hour", () => {
    const epochs = Array.from({ length: 200 }, (_, hour) => {
      const share = 0.3 + 0.002 * hour;
      return { observed: [Math.round(500 * (1 - share)), Math.round(450 * share)], weights: [1 - share, share] };
    });
    expect(sampleRatioEvidence(epochs)).toBeGreaterThan(Math.log(1000));
  });

  it.each([
    ["first", [1, 500, 500], [0, 1, 1]],
    ["middle", [500, 1, 500], [1, 0, 1]],
    ["last", [500, 500, 1], [1, 1, 0]],
    ["only other", [1000, 1], [1, 0]],
  ])("is certain of a client in an arm that takes none, the %s", (_where, observed, weights) => {
    expect(sampleRatioEvidence([{ observed, weights }])).toBe(Infinity);
    expect(
      sampleRatioEvidence([{ observed: observed.map((count) => (count === 1 ? 0 : count)), weights }]),
    ).toBeLessThan(0.01);
    expect(
      sampleRatioEvidence([
        { observed, weights },
        { observed: observed.map(() => 300), weights: weights.map(() => 1) },
      ]),
    ).toBe(Infinity);
  });

  it("counts epochs of equal weights as one", () => {
    const halves = [
      { observed: [600, 500], weights: [1, 1] },
      { observed: [620, 510], weights: [2, 2] },
    ];
    expect(sampleRatioEvidence(halves)).toBeCloseTo(
      sampleRatioEvidence([{ observed: [1220, 1010], weights: [1, 1] }]),
      12,
    );
  });
});

describe("the figures of Sixpack 2.7", () => {
  it("are not computed for the control", () => {
    expect(sixpackCompatControl({ n: 1000, x: 100 })).toMatchObject({ test_statistic: "N/A", conversion_rate: 10 });
  });

  it("take the label from the rounded statistic", () => {
    // G of this pair is 0.0004, which rounds to 0: no change, although the counts differ.
    const figures = sixpackCompat({ n: 100_000, x: 10_000 }, { n: 100_000, x: 10_002 });
    expect(figures).toMatchObject({ test_statistic: 0, confidence_level: "No Change" });
  });
});
