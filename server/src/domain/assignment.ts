/** What a client got in an experiment: one of the alternatives, or a place outside the traffic fraction. */
import { ALTERNATIVES_MAX } from "./names.ts";

export type Assignment =
  | {
      readonly kind: "alternative";
      /** Position in the stored order of alternatives. */
      readonly index: number;
      /**
       * Drawn with equal chances while a bandit favours some alternatives. These clients alone are an unbiased test.
       */
      readonly explore: boolean;
    }
  | { readonly kind: "excluded" };

export const EXCLUDED: Assignment = { kind: "excluded" };

// One object for each value, made once: the hot path compares and passes them without allocating.
const [PLAIN, EXPLORING] = [false, true].map((explore) =>
  Array.from({ length: ALTERNATIVES_MAX }, (_, index): Assignment => ({ kind: "alternative", index, explore })),
);

export function assigned(index: number, explore = false): Assignment {
  return (explore ? EXPLORING : PLAIN)?.[index] ?? { kind: "alternative", index, explore };
}

/** Tells assignments apart, for keys and for people: "1", "1 (explored)", "excluded". */
export function assignmentText(assignment: Assignment): string {
  if (assignment.kind === "excluded") return "excluded";
  return assignment.explore ? `${assignment.index} (explored)` : String(assignment.index);
}
