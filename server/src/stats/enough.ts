/**
 * Whether there is enough to act on a statement that rests on normal theory. The theory fails for rare events in a small arm:
 * few of the rarer outcome, or few values that make up most of a sum. Both are counted as what the smaller arm would have of
 * them if nothing differed, whichever arm really has them, so that harm which only the treatment does is seen.
 *
 * Without the limits a difference is claimed where there is none in 6.3 and 7.4 % (rate 1 %, share of an arm 2 and 98 %) and in
 * 25.7 % (lognormal values of sigma 1.5 on 3 %, share 10 %); with a fifth of them in at most 3.9 %, with half in at most 1.9 %,
 * with all in at most 1.2 % (`npm run simulate -- enough`). The rest is for many arms, which are tested at smaller
 * levels, and for the other settings of `npm run simulate -- hostile`.
 */
import { exactConversionTestEpochs, KAPPA_DEFAULT } from "./exact.ts";
import type { DecidesOn } from "./input.ts";
import type { Sample } from "./mean.ts";
import type { RatioSums } from "./ratio.ts";
import type { Enough } from "./report.ts";
import type { Arm } from "./score.ts";
import type { SampleStratum, Stratum } from "./stratified.ts";

/** Of the rarer outcome, in both of two equal arms together; also the limit of Sixpack 2.7. */
const OUTCOMES_MIN = 20;
/** Skew cancels between arms of one size only. The need grows with the ratio of their sizes, up to this many times. */
const OUTCOMES_IMBALANCE_MAX = 2;
/** Values of equal weight in both of two equal arms together. */
const VALUES_MIN = 40;
const VALUES_IMBALANCE_MAX = 10;

/** Chance below which the exact test speaks for a difference that is too lopsided to wait for more. */
const STRICT_LEVEL = 0.001;

/** For the statement that the rates differ, by their score statistic. */
export function enoughForRates(strata: readonly Stratum[], statistic: number): Enough {
  const sum = (of: (stratum: Stratum) => number): number => strata.reduce((total, stratum) => total + of(stratum), 0);
  const conversions = sum(({ control, treatment }) => control.x + treatment.x);
  const all = sum(({ control, treatment }) => control.n + treatment.n);
  const converted = conversions <= all - conversions;
  const rare = (arm: Arm): number => (converted ? arm.x : arm.n - arm.x);
  const need = needed(
    strata.map((stratum) => ({ ...stratum, have: rare(stratum.control) + rare(stratum.treatment) })),
    OUTCOMES_MIN,
    OUTCOMES_IMBALANCE_MAX,
  );
  const have = sum(({ control, treatment }) => rare(control) + rare(treatment));
  if (have >= need || isExact(strata, rare, statistic)) return { kind: "open" };
  return { kind: "too-few", what: converted ? "conversions" : "non-conversions", have, need };
}

/**
 * For the statement "no worse than the margin allows". Counted is what its null hypothesis, a treatment that is worse by the
 * whole margin, would lead to. So good news counts: no refund at all says much where the margin would have brought thirty.
 * Counts below what is expected have lighter tails than the normal ones, and half as many will do.
 */
export function enoughForMargin(strata: readonly Stratum[], shifted: Shift): Enough {
  const expected = strata.map(({ control, treatment }) => {
    const [before, after] = shiftedRates(control, treatment, shifted);
    return [control.n * before + treatment.n * after, control.n * (1 - before) + treatment.n * (1 - after)] as const;
  });
  const conversions = expected.reduce((sum, [converted]) => sum + converted, 0);
  const others = expected.reduce((sum, [, other]) => sum + other, 0);
  const rarer = conversions <= others ? 0 : 1;
  const need = needed(
    strata.map((stratum, index) => ({ ...stratum, have: expected[index]?.[rarer] ?? 0 })),
    OUTCOMES_MIN / 2,
    OUTCOMES_IMBALANCE_MAX,
  );
  const have = Math.floor(Math.min(conversions, others) + 1e-9);
  const what = conversions <= others ? "conversions" : "non-conversions";
  return have >= need ? { kind: "open" } : { kind: "too-few", what, have, need };
}

