import { describe, expect, it } from "vitest";
import { directionOf, directionOfInterval } from "../../src/stats/direction.ts";
import { fieller, upliftOfMeans } from "../../src/stats/mean.ts";
import type { Comparison, Report } from "../../src/stats/report.ts";
import { summarize } from "../../src/stats/summarize.ts";
import { meansInput, type Totals, totals } from "./means-input.ts";

function comparisonOf({ kpis }: Report, index = 0): Comparison {
  const kpi = kpis[index];
  const comparison = kpi?.kind === "analysed" ? (kpi[kpi.decidesOn] ?? kpi.rates)[1]?.comparison : undefined;
  if (comparison?.kind !== "compared") throw new Error("Expected a comparison");
  return comparison;
}

const at = (mean: number, n = 2000, deviation = 8): Totals => ({ n, mean, deviation });

describe("the direction of an effect", () => {
  it("is that of the difference, turned round where lower is better", () => {
    expect([directionOf(2, "higher"), directionOf(2, "lower")]).toEqual(["better", "worse"]);
    expect(directionOfInterval({ lower: -3, upper: -1 }, "lower")).toBe("better");
    expect(directionOfInterval({ lower: -3, upper: 1 }, "lower")).toBe("undecided");
    expect(directionOfInterval({ lower: null, upper: null }, "higher")).toBe("undecided");
  });

  it("is undecided for an interval that ends at 0", () => {
    for (const better of ["higher", "lower"] as const) {
      expect(directionOfInterval({ lower: 0, upper: 2 }, better)).toBe("undecided");
      expect(directionOfInterval({ lower: -2, upper: 0 }, better)).toBe("undecided");
    }
  });

  // Whatever the baseline's sign: what is higher is better where higher is better.
  for (const [from, to] of [
    [-10, -5],
    [-30, -22],
    [-4, 4],
    [-0.1, 5],
    [6, 11],
  ] as const) {
    it(`is the same in every figure from ${from} to ${to} and back`, () => {
      const up = summarize(meansInput([at(from), at(to)]));
      const down = summarize(meansInput([at(to), at(from)]));
      expect([up.verdict.kind, down.verdict.kind]).toEqual(["ship", "roll-back"]);
      expect(comparisonOf(up)).toMatchObject({ conclusion: "better" });
      expect(comparisonOf(down)).toMatchObject({ conclusion: "worse" });
      const lossUp = summarize(meansInput([at(from), at(to)], { better: "lower" }));
      expect(lossUp.verdict.kind).toBe("roll-back");
      for (const report of [up, down]) {
        const { uplift, difference, credibleUplift } = comparisonOf(report);
        if (uplift.estimate === null) continue;
        expect(Math.sign(uplift.estimate)).toBe(Math.sign(difference.estimate ?? 0));
        expect(Math.sign(uplift.alwaysValid.lower ?? 0)).toBe(Math.sign(difference.alwaysValid.lower ?? 0));
        expect(Math.sign(credibleUplift.upper ?? 0)).toBe(Math.sign(difference.fixed?.upper ?? 0));
      }
    });
  }

  it("withholds a share of a baseline that may be zero, and says the harm by the difference", () => {
    const report = summarize(meansInput([at(-0.1), at(-4)]));
    const { uplift } = comparisonOf(report);
    expect(uplift).toMatchObject({ estimate: null, alwaysValid: { unbounded: true } });
    expect(report.verdict.sentence).toMatch(
      /^Roll back b: profit is lower by 3\.\d+ to 4\.\d+ per visitor \(a -0\.10, b -4\.00\), and this holds/,
    );
  });

  it("never says up or down over a baseline below zero", () => {
    const worse = summarize(meansInput([at(-8), at(-12)])).verdict.sentence;
    expect(worse).toMatch(/^Roll back b: profit is lower by \d.* \(a -8\.00, b -12\.00\)/);
    const better = summarize(meansInput([at(-12), at(-8)])).verdict.sentence;
    expect(better).toMatch(/^Ship b: profit is higher by 4\.00 per visitor \(at least 3\.\d+\)\./);
  });

  it("takes a relative margin of the size of a baseline below zero", () => {
    const guarded = (from: number, to: number): Report =>
      summarize(
        meansInput([at(10), at(14)], {}, [
          {
            spec: { name: "margin", role: "guardrail", decidesOn: "mean" },
            cells: [totals(at(from)), totals(at(to))],
          },
        ]),
      );
    const improved = guarded(-10, -7.5);
    expect(comparisonOf(improved, 1).nonInferiority?.conclusion).toBe("non-inferior");
    expect(comparisonOf(improved, 1).nonInferiority?.pFixed).toBeLessThan(1e-6);
    expect(improved.verdict.kind).toBe("ship");
    const worsened = guarded(-7.5, -10);
    expect(comparisonOf(worsened, 1).nonInferiority?.conclusion).toBe("inferior");
    expect(worsened.verdict).toMatchObject({ kind: "roll-back", kpi: "margin" });
  });
});

describe("the uplift of means", () => {
  it("is the difference over the size of the baseline: the mirror image has the mirrored limits", () => {
    const [control, treatment] = [
      { mean: 5, variance: 0.2 },
      { mean: 7, variance: 0.3 },
    ];
    const mirrored = [control, treatment].map(({ mean, variance }) => ({ mean: -mean, variance }));
    const [negative, other] = mirrored;
    if (negative === undefined || other === undefined) throw new Error("Expected two");
    const plain = fieller(control, treatment, 2);
    expect(upliftOfMeans(control, treatment, 2)).toEqual(plain);
    const turned = upliftOfMeans(negative, other, 2);
    expect(turned.lower).toBeCloseTo(-plain.upper, 12);
    expect(turned.upper).toBeCloseTo(-plain.lower, 12);
  });
});
