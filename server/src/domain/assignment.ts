/** What a client got in an experiment: one of the alternatives, or a place outside the traffic fraction. */

export type Assignment =
  | { readonly kind: "alternative" /** Position in the stored order of alternatives. */; readonly index: number }
  | { readonly kind: "excluded" };

export const EXCLUDED: Assignment = { kind: "excluded" };

/** The one byte that stands for an excluded client in records, tallies and the cache. */
export const EXCLUDED_CODE = 255;

// One object per alternative, made once: the hot path compares and passes them without allocating.
const ASSIGNMENTS: readonly Assignment[] = Array.from({ length: EXCLUDED_CODE + 1 }, (_, code) =>
  code === EXCLUDED_CODE ? EXCLUDED : { kind: "alternative", index: code },
);

export function assigned(index: number): Assignment {
  return assignmentOf(index);
}

/** The byte under which an assignment is stored. */
export function assignmentCode(assignment: Assignment): number {
  return assignment.kind === "excluded" ? EXCLUDED_CODE : assignment.index;
}

/** The assignment behind a stored byte. */
export function assignmentOf(code: number): Assignment {
  return ASSIGNMENTS[code] ?? EXCLUDED;
}
