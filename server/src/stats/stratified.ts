/**
 * Comparison within epochs. When weights or traffic change while the base rate moves, arms added up over time differ
 * even without an effect (Simpson's paradox). Here every epoch compares its own clients, and the epochs are combined
 * with Mantel–Haenszel weights n_c n_t / n.
 * References: Cochran (1954); Mantel & Haenszel (1959); Miettinen & Nurminen (1985) for the stratified score intervals.
 *
 * @example
 * // 5 % and 8 % before, 20 % and 21 % after most clients were moved to the treatment.
 * const before = { control: { n: 900, x: 45 }, treatment: { n: 100, x: 8 } };
 * const after = { control: { n: 100, x: 20 }, treatment: { n: 900, x: 190 } };
 * cmhStratified([before, after]); // { z: 0.8386, p: 0.4017, mhUplift: 0.1644 }
 * twoProportionZ({ n: 1000, x: 65 }, { n: 1000, x: 198 }).z; // 8.800: added up, the days would pass for an effect
 */
import { normalTwoSidedP } from "./distributions.ts";
import type { Estimate, Sample } from "./mean.ts";
import {
  type Arm,
  differenceParts,
  invertDifference,
  invertUplift,
  type Limits,
  ratioParts,
  type SearchHint,
  standardise,
} from "./score.ts";

/** One epoch's clients of the two compared arms. */
export interface Stratum {
  readonly control: Arm;
  readonly treatment: Arm;
}

/** Epochs that say something about the pair: both arms took part. */
export function informative(strata: readonly Stratum[]): Stratum[] {
  return strata.filter(({ control, treatment }) => control.n > 0 && treatment.n > 0);
}

/** Cochran–Mantel–Haenszel without continuity correction, and the Mantel–Haenszel risk ratio minus 1. */
export function cmhStratified(strata: readonly Stratum[]) {
  const z = stratifiedStatistic(strata, { difference: 0 });
  return { z, p: normalTwoSidedP(z), mhUplift: Math.expm1(mantelHaenszelHint(strata).logRatio.estimate) };
}

/** Mantel–Haenszel difference and log risk ratio, with rough standard errors. */
export function mantelHaenszelHint(strata: readonly Stratum[]): {
  readonly difference: SearchHint;
  readonly logRatio: SearchHint;
} {
  let [control, treatment, weights, variance] = [0, 0, 0, 0];
  let [xc, xt] = [0.5, 0.5];
  for (const { control: c, treatment: t } of strata) {
    const weight = (c.n * t.n) / (c.n + t.n);
    const p = (c.x + t.x + 0.5) / (c.n + t.n + 1);
    control += weight * (c.x / c.n);
    treatment += weight * (t.x / t.n);
    weights += weight;
    variance += weight * p * (1 - p);
    xc += c.x;
    xt += t.x;
  }
  return {
    difference: { estimate: (treatment - control) / weights, spread: Math.sqrt(variance) / weights },
    logRatio: { estimate: Math.log(treatment) - Math.log(control), spread: Math.sqrt(1 / xc + 1 / xt) },
  };
}

/** Interval of the difference of rates that excludes 0 exactly when the test above rejects. */
export function stratifiedDifference(strata: readonly Stratum[], critical: number): Limits {
  const { difference } = mantelHaenszelHint(strata);
  return invertDifference((d) => stratifiedStatistic(strata, { difference: d }), critical, difference);
}

/** Interval of the uplift that excludes 0 exactly when the test above rejects. */
export function stratifiedUplift(strata: readonly Stratum[], critical: number): Limits {
  const { logRatio } = mantelHaenszelHint(strata);
  return invertUplift((log) => stratifiedStatistic(strata, { ratio: Math.exp(log) }), critical, logRatio);
}

/** Statistic of one hypothesis about all strata: p_t = ratio · p_c, or p_t = p_c + difference. */
export function stratifiedStatistic(
  strata: readonly Stratum[],
  hypothesis: { readonly ratio: number } | { readonly difference: number },
): number {
  return "ratio" in hypothesis
    ? combine(strata, (c, t) => ratioParts(c, t, hypothesis.ratio))
    : combine(strata, (c, t) => differenceParts(c, t, hypothesis.difference));
}

/** Weighted sum of scores over the root of its variance; n/(n-1) is the hypergeometric factor of the CMH test. */
function combine(
  strata: readonly Stratum[],
  parts: (c: Arm, t: Arm) => { readonly excess: number; readonly variance: number },
): number {
  let excess = 0;
  let variance = 0;
  for (const { control, treatment } of strata) {
    const n = control.n + treatment.n;
    const weight = (control.n * treatment.n) / n;
    const part = parts(control, treatment);
    excess += weight * part.excess;
    variance += weight * weight * part.variance * (n / (n - 1));
  }
  return standardise(excess, variance);
}

/**
 * Participants of a pair under its first weights that would carry as much information as these epochs do: the clock of
 * the always-valid test. Equal to n when the weights never changed; the mixture stays the one tuned before the start.
 */
export function informationSize(strata: readonly Stratum[], firstWeights: readonly [number, number]): number {
  const information = strata.reduce((sum, s) => sum + (s.control.n * s.treatment.n) / (s.control.n + s.treatment.n), 0);
  return information / informationOfOne(firstWeights);
}

/** Information of one participant of a pair that is shared out by these weights. */
export function informationOfOne([c, t]: readonly [number, number]): number {
  return (c * t) / ((c + t) * (c + t));
}

/** One epoch's values of the two compared arms. */
export interface SampleStratum {
  readonly control: Sample;
  readonly treatment: Sample;
}

/** Weighted means of both arms over epochs, with Satterthwaite's degrees of freedom of their difference. */
export function stratifiedMeans(strata: readonly SampleStratum[]): {
  readonly control: Estimate;
  readonly treatment: Estimate;
  readonly df: number;
} {
  const weights = strata.map(({ control, treatment }) => (control.n * treatment.n) / (control.n + treatment.n));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const control = { mean: 0, variance: 0 };
  const treatment = { mean: 0, variance: 0 };
  let spread = 0;
  for (const [index, stratum] of strata.entries()) {
    const share = (weights[index] ?? 0) / total;
    for (const [sample, into] of [
      [stratum.control, control],
      [stratum.treatment, treatment],
    ] as const) {
      const variance = (share * share * sample.variance) / sample.n;
      into.mean += share * sample.mean;
      into.variance += variance;
      spread += sample.n > 1 ? (variance * variance) / (sample.n - 1) : 0;
    }
  }
  const variance = control.variance + treatment.variance;
  return { control, treatment, df: (variance * variance) / spread };
}
