/**
 * One alternative against the baseline, as rates or as means, pooled or within epochs: the same few questions can be
 * asked of each, so that everything after this file is written once.
 */
import { normalCritical, normalTwoSidedP, studentCritical, studentTwoSidedP } from "./distributions.ts";
import {
  enoughForMargin,
  enoughForMeans,
  enoughForMeansAtLook,
  enoughForRates,
  enoughForRatios,
  type RatioStratum,
  type Shift,
} from "./enough.ts";
import { type Estimate, type Sample, upliftOfMeans } from "./mean.ts";
import { ratioSample } from "./ratio.ts";
import type { Adjustment, Enough, TestKind } from "./report.ts";
import {
  type Arm,
  differenceScore,
  differenceStatistic,
  type Limits,
  ratioStatistic,
  twoProportionZ,
  upliftScore,
} from "./score.ts";
import {
  cmhStratified,
  informationSize,
  mantelHaenszelHint,
  type SampleStratum,
  type Stratum,
  stratifiedDifference,
  stratifiedMeans,
  stratifiedStatistic,
  stratifiedUplift,
} from "./stratified.ts";

export interface PairTest {
  readonly kind: TestKind;
  /** z or t of "no difference"; positive when the alternative is higher. */
  readonly statistic: number;
  readonly df: number | null;
  readonly pFixed: number;
  /** Participants of both arms as the clock of the always-valid test counts them. */
  readonly clock: number;
  readonly difference: { readonly estimate: number; readonly limits: (critical: number) => Limits };
  readonly uplift: { readonly estimate: number; readonly limits: (critical: number) => Limits };
  /** Critical value for one look at level alpha. */
  readonly critical: (alpha: number) => number;
  /** Statistic of "alternative = baseline + uplift × |baseline|" and of "alternative = baseline + difference". */
  readonly upliftStatistic: (uplift: number) => number;
  readonly differenceStatistic: (difference: number) => number;
  /** To say that the alternative differs, and that it is no worse than a null hypothesis of a margin. */
  readonly enough: Enough;
  /** The same when only one look is taken. */
  readonly enoughAtLook: Enough;
  readonly enoughForMargin: (shifted: Shift) => Enough;
  /** Set where a covariate is taken out. */
  readonly adjustment?: Adjustment;
}

/** Intended shares of baseline and alternative when both were first offered. */
export type FirstWeights = readonly [baseline: number, alternative: number];

/** Rates; every stratum has participants in both arms, at least one stratum. */
export function ratePair(strata: readonly Stratum[], first: FirstWeights): PairTest {
  const [only] = strata;
  const common = {
    df: null,
    critical: normalCritical,
    enoughForMargin: (shifted: Shift) => enoughForMargin(strata, shifted),
  };
  if (only !== undefined && strata.length === 1) {
    const { control, treatment } = only;
    const { z, p } = twoProportionZ(control, treatment);
    const [pc, pt] = [control.x / control.n, treatment.x / treatment.n];
    const enough = enoughForRates(strata, z);
    return {
      ...common,
      enough,
      enoughAtLook: enough,
      kind: "score",
      statistic: z,
      pFixed: p,
      clock: control.n + treatment.n,
      difference: { estimate: pt - pc, limits: (critical) => differenceScore(control, treatment, critical) },
      uplift: { estimate: pt / pc - 1, limits: (critical) => upliftScore(control, treatment, critical) },
      upliftStatistic: (uplift) => ratioStatistic(control, treatment, 1 + uplift),
      differenceStatistic: (difference) => differenceStatistic(control, treatment, difference),
    };
  }
  const { z, p, mhUplift } = cmhStratified(strata);
  const enough = enoughForRates(strata, z);
  return {
    ...common,
    enough,
    enoughAtLook: enough,
    kind: "cochran-mantel-haenszel",
    statistic: z,
    pFixed: p,
    clock: informationSize(strata, first),
    difference: {
      estimate: mantelHaenszelHint(strata).difference.estimate,
      limits: (critical) => stratifiedDifference(strata, critical),
    },
    uplift: { estimate: mhUplift, limits: (critical) => stratifiedUplift(strata, critical) },
    upliftStatistic: (uplift) => stratifiedStatistic(strata, { ratio: 1 + uplift }),
    differenceStatistic: (difference) => stratifiedStatistic(strata, { difference }),
  };
}