/** A null hypothesis: the treatment's rate is `ratio` times the control's, or `difference` above it. */
export type Shift = { readonly ratio: number } | { readonly difference: number };

/** Rates of both arms under the null hypothesis that add up to the conversions there are. */
function shiftedRates(control: Arm, treatment: Arm, shifted: Shift): readonly [number, number] {
  const conversions = control.x + treatment.x;
  if ("ratio" in shifted) {
    const rate = conversions / (control.n + treatment.n * shifted.ratio);
    return [Math.min(1, rate), Math.min(1, rate * shifted.ratio)];
  }
  const { difference } = shifted;
  const rate = (conversions - treatment.n * difference) / (control.n + treatment.n);
  const before = Math.min(Math.min(1, 1 - difference), Math.max(0, -difference, rate));
  return [before, before + difference];
}

/** What an arm has of a KPI in one epoch, or over all where arms may be added up. */
interface LookArm {
  readonly rate: Arm;
  readonly sample: Sample;
}

/**
 * Whether the planned look can be taken: each alternative with clients has enough, compared with the baseline, when the
 * outcomes of all arms are added up and shared out by size. That says nothing of which does better, so waiting adds no error.
 * @param epochs in each what every arm has, the baseline first
 */
export function enoughForLook(epochs: readonly (readonly LookArm[])[], decidesOn: DecidesOn): boolean {
  const conversions = epochs.flat().reduce((sum, { rate }) => sum + rate.x, 0);
  const participants = epochs.flat().reduce((sum, { rate }) => sum + rate.n, 0);
  const have = (arms: readonly LookArm[]): number => {
    const sum = (of: (arm: LookArm) => number): number => arms.reduce((total, arm) => total + of(arm), 0);
    if (decidesOn === "rate") return sum(({ rate }) => (conversions <= participants / 2 ? rate.x : rate.n - rate.x));
    const squares = sum(({ sample }) => squaresOf(sample));
    return squares > 0 ? sum(({ sample }) => sample.n * sample.mean) ** 2 / squares : 0;
  };
  const others = [...(epochs[0]?.keys() ?? [])].slice(1);
  return others.every((other) => {
    const strata = epochs.flatMap((arms) => {
      const [control, treatment] = [arms[0]?.rate ?? NO_ARM, arms[other]?.rate ?? NO_ARM];
      const all = arms.reduce((total, { rate }) => total + rate.n, 0);
      if (control.n === 0 || treatment.n === 0) return [];
      return [{ control, treatment, have: (have(arms) * (control.n + treatment.n)) / all }];
    });
    if (strata.length === 0) return true;
    const need = decidesOn === "mean" ? neededAtLook(strata) : needed(strata, OUTCOMES_MIN, OUTCOMES_IMBALANCE_MAX);
    return strata.reduce((sum, stratum) => sum + stratum.have, 0) >= need;
  });
}

const NO_ARM: Arm = { n: 0, x: 0 };

/**
 * Whether the exact test finds a difference. It holds at any count, since each of the rarer outcomes falls on an arm by its
 * share if nothing differs: when twelve of twelve are in an arm of 2 %, nobody has to wait for twenty.
 */
function isExact(strata: readonly Stratum[], rare: (arm: Arm) => number, statistic: number): boolean {
  // The test costs more than the rest, and finds nothing where the statistic is small.
  if (Math.abs(statistic) < 3) return false;
  const epochs = strata.map(({ control, treatment }) => ({
    conversions: [rare(control), rare(treatment)] as const,
    weights: [control.n, treatment.n] as const,
  }));
  return exactConversionTestEpochs(epochs, KAPPA_DEFAULT, STRICT_LEVEL).p < STRICT_LEVEL;
}

/** For the statement that the means differ, or that one is within its margin. */
export function enoughForMeans(strata: readonly SampleStratum[]): Enough {
  return meansGate(strata, (weighed) => needed(weighed, VALUES_MIN, VALUES_IMBALANCE_MAX));
}

/** The same at the planned look, which spends its whole level at once: nothing is left for skew. */
export function enoughForMeansAtLook(strata: readonly SampleStratum[]): Enough {
  return meansGate(strata, neededAtLook);
}

