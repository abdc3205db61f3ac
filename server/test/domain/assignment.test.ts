import { describe, expect, it } from "vitest";
import { assigned, assignmentText, EXCLUDED } from "../../src/domain/assignment.ts";
import { ALTERNATIVES_MAX } from "../../src/domain/names.ts";

describe("an assignment", () => {
  it("is one object for each value, so that the hot path allocates nothing", () => {
    expect(assigned(3)).toBe(assigned(3));
    expect(assigned(3, true)).toBe(assigned(3, true));
  });

  it("has a text of its own", () => {
    expect([assigned(3), assigned(3, true), EXCLUDED].map(assignmentText)).toEqual(["3", "3 (explored)", "excluded"]);
    const all = [false, true].flatMap((explore) =>
      Array.from({ length: ALTERNATIVES_MAX }, (_, index) => assigned(index, explore)),
    );
    expect(new Set(all.map(assignmentText)).size).toBe(2 * ALTERNATIVES_MAX);
  });
});
