/** A report, or a part of it, that says nothing, and why. */
import type { Sample } from "./mean.ts";

/** Why nothing can be said. */
export type NoInferenceReason =
  /** A count is negative, fractional, or not a finite number. */
  | "impossible-count"
  /** More clients converted than took part. */
  | "conversions-above-participants"
  /** Sums that no set of values has: sum of squares too small for the sum. */
  | "impossible-moments"
  /** Lists in the input are not one per arm or one per KPI, or a setting is out of range. */
  | "malformed-input"
  /** There is nothing to compare with. */
  | "one-arm"
  /** The arm or the baseline has no participants yet. */
  | "empty-arm"
  /** Baseline and arm never took clients in the same epoch. */
  | "never-together"
  /** Fewer than two participants of an alternative, or none whose values differ: a mean has no standard error. */
  | "too-few-values"
  /** The value of everybody is the same. */
  | "no-variance";

export interface NoInference {
  readonly kind: "no-inference";
  readonly reason: NoInferenceReason;
  /** One English sentence without its full stop: what is, or what is needed. */
  readonly detail: string;
}

export const ONE_ARM = "There is one alternative only";
export const ARMS_NEEDED = "Visitors in two alternatives are needed";
/** Of values that can't be compared although they are not all the same. */
export const SPREAD_NEEDED = "Two visitors of each alternative are needed, with values that differ";
const ALL_SAME = "All values are the same so far";

/** A detail within a sentence. None begins with a name. */
export function clause(detail: string): string {
  return detail.charAt(0).toLowerCase() + detail.slice(1);
}

export function noInference(reason: NoInferenceReason, detail: string): NoInference {
  return { kind: "no-inference", reason, detail };
}

/** Of values that have no standard error: whether that is because all are the same. */
export function withoutSpread(samples: readonly Sample[]): NoInference {
  const first = samples[0]?.mean ?? 0;
  // Sums of one value, such as 0.1, differ from its multiples by rounding.
  const isSame = samples.every(({ mean, variance }) => {
    return Math.abs(mean - first) <= ROUNDING * Math.abs(first) && variance <= ROUNDING * first ** 2;
  });
  return isSame ? noInference("no-variance", ALL_SAME) : noInference("too-few-values", SPREAD_NEEDED);
}

const ROUNDING = 1e-12;