function meansGate(strata: readonly SampleStratum[], needOf: (weighed: readonly Weighed[]) => number): Enough {
  return valuesGate(
    strata.map((stratum) => {
      return { ...stratum, have: effectiveValues(stratum.control) + effectiveValues(stratum.treatment) };
    }),
    needOf,
  );
}

function valuesGate(weighed: readonly Weighed[], needOf: (weighed: readonly Weighed[]) => number): Enough {
  const need = needOf(weighed);
  const have = Math.floor(weighed.reduce((sum, stratum) => sum + stratum.have, 0));
  return have >= need ? { kind: "open" } : { kind: "too-few", what: "values", have, need };
}

/** What both arms have of a ratio in one stratum, and how many participants. */
export interface RatioStratum {
  readonly control: RatioSums;
  readonly treatment: RatioSums;
  readonly participants: readonly [control: number, treatment: number];
}

/**
 * For the statement that two ratios differ. Each arm has to have its part: where one has few conversions, nothing that the other
 * has makes its ratio known. Counted are totals and numbers of conversions of equal weight, whichever are fewer.
 */
export function enoughForRatios(strata: readonly RatioStratum[]): Enough {
  return valuesGate(
    strata.map(({ control, treatment, participants: [c, t] }) => ({
      control: { n: c },
      treatment: { n: t },
      have: Math.min(effectivePairs(control) / c, effectivePairs(treatment) / t) * (c + t),
    })),
    (weighed) => needed(weighed, VALUES_MIN, VALUES_IMBALANCE_MAX),
  );
}

function effectivePairs({ events, eventsSquared, total, totalSquared }: RatioSums): number {
  return totalSquared > 0 ? Math.min(total ** 2 / totalSquared, events ** 2 / eventsSquared) : 0;
}

/**
 * The effective number of values, (sum)²/(sum of squares): as many equal ones would have the same sums. Never more than
 * participants whose total is not zero, far fewer where a few large totals make up most of the sum.
 */
export function effectiveValues({ n, mean, variance }: Sample): number {
  const squares = squaresOf({ n, mean, variance });
  return squares > 0 ? (n * mean) ** 2 / squares : 0;
}

function squaresOf({ n, mean, variance }: Sample): number {
  return Math.max(0, n - 1) * variance + n * mean * mean;
}

/** A stratum with what both arms have there together. */
interface Weighed {
  readonly control: { readonly n: number };
  readonly treatment: { readonly n: number };
  readonly have: number;
}

/**
 * How many both arms need together, so that the smaller one has its part of them. Each stratum counts by itself: arms of 2 and
 * 98 % that swap shares half-way have equal sizes in the end, but one of them was small in every comparison.
 */
function needed(strata: readonly Weighed[], equal: number, imbalanceMax: number): number {
  return Math.round(equal / worthOf(strata, (large, small) => Math.min(imbalanceMax, large / small)));
}

/**
 * Unequal arms need up to twice as many values at the planned look as at any other: with the same number, negative lognormal
 * values of sigma 1.5 on 30 % and shares of 10:90 erred in 4.9 % (setting 46 of `npm run simulate -- hostile`).
 */
function neededAtLook(strata: readonly Weighed[]): number {
  const imbalance = (large: number, small: number): number =>
    Math.min(VALUES_IMBALANCE_MAX, large / small) * Math.min(2, large / small);
  return Math.round(VALUES_MIN / worthOf(strata, imbalance));
}

/** What one outcome or value counts, where in two equal arms it counts 1. An average over strata, by size while there are none. */
function worthOf(strata: readonly Weighed[], imbalance: (large: number, small: number) => number): number {
  const isNone = strata.every(({ have }) => have === 0);
  let [all, worth] = [0, 0];
  for (const { control, treatment, have } of strata) {
    const [small, large] = [Math.min(control.n, treatment.n), Math.max(control.n, treatment.n)];
    const weight = isNone ? small + large : have;
    all += weight;
    worth += (weight * 2 * small) / ((small + large) * imbalance(large, small));
  }
  return worth / all;
}
