/**
 * Which way an effect points: green up only when the whole interval is on the good side of zero, red down only when it is
 * wholly on the bad side, grey otherwise. The shape and the hidden word say the same as the colour.
 */
import type { Limits } from "./format.ts";

export type Direction = "good" | "bad" | "open";

export function directionOf({ lower, upper }: Limits, better: "higher" | "lower" = "higher"): Direction {
  if (lower !== null && lower > 0) return better === "higher" ? "good" : "bad";
  if (upper !== null && upper < 0) return better === "higher" ? "bad" : "good";
  return "open";
}

const SIGNS = { good: "▲", bad: "▼", open: "●" } as const;
const WORDS = { good: "better", bad: "worse", open: "undecided" } as const;

export function DirectionMark({ direction }: { readonly direction: Direction }) {
  return (
    <span class={`direction direction-${direction}`}>
      <span aria-hidden="true">{SIGNS[direction]}</span>
      <span class="hidden">{WORDS[direction]}</span>
    </span>
  );
}
