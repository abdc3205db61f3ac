/** What a client got in an experiment: one of the alternatives, or a place outside the traffic fraction. */

export type Assignment =
  | {
      readonly kind: "alternative";
      /** Position in the stored order of alternatives. */
      readonly index: number;
      /** Drawn evenly over all alternatives while a bandit favours some: these clients are a clean test by themselves. */
      readonly explore: boolean;
    }
  | { readonly kind: "excluded" };

export const EXCLUDED: Assignment = { kind: "excluded" };

/** The one byte that stands for an excluded client in records, tallies and the cache. */
export const EXCLUDED_CODE = 255;

/** Set in the byte of an assignment that was drawn to explore. Positions stay below it: ALTERNATIVES_MAX. */
const EXPLORE_BIT = 128;

// One object per code, made once: the hot path compares and passes them without allocating.
const ASSIGNMENTS: readonly Assignment[] = Array.from({ length: EXCLUDED_CODE + 1 }, (_, code) =>
  code === EXCLUDED_CODE ? EXCLUDED : { kind: "alternative", index: codeIndex(code), explore: isExploreCode(code) },
);

export function assigned(index: number, explore = false): Assignment {
  return assignmentOf(explore ? index | EXPLORE_BIT : index);
}

/** The byte under which an assignment is stored. */
export function assignmentCode(assignment: Assignment): number {
  if (assignment.kind === "excluded") return EXCLUDED_CODE;
  return assignment.explore ? assignment.index | EXPLORE_BIT : assignment.index;
}

/** The assignment behind a stored byte. */
export function assignmentOf(code: number): Assignment {
  return ASSIGNMENTS[code] ?? EXCLUDED;
}

/** Position of the alternative behind the byte of an assignment that is not EXCLUDED_CODE. */
export function codeIndex(code: number): number {
  return code & ~EXPLORE_BIT;
}

/** Whether the byte of an assignment that is not EXCLUDED_CODE says that it was drawn to explore. */
export function isExploreCode(code: number): boolean {
  return (code & EXPLORE_BIT) !== 0;
}
