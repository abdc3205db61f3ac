import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Cohort, latenessOf } from "../../src/stats/lateness.ts";
import type { KpiReport } from "../../src/stats/report.ts";
import { summarize } from "../../src/stats/summarize.ts";

/** A thousand a day, of whom so many have converted by now, with a value of 2 each. */
function cohorts(...conversions: readonly number[]): readonly Cohort[] {
  return conversions.map((converted) => {
    return { participants: 1000, conversions: converted, sum: 2 * converted, sumSquares: 4 * converted };
  });
}

describe("late conversions", () => {
  it("widen nothing where every day has come to the same, or nobody has come", () => {
    expect(latenessOf([cohorts(950, 950, 950)])).toEqual({ rates: 1, means: 1 });
    expect(latenessOf([])).toEqual({ rates: 1, means: 1 });
    expect(latenessOf([cohorts(0, 0)])).toEqual({ rates: 1, means: 1 });
  });

  it("widen by the variance between days of joining where most convert, and hardly where few do", () => {
    // 1,900 of 3,000: the variance is 3,000 × .6333 × .3667 = 696.7, of which days make 2 × 100.3 + the last one's 601.7
    // (950 missing × .95), that is 902.5 by what is missing: 1.5 × 1,103 / 696.7 + 1 = 3.375, whose root is 1.837.
    expect(latenessOf([cohorts(950, 950, 0)]).rates).toBeCloseTo(1.837, 3);
    expect(latenessOf([cohorts(50, 50, 0)]).rates).toBeLessThan(1.06);
    expect(latenessOf([cohorts(50, 50, 50, 50, 50, 50, 50, 50, 50, 0)]).rates).toBeLessThan(1.01);
  });

  it("on the last day are those who are missing, and on the first one those who have not converted where most have", () => {
    expect(latenessOf([cohorts(950, 940)]).rates).toBeGreaterThan(1.05);
    expect(latenessOf([cohorts(950)]).rates).toBeCloseTo(Math.sqrt(1 + 1.5 / 0.95), 6);
    expect(latenessOf([cohorts(50)]).rates).toBe(1);
  });

  it("are the same for values that all are alike as for rates, and judged within each stretch", () => {
    const one = latenessOf([cohorts(950, 950, 300)]);
    expect(one.means).toBeCloseTo(one.rates, 9);
    // Refunds are as late as sales.
    const refunds = cohorts(950, 950, 300).map((day) => ({ ...day, sum: -day.sum }));
    expect(latenessOf([refunds]).means).toBeCloseTo(one.means, 9);
    // Two stretches of other rates are not late.
    expect(latenessOf([cohorts(950, 950), cohorts(300, 300)]).rates).toBe(1);
  });

  it("leave p-value and interval of one mind, and never make a figure sharper", () => {
    const counts = fc.tuple(fc.integer({ min: 500, max: 960 }), fc.integer({ min: 500, max: 960 }));
    fc.assert(
      fc.property(counts, fc.double({ min: 1, max: 2, noNaN: true }), ([control, treatment], rates) => {
        const comparisonAt = (widening: number) => {
          const report = summarize({
            arms: [{ name: "a" }, { name: "b" }],
            kpis: [{ name: "goal", role: "primary" }],
            epochs: [
              {
                weights: [1, 1],
                participants: [1000, 1000],
                kpis: [[{ conversions: control }, { conversions: treatment }]],
              },
            ],
            lateness: [{ rates: widening, means: 1 }],
          });
          const { comparison } = (report.kpis[0] as KpiReport).rates[1] ?? {};
          if (comparison?.kind !== "compared") throw new Error("Expected a comparison");
          return comparison;
        };
        const [late, prompt] = [comparisonAt(rates), comparisonAt(1)];
        const { lower, upper } = late.difference.alwaysValid;
        expect((lower ?? 0) > 0 || (upper ?? 0) < 0).toBe(late.pAlwaysValid < 0.05);
        expect(late.pAlwaysValid).toBeGreaterThanOrEqual(prompt.pAlwaysValid);
        expect(late.pFixed).toBe(prompt.pFixed);
      }),
    );
  });
});
