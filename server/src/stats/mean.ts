/**
 * Means of one value per participant (the participant's events added up, zero for none).
 * References: Welch (1947); Fieller (1954); the always-valid form puts z_AV(n) in place of the t quantile.
 *
 * @example
 * // A hundred participants of each arm spent 500 and 600 together.
 * const [control, treatment] = [sampleOf(100, 500, 3000), sampleOf(100, 600, 4200)];
 * control; // { n: 100, mean: 5, variance: 5.051 }
 * upliftOfMeans(estimateOf(control), estimateOf(treatment), 1.96); // { lower: 0.06538, upper: 0.3534 }
 */
import type { Limits } from "./score.ts";

/** `variance` is the sample variance, with n - 1. */
export interface Sample {
  readonly n: number;
  readonly mean: number;
  readonly variance: number;
}

/** An estimated mean and its squared standard error. */
export interface Estimate {
  readonly mean: number;
  readonly variance: number;
}

/** From stored sums of per-participant totals; n >= 1. Rounding below zero is zero. */
export function sampleOf(n: number, sum: number, sumSquares: number): Sample {
  const mean = sum / n;
  return { n, mean, variance: n > 1 ? Math.max(0, (sumSquares - sum * mean) / (n - 1)) : 0 };
}

/** Mean with the squared standard error of the mean. */
export function estimateOf({ n, mean, variance }: Sample): Estimate {
  return { mean, variance: variance / n };
}

/** Ratio t/c minus 1 of two independent estimates; unbounded both ways when the control may be zero at this level. */
export function fieller(control: Estimate, treatment: Estimate, critical: number): Limits {
  const k2 = critical * critical;
  const denominator = control.mean * control.mean - k2 * control.variance;
  if (!(denominator > 0)) return { lower: -Infinity, upper: Infinity };
  const centre = treatment.mean * control.mean;
  const inner =
    control.mean * control.mean * treatment.variance +
    treatment.mean * treatment.mean * control.variance -
    k2 * treatment.variance * control.variance;
  const half = critical * Math.sqrt(Math.max(0, inner));
  return { lower: (centre - half) / denominator - 1, upper: (centre + half) / denominator - 1 };
}

/** Uplift (t - c)/|c|: higher is more, also over a negative baseline. Fieller's limits, of one sign where they exist. */
export function upliftOfMeans(control: Estimate, treatment: Estimate, critical: number): Limits {
  const { lower, upper } = fieller(control, treatment, critical);
  return control.mean < 0 ? { lower: -upper, upper: -lower } : { lower, upper };
}
