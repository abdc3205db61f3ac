/**
 * What a conclusion is once it was reached, at whichever look. `reached.ts` says when there is one, and lets it stand.
 */

/** Better or worse than the baseline, or (of a guardrail) no worse than its margin allows. */
type Saying = "better" | "worse" | "safe";

/** An effect as it was seen then. */
export interface SeenEffect {
  readonly estimate: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
}

export interface Reached {
  readonly says: Saying;
  readonly by: "always-valid" | "final-look";
  /** Adjusted for many comparisons: it stands while the level in force is above it. `null` of guardrails in older records. */
  readonly p: number | null;
  /** Participants of all arms by then. */
  readonly participants: number;
  /** With limits that hold for all goal comparisons together. */
  readonly difference: SeenEffect;
  /** `null` where the baseline might have been zero. */
  readonly uplift: SeenEffect | null;
}

/** Where it belongs, by position. */
export interface Place {
  readonly kpi: number;
  readonly arm: number;
}

/** One that a report is told of, with its day in words. */
export interface ReachedBefore extends Reached, Place {
  readonly on: string;
}

export type Standing = Omit<ReachedBefore, "kpi" | "arm">;
