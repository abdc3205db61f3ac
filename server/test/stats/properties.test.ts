import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alwaysValidCritical, alwaysValidP } from "../../src/stats/always-valid.ts";
import { chancesToBeat, chancesToBeBest, jointOfRates } from "../../src/stats/bayes.ts";
import { credibleUplift } from "../../src/stats/credible.ts";
import { normalCritical } from "../../src/stats/distributions.ts";
import { posteriorOf, prepare } from "../../src/stats/posterior.ts";
import { type Arm, differenceScore, type Limits, twoProportionZ, upliftScore, wilson } from "../../src/stats/score.ts";
import { cmhStratified, stratifiedDifference, stratifiedUplift } from "../../src/stats/stratified.ts";
import { summarize } from "../../src/stats/summarize.ts";
import { oneEpoch } from "./one-epoch.ts";
import { alwaysValidBinary } from "./reference/rates.ts";

const PARTICIPANTS_MAX = 5e7;

/** Counts of any size: log-uniform participants, and rates from none over one in a million to all. */
const arm: fc.Arbitrary<Arm> = fc
  .tuple(
    fc.double({ min: 0, max: Math.log(PARTICIPANTS_MAX), noNaN: true }),
    fc.oneof(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1e-4, noNaN: true }),
      fc.constantFrom(0, 1),
    ),
  )
  .map(([logN, rate]) => {
    const n = Math.max(1, Math.round(Math.exp(logN)));
    return { n, x: Math.min(n, Math.round(n * rate)) };
  });

/** Two arms whose rates are near each other, where tests and intervals are close to disagreeing. */
const nearPair: fc.Arbitrary<readonly [Arm, Arm]> = fc
  .tuple(
    arm,
    fc.double({ min: Math.log(2), max: Math.log(PARTICIPANTS_MAX), noNaN: true }),
    fc.double({ min: -5, max: 5, noNaN: true }),
  )
  .map(([control, logN, z]) => {
    const n = Math.round(Math.exp(logN));
    const p = control.x / control.n;
    const x = Math.round(n * p + z * Math.sqrt(n * p * (1 - p) * (1 + n / control.n) + 1));
    return [control, { n, x: Math.min(n, Math.max(0, x)) }];
  });

const pair = fc.oneof(fc.tuple(arm, arm), nearPair);
const ALPHA = 0.05;
const RUNS = { numRuns: 1000, seed: 20_250_101 };

function excludes({ lower, upper }: Limits, value: number): boolean {
  return lower > value || upper < value;
}

describe("the score family never contradicts itself, for counts to 5e7", () => {
  it("has p < alpha exactly when both intervals exclude zero", () => {
    fc.assert(
      fc.property(pair, fc.constantFrom(0.05, 0.01, 0.2), ([c, t], alpha) => {
        const significant = twoProportionZ(c, t).p < alpha;
        const critical = normalCritical(alpha);
        expect(excludes(differenceScore(c, t, critical), 0)).toBe(significant);
        expect(excludes(upliftScore(c, t, critical), 0)).toBe(significant);
      }),
      RUNS,
    );
  });

  it("has the always-valid p below alpha exactly when both always-valid intervals exclude zero", () => {
    fc.assert(
      fc.property(pair, fc.integer({ min: 100, max: 1e7 }), ([c, t], plannedN) => {
        const test = alwaysValidBinary(c, t, { plannedN, alpha: ALPHA });
        expect(excludes(test.difference, 0)).toBe(test.p < ALPHA);
        expect(excludes(test.uplift, 0)).toBe(test.p < ALPHA);
        expect(test.p).toBeGreaterThanOrEqual(twoProportionZ(c, t).p * (1 - 1e-12));
        expect(test.zAv).toBeGreaterThan(normalCritical(ALPHA));
      }),
      RUNS,
    );
  });

  it("has the same agreement within epochs", () => {
    const strata = fc.array(
      pair.map(([control, treatment]) => ({ control, treatment })),
      { minLength: 2, maxLength: 4 },
    );
    fc.assert(
      fc.property(strata, (epochs) => {
        const significant = cmhStratified(epochs).p < ALPHA;
        const critical = normalCritical(ALPHA);
        expect(excludes(stratifiedDifference(epochs, critical), 0)).toBe(significant);
        expect(excludes(stratifiedUplift(epochs, critical), 0)).toBe(significant);
      }),
      { ...RUNS, numRuns: 300 },
    );
  });

  it("flips the sign when the arms are swapped", () => {
    fc.assert(
      fc.property(pair, ([c, t]) => {
        expect(twoProportionZ(t, c).z).toBeCloseTo(-twoProportionZ(c, t).z, 9);
        const there = differenceScore(c, t, 1.96);
        const back = differenceScore(t, c, 1.96);
        const width = there.upper - there.lower;
        expect(Math.abs(back.lower + there.upper)).toBeLessThanOrEqual(1e-6 * width + 1e-15);
        expect(Math.abs(back.upper + there.lower)).toBeLessThanOrEqual(1e-6 * width + 1e-15);
      }),
      RUNS,
    );
  });

  it("moves up with every conversion of the treatment", () => {
    const more = nearPair.filter(([, t]) => t.x < t.n);
    fc.assert(
      fc.property(more, ([c, t]) => {
        const next = { n: t.n, x: t.x + 1 };
        expect(twoProportionZ(c, next).z).toBeGreaterThanOrEqual(twoProportionZ(c, t).z);
        for (const interval of [differenceScore, upliftScore]) {
          const before = interval(c, t, 1.96);
          const after = interval(c, next, 1.96);
          expect(after.lower).toBeGreaterThanOrEqual(before.lower - 1e-12);
          expect(after.upper).toBeGreaterThanOrEqual(before.upper - 1e-12);
        }
      }),
      { ...RUNS, numRuns: 500 },
    );
  });

  it("shrinks with participants", () => {
    fc.assert(
      fc.property(pair, fc.integer({ min: 2, max: 100 }), ([c, t], times) => {
        const grow = ({ n, x }: Arm): Arm => ({ n: n * times, x: x * times });
        const width = ({ lower, upper }: Limits): number => upper - lower;
        expect(width(differenceScore(grow(c), grow(t), 1.96))).toBeLessThanOrEqual(
          width(differenceScore(c, t, 1.96)) * (1 + 1e-9),
        );
        expect(width(wilson(grow(c), 1.96))).toBeLessThanOrEqual(width(wilson(c, 1.96)) * (1 + 1e-9));
      }),
      RUNS,
    );
  });
});

