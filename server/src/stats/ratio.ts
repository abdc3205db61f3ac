/**
 * The ratio of two totals whose parts belong to the same participant: the average per conversion, when the participant was
 * randomised and not the conversion. Delta method on a participant's pair, T (total value) and e (number of conversions):
 *
 *     R = ΣT / Σe,   Var(R) = m/(m − 1) · Σ(T − R·e)² / (Σe)²,
 *
 * over the m participants with any conversion; all others add nothing to a sum. What is between the brackets has the sum 0,
 * so this is the variance of T − R·e divided by m times the square of the mean of e.
 * Reference: Deng, Knoblich & Lu (2018), "Applying the delta method in metric analytics".
 *
 * @example
 * // Three buyers: one order of 10, two of 30 together, one of 20.
 * const sums = { n: 3, events: 4, total: 60, eventsSquared: 6, totalSquared: 1400, product: 90 };
 * ratioOf(sums); // { mean: 15, variance: 4.6875 }
 */
import type { Estimate, Sample } from "./mean.ts";

/** Sums over participants with any conversion: of e, T, their squares and their product. */
export interface RatioSums {
  readonly n: number;
  readonly events: number;
  readonly total: number;
  readonly eventsSquared: number;
  readonly totalSquared: number;
  readonly product: number;
}

/** The ratio and its squared standard error; n >= 2 and events > 0. Rounding below zero is zero. */
export function ratioOf({ n, events, total, eventsSquared, totalSquared, product }: RatioSums): Estimate {
  const mean = total / events;
  const residual = Math.max(0, totalSquared - 2 * mean * product + mean * mean * eventsSquared);
  return { mean, variance: ((n / (n - 1)) * residual) / (events * events) };
}

/** As if each participant had one number, T − R·e over the mean of e, beside R: its mean has the same standard error. */
export function ratioSample(sums: RatioSums): Sample {
  const { mean, variance } = ratioOf(sums);
  return { n: sums.n, mean, variance: variance * sums.n };
}
