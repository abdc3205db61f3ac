/**
 * The distributions everything else stands on, with tails that stay accurate relatively: never 1 - cdf.
 * This is the only file that imports the distribution library (@stdlib leaf functions, chosen as the most accurate of
 * four measured: docs/statistics.md#distributions), so that replacing it stays a change of one file.
 */
import betainc from "@stdlib/math-base-special-betainc";
import erfc from "@stdlib/math-base-special-erfc";
import erfcinv from "@stdlib/math-base-special-erfcinv";
import gammainc from "@stdlib/math-base-special-gammainc";
import gammaln from "@stdlib/math-base-special-gammaln";
import stdlibStudentQuantile from "@stdlib/stats-base-dists-t-quantile";

export function normalCdf(x: number): number {
  return erfc(-x / Math.SQRT2) / 2;
}

/** P(X > x). */
export function normalSf(x: number): number {
  return erfc(x / Math.SQRT2) / 2;
}

/** Two-sided p-value of a normal statistic. */
export function normalTwoSidedP(z: number): number {
  return erfc(Math.abs(z) / Math.SQRT2);
}

/** x with P(X <= x) = p, p in (0, 1); by erfcinv, which keeps p = 1e-100 (the library's own normal quantile does not). */
export function normalQuantile(p: number): number {
  return -Math.SQRT2 * erfcinv(2 * p);
}

/** Two-sided critical value: |Z| exceeds it with chance alpha. */
export function normalCritical(alpha: number): number {
  return Math.SQRT2 * erfcinv(alpha);
}

export function normalDensity(x: number): number {
  return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
}

/** P(X > x) for chi-square with `df` degrees of freedom. */
export function chiSquareSf(x: number, df: number): number {
  if (x <= 0) return 1;
  return df === 1 ? erfc(Math.sqrt(x / 2)) : gammainc(x / 2, df / 2, true, true);
}

/** Two-sided p-value of Student's t; `df` may be fractional. The upper beta tail keeps it accurate at any df. */
export function studentTwoSidedP(t: number, df: number): number {
  const square = t * t;
  if (square === 0) return 1;
  if (!Number.isFinite(square)) return 0;
  return betainc(square / (df + square), 0.5, df / 2, true, true);
}

/** Two-sided critical value of Student's t. */
export function studentCritical(alpha: number, df: number): number {
  return -stdlibStudentQuantile(alpha / 2, df);
}

/** P(X > x) for Fisher's F; degrees of freedom may be fractional. */
export function fisherSf(x: number, between: number, within: number): number {
  if (!(x > 0)) return 1;
  const share = (between * x) / (within + between * x);
  return Number.isFinite(x) ? betainc(share, between / 2, within / 2, true, true) : 0;
}

/** From here up the first three terms of Stirling's series are exact to double precision. */
const STIRLING_MIN = 50;

/**
 * Natural logarithm of the beta function. For large arguments the leading terms of Stirling's series are cancelled on
 * paper, not in floating point: at 5e7 a difference of log-gammas would lose seven digits.
 */
export function logBeta(a: number, b: number): number {
  const small = Math.min(a, b);
  const large = Math.max(a, b);
  if (large < STIRLING_MIN) return gammaln(a) + gammaln(b) - gammaln(a + b);
  const tail = stirlingTail(large) - stirlingTail(a + b) - (large - 0.5) * Math.log1p(small / large);
  if (small < STIRLING_MIN) return gammaln(small) + tail + small - small * Math.log(a + b);
  const half = 0.5 * Math.log((2 * Math.PI) / (a + b));
  return half + stirlingTail(small) + tail + (small - 0.5) * Math.log(small / (a + b));
}

function stirlingTail(z: number): number {
  const r = 1 / z;
  const s = r * r;
  return r * (1 / 12 - s * (1 / 360 - s * (1 / 1260)));
}
