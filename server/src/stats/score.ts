/**
 * Rates at a fixed horizon: one coherent family of score statistics. p < alpha exactly when the interval of the
 * difference excludes 0 and exactly when the interval of the uplift excludes 0, at any count, zero cells included.
 * Pass a larger critical value (always-valid.ts) and the same holds at every look.
 * References: Wilson (1927); Mee (1984); Koopman (1984); Miettinen & Nurminen (1985).
 *
 * @example
 * const [control, treatment] = [{ n: 1000, x: 50 }, { n: 1000, x: 80 }];
 * twoProportionZ(control, treatment); // { z: 2.721, p: 0.006507 }
 * differenceScore(control, treatment, 1.96); // { lower: 0.008497, upper: 0.05208 }
 * upliftScore(control, treatment, 1.96); // { lower: 0.1386, upper: 1.250 }
 * wilson(control, 1.96); // { lower: 0.03813, upper: 0.06531 }
 */
import { normalTwoSidedP } from "./distributions.ts";
import { type Curve, crossing } from "./roots.ts";

/** Participants `n` and conversions `x`, 0 <= x <= n. */
export interface Arm {
  readonly n: number;
  readonly x: number;
}

/** Limits of an interval inside the engine; infinite limits are ±Infinity here and become `null` in the report. */
export interface Limits {
  readonly lower: number;
  readonly upper: number;
}

/** Pooled score test of two rates; z squared is Pearson's chi-square without continuity correction. n >= 1 in both. */
export function twoProportionZ(control: Arm, treatment: Arm): { readonly z: number; readonly p: number } {
  const z = pooledZ(control, treatment);
  return { z, p: normalTwoSidedP(z) };
}

function pooledZ(c: Arm, t: Arm): number {
  const pooled = (c.x + t.x) / (c.n + t.n);
  const variance = pooled * (1 - pooled) * (1 / c.n + 1 / t.n);
  return variance > 0 ? (t.x / t.n - c.x / c.n) / Math.sqrt(variance) : 0;
}

/** Wilson interval of one rate; the lower limit by its product with the upper one, which loses no digits at 1e-5. */
export function wilson(arm: Arm, critical: number): Limits {
  const { n, x } = arm;
  const p = x / n;
  const w = (critical * critical) / n;
  const half = Math.sqrt(w * (p * (1 - p) + w / 4));
  const upper = Math.min(1, (p + w / 2 + half) / (1 + w));
  return { lower: x === 0 ? 0 : (p * p) / ((1 + w) * upper), upper: x === n ? 1 : upper };
}

/** Score interval of the difference of rates, p_t - p_c (Mee: Miettinen–Nurminen without the factor N/(N-1)). */
export function differenceScore(control: Arm, treatment: Arm, critical: number): Limits {
  return invertDifference((d) => differenceStatistic(control, treatment, d), critical, {
    estimate: treatment.x / treatment.n - control.x / control.n,
    spread: Math.sqrt(rateVariance(control) + rateVariance(treatment)),
  });
}

/** Score interval of the uplift, p_t / p_c - 1 (Koopman). No control conversions: no upper limit. */
export function upliftScore(control: Arm, treatment: Arm, critical: number): Limits {
  return invertUplift((logRatio) => ratioStatistic(control, treatment, Math.exp(logRatio)), critical, {
    estimate: Math.log(treatment.x / treatment.n) - Math.log(control.x / control.n),
    spread: Math.sqrt(1 / (treatment.x + 0.5) + 1 / (control.x + 0.5)),
  });
}

/** Where to look for the limits: the estimate and a rough standard error (only a stride, it does not move the answer). */
export interface SearchHint {
  readonly estimate: number;
  readonly spread: number;
}

/**
 * The values d in [-1, 1] where a statistic that decreases in d stays within ±critical. Each search starts at 0 on the
 * side that the test at 0 names, so that test and interval agree whatever the rounding.
 */
export function invertDifference(statistic: Curve, critical: number, hint: SearchHint): Limits {
  return invert(statistic, critical, hint, 1);
}

/** The same for a statistic of the log ratio; gives limits of the uplift. An estimate of ±Infinity has no limit there. */
export function invertUplift(statistic: Curve, critical: number, hint: SearchHint): Limits {
  const { estimate } = hint;
  const limits = invert(
    statistic,
    critical,
    Number.isFinite(estimate) ? hint : { estimate: 0, spread: hint.spread },
    LOG_RATIO_MAX,
  );
  return {
    lower: estimate === -Infinity || Number.isNaN(estimate) ? -1 : Math.expm1(limits.lower),
    upper: estimate === Infinity || Number.isNaN(estimate) ? Infinity : Math.expm1(limits.upper),
  };
}

/** exp of this is still a finite double. */
const LOG_RATIO_MAX = 700;