describe("always-valid figures", () => {
  it("cross alpha where z crosses the critical value", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e8 }), fc.integer({ min: 10, max: 1e8 }), (n, plannedN) => {
        const tuning = { plannedN, alpha: ALPHA };
        const critical = alwaysValidCritical(n, tuning);
        expect(alwaysValidP(critical * (1 + 1e-9), n, tuning)).toBeLessThan(ALPHA);
        expect(alwaysValidP(critical * (1 - 1e-9), n, tuning)).toBeGreaterThan(ALPHA);
      }),
      RUNS,
    );
  });

  it("cost 4.6, 2.0, 1.57, 1.55, 1.56, 1.65, 1.82 times the fixed width at these sizes (statistics.md 1.3)", () => {
    const relative = [0.01, 0.1, 0.5, 1, 2, 10, 100].map((size) => {
      const critical = alwaysValidCritical(size * 10_000, { plannedN: 10_000, alpha: ALPHA });
      return Number(critical.toFixed(2));
    });
    expect(relative).toEqual([9.08, 3.86, 3.08, 3.04, 3.06, 3.24, 3.56]);
  });
});

describe("posterior figures, for counts to 5e7", () => {
  const arms = fc.oneof(
    fc.array(arm, { minLength: 2, maxLength: 6 }),
    nearPair.map(([c, t]) => [c, t]),
  );

  it("have chances to be best that sum to 1 within 1e-9", () => {
    fc.assert(
      fc.property(arms, (counts) => {
        const joint = jointOfRates(counts.map((each) => posteriorOf(each, [1, 1])));
        const total = chancesToBeBest(joint).reduce((sum, chance) => sum + chance, 0);
        expect(Math.abs(total - 1)).toBeLessThan(1e-9);
      }),
      { ...RUNS, numRuns: 300 },
    );
  });

  it("give two arms chances to beat each other that sum to 1, growing with conversions", () => {
    fc.assert(
      fc.property(
        nearPair.filter(([, t]) => t.x < t.n),
        ([c, t]) => {
          const beat = (treatment: Arm): number =>
            chancesToBeat(jointOfRates([posteriorOf(c, [1, 1]), posteriorOf(treatment, [1, 1])]), 0)[1] ?? Number.NaN;
          const back =
            chancesToBeat(jointOfRates([posteriorOf(c, [1, 1]), posteriorOf(t, [1, 1])]), 1)[0] ?? Number.NaN;
          expect(Math.abs(beat(t) + back - 1)).toBeLessThan(1e-9);
          expect(beat({ n: t.n, x: t.x + 1 })).toBeGreaterThanOrEqual(beat(t) - 1e-12);
        },
      ),
      { ...RUNS, numRuns: 200 },
    );
  });

  it("have a credible interval of the uplift that holds 95 % by an independent count of the same posterior", () => {
    fc.assert(
      fc.property(pair, ([c, t]) => {
        const control = prepare(posteriorOf(c, [1, 1]));
        const treatment = prepare(posteriorOf(t, [1, 1]));
        const interval = credibleUplift(control, treatment, 0.95);
        expect(interval.lower).toBeGreaterThanOrEqual(-1);
        expect(interval.upper).toBeGreaterThan(interval.lower);
        // The chance to beat the control, from the joint grid, says on which side of the limits zero lies.
        const joint = jointOfRates([posteriorOf(c, [1, 1]), posteriorOf(t, [1, 1])]);
        const beat = chancesToBeat(joint, 0)[1] ?? Number.NaN;
        if (Math.abs(beat - 0.975) > 1e-7) expect(interval.lower > 0).toBe(beat > 0.975);
        if (Math.abs(beat - 0.025) > 1e-7) expect(interval.upper < 0).toBe(beat < 0.025);
      }),
      { ...RUNS, numRuns: 300 },
    );
  });
});

describe("reports", () => {
  it("carry no NaN and no Infinity, whatever the counts", () => {
    fc.assert(
      fc.property(fc.array(arm, { minLength: 1, maxLength: 4 }), fc.boolean(), (counts, planned) => {
        const plan = { participants: 10_000, baseline: { rate: 0.05 }, minimumUplift: 0.2 };
        const input = oneEpoch(
          counts.map(({ n, x }, index) => ({ name: `arm${index}`, participants: n, conversions: x })),
          planned ? { plan } : {},
        );
        const report = summarize(planned ? { ...input, finalLook: input.epochs } : input);
        expect(JSON.parse(JSON.stringify(report))).toEqual(report);
      }),
      { ...RUNS, numRuns: 200 },
    );
  });
});
