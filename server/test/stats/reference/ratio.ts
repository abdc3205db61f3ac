/**
 * Ratio of two totals whose parts belong to the same participant, such as revenue per order when the participant, not
 * the order, was randomised. Delta method on the participant's pair (numerator, denominator).
 * Reference: Deng, Knoblich & Lu (2018), "Applying the delta method in metric analytics".
 */
import type { Estimate } from "../../../src/stats/mean.ts";
import type { Limits } from "../../../src/stats/score.ts";
import { normalCritical, normalTwoSidedP } from "../../../src/stats/special.ts";

/** Sums over participants of the numerator Y, the denominator D, their squares and their product. */
export interface RatioSums {
  readonly n: number;
  readonly sumNum: number;
  readonly sumDen: number;
  readonly sumNum2: number;
  readonly sumDen2: number;
  readonly sumNumDen: number;
}

export interface RatioTest {
  readonly control: Estimate;
  readonly treatment: Estimate;
  readonly z: number;
  readonly p: number;
  readonly difference: Limits;
}

/** Difference of two ratios. Do not trust it when the change moves the denominator itself. */
export function ratioMetric(control: RatioSums, treatment: RatioSums, alpha: number): RatioTest {
  const c = ratioOf(control);
  const t = ratioOf(treatment);
  const deviation = Math.sqrt(c.variance + t.variance);
  const difference = t.mean - c.mean;
  const z = difference / deviation;
  const half = normalCritical(alpha) * deviation;
  const limits = { lower: difference - half, upper: difference + half };
  return { control: c, treatment: t, z, p: normalTwoSidedP(z), difference: limits };
}

/** R = sum Y / sum D, and (s_Y^2 - 2 R s_YD + R^2 s_D^2) / (n mean_D^2) as its squared standard error; n >= 2. */
export function ratioOf(sums: RatioSums): Estimate {
  const { n, sumNum, sumDen } = sums;
  const ratio = sumNum / sumDen;
  const meanDen = sumDen / n;
  const moment = (product: number, a: number, b: number): number => (product - (a * b) / n) / (n - 1);
  const spread =
    moment(sums.sumNum2, sumNum, sumNum) -
    2 * ratio * moment(sums.sumNumDen, sumNum, sumDen) +
    ratio * ratio * moment(sums.sumDen2, sumDen, sumDen);
  return { mean: ratio, variance: Math.max(0, spread) / (n * meanDen * meanDen) };
}
