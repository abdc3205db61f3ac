import { describe, expect, it } from "vitest";
import { adjust, COVARIATES_MIN, type JointSums } from "../../src/stats/adjustment.ts";
import type { EpochCounts, ReportInput } from "../../src/stats/input.ts";
import { seededRandom } from "../../src/stats/random.ts";
import type { Comparison } from "../../src/stats/report.ts";
import { summarize } from "../../src/stats/summarize.ts";

interface Participant {
  readonly arm: 0 | 1;
  readonly x: number | undefined;
  readonly y: number;
}

const N = 4_000;

/** Spending y that follows the spending x of before; a part of the participants has no x. */
function participants(seed: number, uplift: number, known = 1): readonly Participant[] {
  const random = seededRandom(seed);
  const exponential = () => -Math.log(1 - random());
  return Array.from({ length: N }, (_, number) => {
    const x = 10 * exponential();
    const arm = number % 2 === 0 ? 0 : 1;
    return { arm, x: random() < known ? x : undefined, y: (x + 8 * exponential()) * (arm === 1 ? 1 + uplift : 1) };
  });
}

function jointOf(people: readonly Participant[], arm: 0 | 1): JointSums {
  const own = people.filter((one) => one.arm === arm);
  const sum = (of: (one: Participant) => number) => own.reduce((total, one) => total + of(one), 0);
  const known = (of: (x: number, y: number) => number) => sum(({ x, y }) => (x === undefined ? 0 : of(x, y)));
  return {
    n: own.length,
    y: { sum: sum(({ y }) => y), sumSquares: sum(({ y }) => y * y) },
    x: { n: known(() => 1), sum: known((x) => x), sumSquares: known((x) => x * x) },
    y0: known((_, y) => y),
    product: known((x, y) => x * y),
  };
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

function variance(numbers: readonly number[]): number {
  const middle = mean(numbers);
  return numbers.reduce((sum, number) => sum + (number - middle) ** 2, 0) / (numbers.length - 1);
}

/** As tea-tasting's `Mean` with a covariate does it, participant by participant: theta and the mean of x are of both arms. */
function cuped(people: readonly Participant[]) {
  const xs = people.map(({ x = 0 }) => x);
  const ys = people.map(({ y }) => y);
  const [mx, my] = [mean(xs), mean(ys)];
  const covariance = xs.reduce((sum, x, at) => sum + (x - mx) * ((ys[at] ?? 0) - my), 0) / (xs.length - 1);
  const theta = covariance / variance(xs);
  const of = (arm: number) => people.filter((one) => one.arm === arm).map(({ x = 0, y }) => y - theta * (x - mx));
  const [control, treatment] = [of(0), of(1)];
  return {
    theta,
    difference: mean(treatment) - mean(control),
    variance: variance(control) / control.length + variance(treatment) / treatment.length,
  };
}

function epochOf(people: readonly Participant[]): EpochCounts {
  const arms = [jointOf(people, 0), jointOf(people, 1)];
  return {
    weights: [1, 1],
    participants: arms.map(({ n }) => n),
    covariates: arms.map(({ x }) => x),
    kpis: [
      arms.map(({ n, y, x, y0, product }) => ({
        conversions: n,
        values: y,
        products: { conversions: x.n, conversionsTimes: x.sum, sum: y0, sumTimes: product },
      })),
    ],
  };
}

function comparisonOf(epochs: readonly EpochCounts[], further: Partial<ReportInput> = {}): Comparison {
  const report = summarize({
    arms: [{ name: "control" }, { name: "new" }],
    kpis: [{ name: "revenue", role: "primary", decidesOn: "mean" }],
    epochs,
    ...further,
  });
  const [kpi] = report.kpis;
  const comparison = kpi?.kind === "analysed" ? kpi.means?.[1]?.comparison : undefined;
  if (comparison?.kind !== "compared") throw new Error("Expected means to be compared");
  return comparison;
}

const width = ({ difference: { alwaysValid } }: Comparison) => (alwaysValid.upper ?? 0) - (alwaysValid.lower ?? 0);
const withoutCovariates = ({ covariates: _, ...epoch }: EpochCounts): EpochCounts => epoch;

describe("a covariate", () => {
  it.each([1, 2, 3])("is taken out as tea-tasting does it, participant by participant (seed %i)", (seed) => {
    const people = participants(seed, 0.05);
    const expected = cuped(people);
    const { theta = 0, strata = [] } = adjust([{ control: jointOf(people, 0), treatment: jointOf(people, 1) }]) ?? {};
    const [only] = strata;
    if (only === undefined) throw new Error("Expected one stratum");
    const { control, treatment } = only;
    const found = control.variance / control.n + treatment.variance / treatment.n;
    // Theta within arms and over both differ by what the effect adds to the covariance of all.
    expect(Math.abs(theta / expected.theta - 1)).toBeLessThan(0.005);
    expect(Math.abs(found / expected.variance - 1)).toBeLessThan(0.02);
    const error = Math.sqrt(expected.variance);
    expect(Math.abs(treatment.mean - control.mean - expected.difference)).toBeLessThan(0.01 * error);
  });

  it("makes intervals narrower by the root of what it leaves of the variance", () => {
    const people = participants(4, 0);
    const epochs = [epochOf(people)];
    const [adjusted, plain] = [comparisonOf(epochs), comparisonOf(epochs.map(withoutCovariates))];
    const { varianceReduction = 0, covariates } = adjusted.adjustment ?? {};
    // Var(x) = 100 of Var(y) = 100 + 64. The variance of 4,000 exponentials is known to sqrt(8 / 4000) = 4.5 %, the share
    // of it so to 4.5 % * .61 * .39 * sqrt(2) = 1.5 points; four times that.
    expect(Math.abs(varianceReduction - 100 / 164)).toBeLessThan(0.06);
    expect(covariates).toBe(N);
    expect(width(adjusted) / width(plain)).toBeCloseTo(Math.sqrt(1 - varianceReduction), 6);
    expect(plain.adjustment).toBeUndefined();
  });

  it("that a part of the participants has leaves the others as they are", () => {
    const half = adjustedOf(participants(5, 0, 0.5));
    const all = adjustedOf(participants(5, 0));
    expect(half.covariates).toBeLessThan(0.55 * N);
    expect(half.varianceReduction).toBeGreaterThan(0.4 * all.varianceReduction);
    expect(half.varianceReduction).toBeLessThan(0.6 * all.varianceReduction);
  });

  it("is taken out within epochs where traffic changed, and of both added up where it did not", () => {
    const [first, second] = [epochOf(participants(6, 0.1)), epochOf(participants(7, 0.1))];
    const both = comparisonOf([first, second]);
    const apart = comparisonOf([first, { ...second, trafficFraction: 0.5 }]);
    expect(both.adjustment?.varianceReduction).toBeCloseTo(apart.adjustment?.varianceReduction ?? 0, 2);
    expect(apart.test.kind).toBe("stratified-welch");
    expect(both.adjustment?.covariates).toBe(2 * N);
  });

  it("takes as much out of a rate, whose test keeps its form", () => {
    const random = seededRandom(8);
    const people = Array.from({ length: N }, (_, number): Participant => {
      const x = random();
      return { arm: number % 2 === 0 ? 0 : 1, x, y: random() < x ? 1 : 0 };
    });
    const rates = epochOf(people);
    const kpis = rates.kpis.map((row) =>
      row.map(({ products, values }) => ({
        conversions: values?.sum ?? 0,
        ...(products && {
          products: { ...products, conversions: products.sum, conversionsTimes: products.sumTimes },
        }),
      })),
    );
    const report = summarize({
      arms: [{ name: "control" }, { name: "new" }],
      kpis: [{ name: "signup", role: "primary" }],
      epochs: [{ ...rates, kpis }],
    });
    const [kpi] = report.kpis;
    const comparison = kpi?.kind === "analysed" ? kpi.rates[1]?.comparison : undefined;
    if (comparison?.kind !== "compared") throw new Error("Expected rates to be compared");
    const expected = cuped(people);
    expect(comparison.difference.estimate).toBeCloseTo(expected.difference, 3);
    // Correlation² of x and a coin with chance x: (1/12)² / (1/12 · 1/4).
    expect(comparison.adjustment?.varianceReduction).toBeCloseTo(1 / 3, 1);
    expect(comparison.test.statistic).toBeCloseTo(expected.difference / Math.sqrt(expected.variance), 1);
  });

  it("is taken out with the fewest that say anything, and of a stretch of one participant or without any covariate too", () => {
    const joint = (people: readonly Participant[]) => ({ control: jointOf(people, 0), treatment: jointOf(people, 1) });
    const all = participants(10, 0);
    expect(adjust([joint(all.slice(0, 2 * COVARIATES_MIN))])).not.toBeNull();
    expect(adjust([joint(all.slice(0, 2 * COVARIATES_MIN - 1))])).toBeNull();
    const alone = adjust([joint(all)]);
    const one = joint([...all.slice(0, 1), ...all.slice(1, 2)]);
    const none = joint(all.slice(0, 40).map((person) => ({ ...person, x: undefined })));
    for (const more of [one, none]) {
      const found = adjust([joint(all), more]);
      expect(found?.theta).toBeCloseTo(alone?.theta ?? Number.NaN, 12);
      const means = found?.strata.flatMap(({ control, treatment }) => [control, treatment]) ?? [];
      expect(means.every(({ mean, variance }) => Number.isFinite(mean) && Number.isFinite(variance))).toBe(true);
    }
  });

  it("is left alone where few have one, where all are alike, and under a bandit", () => {
    const few = participants(9, 0).map((one, at) => (at < 2 * COVARIATES_MIN - 2 ? one : { ...one, x: undefined }));
    const alike = participants(9, 0).map((one) => ({ ...one, x: 3 }));
    for (const people of [few, alike]) expect(comparisonOf([epochOf(people)]).adjustment).toBeUndefined();
    const bandit = comparisonOf([epochOf(participants(9, 0))], { settings: { adaptive: true } });
    expect(bandit.adjustment).toBeUndefined();
  });
});

function adjustedOf(people: readonly Participant[]) {
  const { adjustment } = comparisonOf([epochOf(people)]);
  if (adjustment === undefined) throw new Error("Expected a covariate to be taken out");
  return adjustment;
}
