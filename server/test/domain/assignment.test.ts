import { describe, expect, it } from "vitest";
import { assigned, assignmentCode, assignmentOf, EXCLUDED, EXCLUDED_CODE } from "../../src/domain/assignment.ts";
import { ALTERNATIVES_MAX } from "../../src/domain/names.ts";

describe("an assignment", () => {
  it("fits one byte and reads back from it, for every alternative an experiment can have", () => {
    for (let index = 0; index < ALTERNATIVES_MAX; index += 1) {
      expect(assigned(index)).toEqual({ kind: "alternative", index });
      expect(assignmentOf(assignmentCode(assigned(index)))).toEqual(assigned(index));
    }
    // The code of excluded clients must stay free.
    expect(ALTERNATIVES_MAX).toBeLessThan(EXCLUDED_CODE);
  });

  it("of an excluded client has the highest byte", () => {
    expect(assignmentCode(EXCLUDED)).toBe(255);
    expect(assignmentOf(255)).toBe(EXCLUDED);
  });

  it("is one object for each value, so that the hot path allocates nothing", () => {
    expect(assigned(3)).toBe(assignmentOf(3));
  });

  it("is none of an alternative where the byte is no byte", () => {
    expect(assignmentOf(256)).toBe(EXCLUDED);
    expect(assignmentOf(-1)).toBe(EXCLUDED);
  });
});
