import { describe, expect, it } from "vitest";
import { assigned, EXCLUDED } from "../../src/domain/assignment.ts";
import { ALTERNATIVES_MAX } from "../../src/domain/names.ts";
import { assignmentCode, assignmentOf, EXCLUDED_CODE } from "../../src/store/assignment-code.ts";

describe("the byte of an assignment", () => {
  it("reads back, for every alternative an experiment can have", () => {
    for (let index = 0; index < ALTERNATIVES_MAX; index += 1) {
      for (const explore of [false, true]) {
        const code = assignmentCode(assigned(index, explore));
        expect(assignmentOf(code)).toEqual({ kind: "alternative", index, explore });
        expect(code & 127).toBe(index);
        expect(code >= 128).toBe(explore);
        expect(code).not.toBe(EXCLUDED_CODE);
      }
    }
  });

  it("is the highest for an excluded client", () => {
    expect(assignmentCode(EXCLUDED)).toBe(255);
    expect(assignmentOf(255)).toBe(EXCLUDED);
  });

  it("gives the one object of each value, so that the hot path allocates nothing", () => {
    expect(assignmentOf(3)).toBe(assigned(3));
    expect(assignmentOf(131)).toBe(assigned(3, true));
  });

  it("is of no alternative where it is no byte", () => {
    expect(assignmentOf(256)).toBe(EXCLUDED);
    expect(assignmentOf(-1)).toBe(EXCLUDED);
  });
});
