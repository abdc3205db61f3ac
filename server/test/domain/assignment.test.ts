import { describe, expect, it } from "vitest";
import {
  assigned,
  assignmentCode,
  assignmentOf,
  codeIndex,
  EXCLUDED,
  EXCLUDED_CODE,
  isExploreCode,
} from "../../src/domain/assignment.ts";
import { ALTERNATIVES_MAX } from "../../src/domain/names.ts";

describe("an assignment", () => {
  it("fits one byte and reads back from it, for every alternative an experiment can have", () => {
    for (let index = 0; index < ALTERNATIVES_MAX; index += 1) {
      for (const explore of [false, true]) {
        const code = assignmentCode(assigned(index, explore));
        expect(assignmentOf(code)).toEqual({ kind: "alternative", index, explore });
        expect({ index: codeIndex(code), explore: isExploreCode(code) }).toEqual({ index, explore });
        expect(code).not.toBe(EXCLUDED_CODE);
      }
    }
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