/** Means; every stratum has two participants in both arms. `null` when there is no spread at all. */
export function meanPair(strata: readonly SampleStratum[], first: FirstWeights): PairTest | null {
  const { control, treatment, df } = stratifiedMeans(strata);
  const variance = control.variance + treatment.variance;
  if (!(variance > 0)) return null;
  const difference = treatment.mean - control.mean;
  const deviation = Math.sqrt(variance);
  const statistic = difference / deviation;
  const counts = strata.map((stratum) => ({
    control: { n: stratum.control.n, x: 0 },
    treatment: { n: stratum.treatment.n, x: 0 },
  }));
  const enough = enoughForMeans(strata);
  const [only] = strata;
  const pooled = strata.length === 1 && only !== undefined;
  return {
    kind: pooled ? "welch" : "stratified-welch",
    statistic,
    df,
    pFixed: studentTwoSidedP(statistic, df),
    clock: pooled ? only.control.n + only.treatment.n : informationSize(counts, first),
    difference: {
      estimate: difference,
      limits: (critical) => ({ lower: difference - critical * deviation, upper: difference + critical * deviation }),
    },
    uplift: {
      estimate: difference / Math.abs(control.mean),
      limits: (critical) => upliftOfMeans(control, treatment, critical),
    },
    critical: (alpha) => studentCritical(alpha, df),
    upliftStatistic: (uplift) => linearStatistic(control, treatment, 1 + Math.sign(control.mean) * uplift, 0),
    differenceStatistic: (shift) => linearStatistic(control, treatment, 1, shift),
    enough,
    enoughAtLook: enoughForMeansAtLook(strata),
    enoughForMargin: () => enough,
  };
}

/**
 * Averages per conversion; every stratum has two participants with conversions in both arms. The ratios are compared as means of
 * what the delta method makes of each participant. The clock is that of all participants, as for the means beside them.
 * `null` when there is no spread at all.
 */
export function ratioPair(strata: readonly RatioStratum[], first: FirstWeights): PairTest | null {
  const samples = strata.map(({ control, treatment }) => ({
    control: ratioSample(control),
    treatment: ratioSample(treatment),
  }));
  const pair = meanPair(samples, first);
  if (pair === null) return null;
  const enough = enoughForRatios(strata);
  const counts = strata.map(({ participants: [c, t] }) => ({ control: { n: c, x: 0 }, treatment: { n: t, x: 0 } }));
  const clock = informationSize(counts, first);
  return { ...pair, clock, enough, enoughAtLook: enough, enoughForMargin: () => enough };
}

/**
 * The same pair with what a covariate explains taken out of both rates. Its variance under any hypothesis is that of the rates
 * times what is left of it, so that the score test keeps its form; how much there is of both is asked of the plain counts.
 */
export function adjustedRatePair(
  plain: readonly Stratum[],
  adjusted: readonly SampleStratum[],
  first: FirstWeights,
  adjustment: Adjustment,
): PairTest {
  const moved = ratePair(
    adjusted.map(({ control, treatment }) => ({ control: armLike(control), treatment: armLike(treatment) })),
    first,
  );
  const { kind, df, clock, difference, uplift, critical } = moved;
  const scale = Math.sqrt(1 - adjustment.varianceReduction);
  const statistic = moved.statistic / scale;
  const enough = enoughForRates(plain, statistic);
  return {
    kind,
    df,
    clock,
    critical,
    statistic,
    pFixed: normalTwoSidedP(statistic),
    difference: { estimate: difference.estimate, limits: (value) => difference.limits(value * scale) },
    uplift: { estimate: uplift.estimate, limits: (value) => uplift.limits(value * scale) },
    upliftStatistic: (shift) => moved.upliftStatistic(shift) / scale,
    differenceStatistic: (shift) => moved.differenceStatistic(shift) / scale,
    enough,
    enoughAtLook: enough,
    enoughForMargin: (shifted) => enoughForMargin(plain, shifted),
    adjustment,
  };
}

/** Conversions as they would be at an adjusted rate. */
function armLike({ n, mean }: Sample): Arm {
  return { n, x: Math.min(n, Math.max(0, n * mean)) };
}

/** The same pair with what a covariate explains taken out of both means. */
export function adjustedMeanPair(
  plain: readonly SampleStratum[],
  adjusted: readonly SampleStratum[],
  first: FirstWeights,
  adjustment: Adjustment,
): PairTest | null {
  const pair = meanPair(adjusted, first);
  if (pair === null) return null;
  const enough = enoughForMeans(plain);
  const enoughAtLook = enoughForMeansAtLook(plain);
  return { ...pair, enough, enoughAtLook, enoughForMargin: () => enough, adjustment };
}

function linearStatistic(control: Estimate, treatment: Estimate, ratio: number, shift: number): number {
  const deviation = Math.sqrt(treatment.variance + ratio * ratio * control.variance);
  return (treatment.mean - ratio * control.mean - shift) / deviation;
}
