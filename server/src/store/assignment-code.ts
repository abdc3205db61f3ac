/** An assignment as one byte: in records, tallies and the cache of every engine, and nowhere outside them. */
import { type Assignment, assigned, EXCLUDED } from "../domain/assignment.ts";
import { ALTERNATIVES_MAX } from "../domain/names.ts";

/** The byte of an excluded client. */
export const EXCLUDED_CODE = 255;

/** Set in the byte of an assignment that was drawn to explore. Positions stay below it: ALTERNATIVES_MAX. */
const EXPLORE_BIT = 128;

const ASSIGNMENTS: readonly Assignment[] = Array.from({ length: EXCLUDED_CODE + 1 }, (_, code) =>
  code === EXCLUDED_CODE ? EXCLUDED : assigned(code & ~EXPLORE_BIT, (code & EXPLORE_BIT) !== 0),
);

export function assignmentCode(assignment: Assignment): number {
  if (assignment.kind === "excluded") return EXCLUDED_CODE;
  return assignment.explore ? assignment.index | EXPLORE_BIT : assignment.index;
}

/** Whether any assignment has this byte: a position among alternatives, or the one of excluded clients. */
export function isAssignmentCode(code: number): boolean {
  return code === EXCLUDED_CODE || (code >= 0 && code < EXCLUDED_CODE && (code & ~EXPLORE_BIT) < ALTERNATIVES_MAX);
}

export function assignmentOf(code: number): Assignment {
  return ASSIGNMENTS[code] ?? EXCLUDED;
}
