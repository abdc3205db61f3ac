import { describe, expect, it } from "vitest";
import type { PlanInput, ReportInput } from "../../src/stats/input.ts";
import { summarize } from "../../src/stats/summarize.ts";

describe("what could be found today", () => {
  const at = (more: Partial<ReportInput>): number => {
    const { detectableUplift } = summarize({
      arms: [{ name: "a" }, { name: "b" }],
      kpis: [{ name: "order", role: "primary" }],
      epochs: [{ weights: [1, 1], participants: [5000, 5000], kpis: [[{ conversions: 250 }, { conversions: 250 }]] }],
      ...more,
    }).plan;
    return detectableUplift ?? Number.NaN;
  };
  const plan = { participants: 10_000, baseline: { rate: 0.05 }, minimumUplift: 0.2 };

  it("is what looking at any time would find where no planned look is to come", () => {
    // One look at 5 % finds +25.9 % of 5 % in 5,000 per arm with a power of .8 (R, power.prop.test); looking at any time needs
    // a critical value of 3.04 in place of 1.96, so (3.04 + .84)/(1.96 + .84) = 1.39 times as much, a little more for the rate.
    expect(at({})).toBeGreaterThan(0.35);
    expect(at({})).toBeLessThan(0.38);
    expect(at({ plan })).toBeLessThan(0.28);
    // Before its size is reached the planned look finds nothing, and looking at any time has a fifth of alpha.
    expect(at({ plan: { ...plan, participants: 20_000 } })).toBeGreaterThan(at({}));
    expect(at({ plan: { ...plan, finalLook: false } })).toBeCloseTo(at({}), 12);
    const spent = [
      { weights: [1, 1], participants: [5000, 5000], kpis: [[{ conversions: 250 }, { conversions: 250 }]] },
    ];
    expect(at({ plan, finalLook: spent })).toBeGreaterThan(at({}));
  });

  it("is more where late conversions widen the test that decides", () => {
    const late = { lateness: [{ rates: 1.4, means: 1 }] };
    // (1.4 · 3.04 + .84) / (3.04 + .84) = 1.31 times as much, a little more for the rate; the planned look is as it was.
    expect(at(late) / at({})).toBeGreaterThan(1.31);
    expect(at(late) / at({})).toBeLessThan(1.36);
    expect(at({ plan, ...late })).toBe(at({ plan }));
  });

  it("is a loss where lower is better", () => {
    const kpis = [{ name: "refund", role: "primary", better: "lower" }] as const;
    expect(at({ kpis })).toBeLessThan(-0.25);
  });

  it("is told of means by their deviation, and of none that may be zero", () => {
    const kpis = [{ name: "revenue", role: "primary", decidesOn: "mean" }] as const;
    const cell = (sum: number, sumSquares: number) => ({ conversions: 5000, values: { sum, sumSquares } });
    const of = (control: ReturnType<typeof cell>) =>
      at({ kpis, epochs: [{ weights: [1, 1], participants: [5000, 5000], kpis: [[control, control]] }] });
    // Mean 10, deviation 5: (3.04 + .84) · 5 · sqrt(2/5000) / 10, and a little more for the deviation that grows with the mean.
    expect(of(cell(50_000, 625_000))).toBeCloseTo(0.0395, 3);
    expect(of(cell(0, 625_000))).toBeNaN();
    // Everybody spent 10.
    expect(of(cell(50_000, 500_000))).toBeNaN();
  });
});

describe("the plan of a mean", () => {
  const report = (plan: PlanInput) =>
    summarize({
      arms: [{ name: "a" }, { name: "b" }],
      kpis: [{ name: "revenue", role: "primary", decidesOn: "mean" }],
      epochs: [{ weights: [1, 1], participants: [0, 0], kpis: [[{ conversions: 0 }, { conversions: 0 }]] }],
      plan,
    }).plan;

  it("has the power of its mean and deviation, before any value came", () => {
    // (2.054 + .842)^2 (31^2 + 34.1^2) / .42^2 participants an arm: scipy.stats.norm.ppf of .98 and of .8.
    const { participantsNeededPerArm, powerPlanned } = report({
      participants: 198_370,
      baseline: { mean: 4.2, deviation: 31 },
      minimumUplift: 0.1,
    });
    expect(participantsNeededPerArm).toEqual([99_185, 99_185]);
    expect(powerPlanned).toBeCloseTo(0.8, 4);
  });

  it("has none that a rate was planned for", () => {
    const { participantsNeededPerArm, powerPlanned } = report({
      participants: 17_125,
      baseline: { rate: 0.05 },
      minimumUplift: 0.2,
    });
    expect(participantsNeededPerArm).toBeNull();
    expect(powerPlanned).toBeNull();
  });
});
