import { describe, expect, it } from "vitest";
import { type Sample, sampleOf } from "../../src/stats/mean.ts";
import { meanPair } from "../../src/stats/pairs.ts";
import { binomialFrom, normalFrom, type Random, seededRandom } from "../../src/stats/random.ts";
import { daysLeft, minimumDetectableUplift, planSize, powerOf } from "../../src/stats/size.ts";

describe("the plan", () => {
  const rate = { baseline: { rate: 0.05 }, relativeMde: 0.2, alpha: 0.05, power: 0.8 };

  it("sizes arms by their weights so that the smallest pair has the power", () => {
    // R: power.prop.test(p1 = .05, p2 = .06, power = .8)
    expect(planSize(rate, [1, 1]).perArm).toEqual([8158, 8158]);
    // statsmodels 0.13: samplesize_proportions_2indep_onetail, see reference/oracles
    expect(planSize(rate, [9, 1]).participants).toBe(44_027);
    expect(planSize(rate, [1, 9]).participants).toBe(46_506);
  });

  it("finds with that size what it was made for, up and down", () => {
    for (const baseline of [
      { rate: 0.05 },
      { rate: 0.9 },
      { mean: 4.2, deviation: 31 },
      { mean: -4.2, deviation: 31 },
    ]) {
      for (const weights of [
        [1, 1],
        [9, 1],
        [1, 9],
      ] as const) {
        for (const relativeMde of [0.1, -0.1]) {
          const question = { baseline, relativeMde, alpha: 0.04, power: 0.8 };
          const { pair } = planSize(question, weights);
          const sizes = weights.map((weight) => (pair * weight) / (weights[0] + weights[1])) as [number, number];
          expect(powerOf(question, sizes)).toBeCloseTo(0.8, 2);
          const found = minimumDetectableUplift(question, sizes, relativeMde > 0 ? "higher" : "lower");
          expect(found).toBeCloseTo(relativeMde, 3);
        }
      }
    }
  });

  it("promises nothing that no rate can reach", () => {
    expect(minimumDetectableUplift({ baseline: { rate: 0.9 }, alpha: 0.05, power: 0.8 }, [20, 20])).toBeNull();
    expect(minimumDetectableUplift({ baseline: { rate: 0.9 }, alpha: 0.05, power: 0.8 }, [0, 20])).toBeNull();
  });
});

/** Orders of lognormal size (sigma 1), by so many of n. */
function orders(n: number, share: number, factor: number, random: Random): Sample {
  let [sum, squares] = [0, 0];
  for (let order = binomialFrom(n, share, random); order > 0; order--) {
    const value = factor * Math.exp(normalFrom(random));
    sum += value;
    squares += value * value;
  }
  return sampleOf(n, sum, squares);
}

describe("a plan on revenue", () => {
  // 5 % order; E[v] = e^.5 and E[v^2] = e^2 of the lognormal.
  const mean = 0.05 * Math.exp(0.5);
  const deviation = Math.sqrt(0.05 * Math.exp(2) - mean * mean);
  const alpha = 0.04;
  const { perArm } = planSize({ baseline: { mean, deviation }, relativeMde: 0.2, alpha, power: 0.8 }, [1, 1]);
  const [n = 0] = perArm;
  const RUNS = 1000;

  /** Share of experiments in which one look finds a difference. */
  function found(share: number, factor: number): number {
    const random = seededRandom(11);
    let count = 0;
    for (let run = 0; run < RUNS; run++) {
      const stratum = { control: orders(n, 0.05, 1, random), treatment: orders(n, share, factor, random) };
      const pair = meanPair([stratum], [1, 1]);
      if (pair !== null && pair.statistic > pair.critical(alpha)) count++;
    }
    return count / RUNS;
  }

  // One standard error is 1.3 points: four of them below the promise, and at most three points above what more buyers find.
  it("finds orders that grow by what it was made for, with the power it states", () => {
    expect(found(0.05, 1.2)).toBeGreaterThan(0.75);
    expect(found(0.05, 1.2)).toBeLessThan(0.85);
  });

  it("finds as much from more buyers, or more", () => {
    expect(found(0.06, 1)).toBeGreaterThan(0.77);
    expect(found(0.06, 1)).toBeLessThan(0.88);
  });
});

describe("days left", () => {
  it("round up so that the whole run is whole weeks, as a range", () => {
    const week = [100, 120, 80, 100, 110, 90, 100];
    expect(daysLeft({ participants: 1000, planned: 2000, daysComplete: 10, recentDailyParticipants: week })).toEqual({
      kind: "estimated",
      days: 11,
      earliest: 11,
      latest: 18,
    });
    expect(daysLeft({ participants: 2000, planned: 2000, daysComplete: 10, recentDailyParticipants: [] }).kind).toBe(
      "reached",
    );
    const far = daysLeft({ participants: 1000, planned: 20_000, daysComplete: 10, recentDailyParticipants: week });
    expect(far).toEqual({ kind: "unlikely", days: 193 });
    const closed = daysLeft({ participants: 1000, planned: 2000, daysComplete: 10, recentDailyParticipants: null });
    expect(closed).toEqual({ kind: "unknown", reason: "nobody-new" });
  });
});