function invert(statistic: Curve, critical: number, hint: SearchHint, end: number): Limits {
  const atNull = statistic(0);
  const step = 1.2 * critical * hint.spread + Number.EPSILON;
  return {
    lower:
      atNull > critical
        ? crossing(statistic, critical, 0, end, step)
        : crossing(statistic, critical, Math.min(0, hint.estimate), -end, step),
    upper:
      atNull < -critical
        ? crossing(statistic, -critical, 0, -end, step)
        : crossing(statistic, -critical, Math.max(0, hint.estimate), end, step),
  };
}

function rateVariance({ n, x }: Arm): number {
  const p = (x + 0.5) / (n + 1);
  return (p * (1 - p)) / n;
}

/** Score statistic of H: p_t - p_c = d, with the constrained maximum likelihood estimate in its variance. */
export function differenceStatistic(control: Arm, treatment: Arm, d: number): number {
  const { excess, variance } = differenceParts(control, treatment, d);
  return standardise(excess, variance);
}

/** Numerator and variance of the above, for sums over strata. */
export function differenceParts(c: Arm, t: Arm, d: number): { readonly excess: number; readonly variance: number } {
  const p = constrainedRate(c, t, d);
  const q = p + d;
  return { excess: t.x / t.n - c.x / c.n - d, variance: (q * (1 - q)) / t.n + (p * (1 - p)) / c.n };
}

/** Score statistic of H: p_t = R p_c. */
export function ratioStatistic(control: Arm, treatment: Arm, ratio: number): number {
  const { excess, variance } = ratioParts(control, treatment, ratio);
  return standardise(excess, variance);
}

/**
 * The constrained estimate solves a quadratic whose roots nearly coincide when rates are near 1; with failures y instead
 * of conversions its discriminant is a sum of positive terms, and 1 - p comes without a subtraction.
 */
export function ratioParts(c: Arm, t: Arm, ratio: number): { readonly excess: number; readonly variance: number } {
  const [yc, yt] = [c.n - c.x, t.n - t.x];
  const gap = (ratio - 1) * (t.n + c.x) + yt - yc;
  const product = 4 * ratio * yt * yc;
  const root = Math.sqrt(gap * gap + product);
  const above = gap >= 0 ? root + gap : product / (root - gap);
  const below = gap <= 0 ? root - gap : product / (root + gap);
  const denominator = ratio * (t.n + c.x) + c.n + t.x + root;
  const rate = (2 * (c.x + t.x)) / denominator;
  const controlVariance = (rate * (2 * yc + above)) / denominator / c.n;
  const treatmentVariance = (ratio * rate * (2 * ratio * yt + below)) / denominator / t.n;
  return {
    excess: t.x / t.n - ratio * (c.x / c.n),
    variance: treatmentVariance + ratio * ratio * controlVariance,
  };
}

export function standardise(excess: number, variance: number): number {
  if (excess === 0) return 0;
  return variance > 0 ? excess / Math.sqrt(variance) : Math.sign(excess) * Infinity;
}

const NEWTON_STEPS_MAX = 100;

/**
 * The control's rate that maximises the likelihood when the treatment's rate is d above it. The score equation is
 * decreasing in p, so a bisected Newton finds its root; the closed form (a cubic) loses its digits at 5e7 participants.
 */
function constrainedRate(c: Arm, t: Arm, d: number): number {
  let low = Math.max(0, -d);
  let high = Math.min(1, 1 - d);
  if (low >= high || scoreAt(c, t, d, low) <= 0) return low;
  if (scoreAt(c, t, d, high) >= 0) return high;
  let p = (c.x + t.x - t.n * d) / (c.n + t.n);
  for (let step = 0; step < NEWTON_STEPS_MAX; step++) {
    if (!(p > low && p < high)) p = low + (high - low) / 2;
    const score = scoreAt(c, t, d, p);
    if (score === 0) return p;
    if (score > 0) low = p;
    else high = p;
    const next = p - score / scoreSlope(c, t, d, p);
    if (Math.abs(next - p) <= 1e-15 * p || high - low <= 1e-15 * high) return p;
    p = next;
  }
  return p;
}

function scoreAt(c: Arm, t: Arm, d: number, p: number): number {
  return part(t.x, p + d) - part(t.n - t.x, 1 - p - d) + part(c.x, p) - part(c.n - c.x, 1 - p);
}

function scoreSlope(c: Arm, t: Arm, d: number, p: number): number {
  const q = p + d;
  return -part(t.x, q * q) - part(t.n - t.x, (1 - q) * (1 - q)) - part(c.x, p * p) - part(c.n - c.x, (1 - p) * (1 - p));
}

/** Rounding may carry a rate a hair past 0 or 1, where the likelihood is at its wall. */
function part(count: number, by: number): number {
  return count === 0 ? 0 : count / Math.max(0, by);
}
