/** The distributions everything else stands on, with tails that stay accurate relatively: never 1 - cdf. */
import { logBeta, logGamma, upperBeta } from "./beta-function.ts";
import { erfc, erfcInverse } from "./error-function.ts";

const NEWTON_STEPS_MAX = 50;
/** Each step doubles the number of right digits: after one as small as this, all are right. */
const NEWTON_ENOUGH = 1e-9;

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

/** x with P(X <= x) = p, p in (0, 1), however small. */
export function normalQuantile(p: number): number {
  return -Math.SQRT2 * erfcInverse(2 * p);
}

/** Two-sided critical value: |Z| exceeds it with chance alpha. */
export function normalCritical(alpha: number): number {
  return Math.SQRT2 * erfcInverse(alpha);
}

export function normalDensity(x: number): number {
  return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
}

/** P(X > x) for chi-square with a whole number of degrees of freedom: DLMF 8.4.9 and 8.4.12, whose terms are all positive. */
export function chiSquareSf(x: number, df: number): number {
  if (x <= 0) return 1;
  const half = x / 2;
  const isOdd = df % 2 === 1;
  let tail = isOdd ? erfc(Math.sqrt(half)) : 0;
  for (let power = isOdd ? 0.5 : 0; power < df / 2; power += 1) {
    tail += Math.exp(power * Math.log(half) - half - logGamma(power + 1));
  }
  return Math.min(1, tail);
}

/** Two-sided p-value of Student's t; `df` may be fractional. */
export function studentTwoSidedP(t: number, df: number): number {
  const square = t * t;
  if (!Number.isFinite(square)) return 0;
  return upperBeta(square / (df + square), df / (df + square), 0.5, df / 2);
}

/**
 * Two-sided critical value of Student's t, by Newton's method on the logarithms of p and t. There p falls ever more
 * steeply, and the normal critical value lies below the answer: so the steps overshoot once and then never turn back.
 */
export function studentCritical(alpha: number, df: number): number {
  let t = normalCritical(alpha);
  const logScale = 0.5 * Math.log(df) + logBeta(df / 2, 0.5);
  for (let tries = 0; tries < NEWTON_STEPS_MAX; tries += 1) {
    const p = studentTwoSidedP(t, df);
    const density = Math.exp(-((df + 1) / 2) * Math.log1p((t * t) / df) - logScale);
    const step = (Math.log(p / alpha) * p) / (2 * t * density);
    t *= Math.exp(step);
    if (Math.abs(step) < NEWTON_ENOUGH) break;
  }
  return t;
}

/** P(X > x) for Fisher's F; degrees of freedom may be fractional. */
export function fisherSf(x: number, between: number, within: number): number {
  if (!(x > 0)) return 1;
  if (!Number.isFinite(x)) return 0;
  const all = within + between * x;
  return upperBeta((between * x) / all, within / all, between / 2, within / 2);
}
