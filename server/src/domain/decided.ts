/**
 * What the data said when a winner was set. Later data come from people who all get the winner, so they can't explain
 * the choice.
 */
import type { Better, Direction } from "../stats/direction.ts";
import type { SeenEffect } from "../stats/standing.ts";
import type { AlternativeName, KpiName } from "./names.ts";
import type { Day } from "./period.ts";

/** Longest reason, in UTF-16 code units. */
export const REASON_LENGTH_MAX = 1_000;

export interface Decided {
  readonly winner: AlternativeName;
  /** Milliseconds since 1970, and the day that was in the server's calendar. */
  readonly atMs: number;
  readonly day: Day;
  readonly participants: number;
  /** Why, in the words of whoever set it. */
  readonly reason?: string;
  /** The verdict of that moment. */
  readonly verdict: { readonly kind: string; readonly sentence: string };
  /** What it rested on; `null` is the default KPI. */
  readonly kpi: KpiName | null;
  readonly better: Better;
  readonly decidesOn: "rates" | "means";
  /** In the stored order of alternatives. */
  readonly arms: readonly DecidedArm[];
}

export interface DecidedArm {
  readonly participants: number;
  readonly conversions: number;
  /** Rate, or mean value per participant. */
  readonly figure: number | null;
  /** Of a mean of values: average per conversion, without a cap; missing where it wasn't known, or wasn't kept yet. */
  readonly average?: number;
  /** What was known of visitors before the test was taken out of its difference and uplift, and not out of `figure`. */
  readonly adjusted?: true;
  /** Against the control; `null` of the control, and where there was too little to compare. */
  readonly difference: SeenEffect | null;
  readonly uplift: SeenEffect | null;
  readonly chanceToBeatControl: number | null;
  readonly conclusion: Direction | null;
}
