/** The beta distribution, to hold the library's incomplete beta function to golden cases and to draw test data. */
import betainc from "@stdlib/math-base-special-betainc";
import stdlibBetaQuantile from "@stdlib/stats-base-dists-beta-quantile";

export function betaCdf(x: number, a: number, b: number): number {
  return betainc(x, a, b, true, false);
}

/** P(X > x) for Beta(a, b). */
export function betaSf(x: number, a: number, b: number): number {
  return betainc(x, a, b, true, true);
}

export function betaQuantile(p: number, a: number, b: number): number {
  return stdlibBetaQuantile(p, a, b);
}
