/**
 * Which way an effect points. Decided here for every verdict, row, card, mark, chart and export: from the difference, never
 * from a ratio, whose sign turns round over a negative baseline.
 */
export type Better = "higher" | "lower";
export type Direction = "better" | "worse" | "undecided";

/** Of a difference (alternative minus baseline) or of its statistic, other than 0. */
export function directionOf(difference: number, better: Better): "better" | "worse" {
  return gainOf(difference, better) > 0 ? "better" : "worse";
}

/** Of an interval of the difference: one that holds 0, or has no limit on the side of 0, points nowhere. */
export function directionOfInterval(
  { lower, upper }: { readonly lower: number | null; readonly upper: number | null },
  better: Better,
): Direction {
  if (lower !== null && lower > 0) return directionOf(lower, better);
  if (upper !== null && upper < 0) return directionOf(upper, better);
  return "undecided";
}

/** The value with its sign turned where lower is better, so that more is better. */
export function gainOf(value: number, better: Better): number {
  return better === "higher" ? value : -value;
}

/** The limit on the side of harm: the least that a change brings. */
export function leastGain(
  { lower, upper }: { readonly lower: number | null; readonly upper: number | null },
  better: Better,
): number | null {
  return better === "higher" ? lower : upper;
}
