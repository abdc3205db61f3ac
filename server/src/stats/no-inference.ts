/** A report, or a part of it, that says nothing, and why. */

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
  /** Fewer than two participants, or no spread at all: a mean has no standard error. */
  | "no-variance";

export interface NoInference {
  readonly kind: "no-inference";
  readonly reason: NoInferenceReason;
  /** One English sentence without its full stop: what is, or what is needed. */
  readonly detail: string;
}

export const ONE_ARM = "There is one alternative only";
export const ARMS_NEEDED = "Visitors in two alternatives are needed";
export const NO_SPREAD = "Two visitors of each alternative are needed, with values that differ";

/** A detail within a sentence. None begins with a name. */
export function clause(detail: string): string {
  return detail.charAt(0).toLowerCase() + detail.slice(1);
}

export function noInference(reason: NoInferenceReason, detail: string): NoInference {
  return { kind: "no-inference", reason, detail };
}
