/**
 * Intervals in closed form that other tools show, to cross-check the engine: reports use the score family, which also
 * holds at small counts and under peeking.
 * References: Newcombe (1998) method 10; Donner & Zou (2012) MOVER-R; Agresti & Caffo (2000); Katz et al. (1978).
 */
import { type Arm, type Limits, wilson } from "../../../src/stats/score.ts";

/** Difference of rates from the two Wilson intervals. */
export function differenceNewcombe(control: Arm, treatment: Arm, critical: number): Limits {
  const c = wilson(control, critical);
  const t = wilson(treatment, critical);
  const pc = control.x / control.n;
  const pt = treatment.x / treatment.n;
  const difference = pt - pc;
  return {
    lower: difference - Math.hypot(pt - t.lower, c.upper - pc),
    upper: difference + Math.hypot(t.upper - pt, pc - c.lower),
  };
}

/** Difference of rates with two pseudo-participants per arm, one of whom converts; not clipped to [-1, 1]. */
export function differenceAgrestiCaffo(control: Arm, treatment: Arm, critical: number): Limits {
  const c = { n: control.n + 2, p: (control.x + 1) / (control.n + 2) };
  const t = { n: treatment.n + 2, p: (treatment.x + 1) / (treatment.n + 2) };
  const half = critical * Math.sqrt((c.p * (1 - c.p)) / c.n + (t.p * (1 - t.p)) / t.n);
  return { lower: t.p - c.p - half, upper: t.p - c.p + half };
}

/** Uplift from the two Wilson intervals. */
export function upliftMoverR(control: Arm, treatment: Arm, critical: number): Limits {
  const c = wilson(control, critical);
  const t = wilson(treatment, critical);
  const pc = control.x / control.n;
  const pt = treatment.x / treatment.n;
  const product = pt * pc;
  const ratio = (limitT: number, limitC: number, sign: 1 | -1): number => {
    const b = limitT * limitC * (2 * pt - limitT) * (2 * pc - limitC);
    const root = Math.sqrt(Math.max(0, product * product - b));
    const denominator = limitC * (2 * pc - limitC);
    return denominator === 0 ? Infinity : (product + sign * root) / denominator;
  };
  return {
    lower: treatment.x === 0 ? -1 : ratio(t.lower, c.upper, -1) - 1,
    upper: c.lower === 0 ? Infinity : ratio(t.upper, c.lower, 1) - 1,
  };
}

/** Uplift from the delta method on the log ratio; both arms need a conversion. */
export function upliftLogDelta(control: Arm, treatment: Arm, critical: number): Limits {
  const pc = control.x / control.n;
  const pt = treatment.x / treatment.n;
  return logDelta(pt / pc, (1 - pt) / treatment.x + (1 - pc) / control.x, critical);
}

/** exp(ln ratio ∓ critical·sqrt(variance of ln ratio)) - 1. */
export function logDelta(ratio: number, logVariance: number, critical: number): Limits {
  const half = critical * Math.sqrt(logVariance);
  const log = Math.log(ratio);
  return { lower: Math.expm1(log - half), upper: Math.expm1(log + half) };
}
