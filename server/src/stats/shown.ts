/**
 * What a person is shown of a comparison: one rule for range and direction, so that a mark, a word and a bar never
 * contradict each other. Both are adjusted for the comparisons that decide: the range by Bonferroni's share, the direction
 * as it was concluded.
 */
import type { Direction } from "./direction.ts";
import type { Comparison, Interval } from "./report.ts";

export interface ShownEffect {
  /** `null` for an uplift over a baseline that may be 0. */
  readonly estimate: number | null;
  /** Holds however often one looks, and together with those of all comparisons that decide. */
  readonly range: Interval;
  readonly direction: Direction;
}

export type Scale = "uplift" | "difference";

/** `null` where there is too little to say anything. */
export function shownEffect(comparison: Comparison, scale: Scale): ShownEffect | null {
  const { gate, conclusion, upliftBonferroni, differenceBonferroni } = comparison;
  if (gate.kind !== "open") return null;
  const { estimate, alwaysValid } = comparison[scale];
  const adjusted = scale === "uplift" ? upliftBonferroni : differenceBonferroni;
  const range = estimate === null ? alwaysValid : (adjusted ?? alwaysValid);
  return { estimate, range, direction: conclusion };
}
