/**
 * Is there any difference among the means of k arms? Variances may differ, as they do between arms of unlike size or
 * with one large order. For two arms it is Welch's t test.
 * Reference: Welch (1951), "On the comparison of several mean values: an alternative approach", Biometrika 38.
 *
 * @example
 * welchAnova([sampleOf(100, 500, 3000), sampleOf(100, 600, 4200)]); // { f: 9, dfBetween: 1, dfWithin: 196.4, p: 0.003050 }
 */
import { fisherSf } from "./distributions.ts";
import type { Sample } from "./mean.ts";
import type { NoInference } from "./no-inference.ts";

/** Welch's analysis of variance. */
export type MeansOmnibus =
  | NoInference
  | {
      readonly kind: "tested";
      readonly f: number;
      readonly dfBetween: number;
      readonly dfWithin: number;
      readonly p: number;
    };

interface WelchAnova {
  readonly f: number;
  /** Degrees of freedom between arms, k - 1, and within, not whole. */
  readonly dfBetween: number;
  readonly dfWithin: number;
  readonly p: number;
}

/** At least two arms; in each n >= 2 and some spread. */
export function welchAnova(arms: readonly Sample[]): WelchAnova {
  const k = arms.length;
  const weights = arms.map(({ n, variance }) => n / variance);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const centre = arms.reduce((sum, { mean }, arm) => sum + ((weights[arm] ?? 0) / total) * mean, 0);
  let [between, imprecision] = [0, 0];
  for (const [arm, { n, mean }] of arms.entries()) {
    const weight = weights[arm] ?? 0;
    between += (weight * (mean - centre) ** 2) / (k - 1);
    imprecision += (1 - weight / total) ** 2 / (n - 1);
  }
  const f = between / (1 + (2 * (k - 2) * imprecision) / (k * k - 1));
  const dfWithin = (k * k - 1) / (3 * imprecision);
  return { f, dfBetween: k - 1, dfWithin, p: fisherSf(f, k - 1, dfWithin) };
}
