import { describe, expect, it } from "vitest";
import type { Open } from "../engines/engine.ts";

export function describeNotes(open: Open): void {
  describe("a note", () => {
    it("is written by whoever saw what is there, and by nobody else", async () => {
      const { notes } = await open();
      expect(await notes.swap("mail", "a", "never written", "1")).toBe(false);
      expect(await notes.swap("mail", "a", null, "1")).toBe(true);
      expect(await notes.swap("mail", "a", null, "2")).toBe(false);
      expect(await notes.swap("mail", "a", "1", "größer\0")).toBe(true);
      expect(await notes.swap("mail", "b", null, "")).toBe(true);
      expect(await notes.swap("other", "a", null, "elsewhere")).toBe(true);
      expect(await notes.read("mail")).toEqual(
        new Map([
          ["a", "größer\0"],
          ["b", ""],
        ]),
      );
      expect(await notes.swap("mail", "b", "", null)).toBe(true);
      expect(await notes.swap("mail", "b", "", "3")).toBe(false);
      expect(await notes.swap("mail", "a", "größer\0", null)).toBe(true);
      expect([await notes.read("mail"), await notes.read("none")]).toEqual([new Map(), new Map()]);
    });

    it("is written by one of fifty at once", async () => {
      const { notes } = await open();
      const tries = Array.from({ length: 50 }, (_, number) => notes.swap("race", "a", null, String(number)));
      expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
    });
  });
}
