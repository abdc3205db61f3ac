import { describe, expect, it } from "vitest";
import { binomialFrom, normalFrom, type Random, seededRandom } from "../../src/stats/random.ts";
import { simulate } from "../../src/stats/simulate.ts";

const DRAWS = 40_000;

/** Mean and variance of draws, each within five standard errors of the truth (a false alarm in a million). */
function expectMoments(draw: (random: Random) => number, mean: number, variance: number, fourth: number): void {
  const random = seededRandom(42);
  const values = Array.from({ length: DRAWS }, () => draw(random));
  const average = values.reduce((sum, value) => sum + value, 0) / DRAWS;
  const spread = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / DRAWS;
  expect(Math.abs(average - mean)).toBeLessThan(5 * Math.sqrt(variance / DRAWS));
  expect(Math.abs(spread - variance)).toBeLessThan(5 * Math.sqrt((fourth - variance ** 2) / DRAWS));
}

describe("seeded draws", () => {
  it("repeat for a seed and differ between seeds", () => {
    const first = Array.from({ length: 5 }, seededRandom(1));
    expect(Array.from({ length: 5 }, seededRandom(1))).toEqual(first);
    expect(Array.from({ length: 5 }, seededRandom(2))).not.toEqual(first);
  });

  it("have the moments of the normal, the binomial (walked and by rejection) and the beta", () => {
    expectMoments(normalFrom, 0, 1, 3);
    for (const [n, p] of [
      [10, 0.3],
      [1000, 0.005],
      [1000, 0.3],
      [500, 0.9],
      [100_000, 0.05],
    ] as const) {
      const v = n * p * (1 - p);
      expectMoments((random) => binomialFrom(n, p, random), n * p, v, v * (1 + 3 * (n - 2) * p * (1 - p)));
    }
  });
});

/** Sum over the cells of (seen - expected)² / expected, cells of fewer than 20 expected counted as one. */
function chiSquareOf(n: number, p: number): { readonly statistic: number; readonly cells: number } {
  const random = seededRandom(43);
  const draws = 10 * DRAWS;
  const seen = new Float64Array(n + 1);
  for (let draw = 0; draw < draws; draw += 1) {
    const k = binomialFrom(n, p, random);
    seen[k] = (seen[k] ?? 0) + 1;
  }
  let [statistic, cells, restSeen, restExpected] = [0, 0, 0, 0];
  let logMass = n * Math.log1p(-p);
  for (let k = 0; k <= n; k += 1) {
    const expected = draws * Math.exp(logMass);
    if (expected < 20) {
      restSeen += seen[k] ?? 0;
      restExpected += expected;
    } else {
      statistic += ((seen[k] ?? 0) - expected) ** 2 / expected;
      cells += 1;
    }
    logMass += Math.log(((n - k) / (k + 1)) * (p / (1 - p)));
  }
  return { statistic: statistic + (restSeen - restExpected) ** 2 / restExpected, cells: cells + 1 };
}

describe("binomial draws", () => {
  it.each([
    [60, 0.3],
    [400, 0.05],
    [2_000, 0.45],
  ])("of %i at %d have the binomial's chance in every cell", (n, p) => {
    const { statistic, cells } = chiSquareOf(n, p);
    // Chi-square of cells - 1 degrees: five standard deviations above its mean.
    expect(statistic).toBeLessThan(cells - 1 + 5 * Math.sqrt(2 * (cells - 1)));
  });
});

describe("a simulated study", () => {
  it("reports progress, repeats by its seed, and shows the naive test's false positives", () => {
    const input = { baseline: 0.05, uplift: 0.3, arms: 2, users: 10_000, looks: 50, runs: 300 };
    const play = () => {
      const steps = simulate(input, seededRandom(5));
      let last = 0;
      for (;;) {
        const step = steps.next();
        if (step.done) return { result: step.value, last };
        last = step.value.done;
      }
    };
    const { result, last } = play();
    expect(last).toBe(300);
    expect(play().result).toEqual(result);
    expect(result.naive.falsePositiveRate).toBeGreaterThan(0.2);
    expect(result.alwaysValid.falsePositiveRate).toBeLessThan(0.05);
    expect(result.hybrid.power).toBeGreaterThan(result.alwaysValid.power);
    expect(result.hybrid.expectedUsers).toBeLessThan(10_000);
  });
});
