import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseGolden, replay } from "./golden.ts";

const file = parseGolden(readFileSync(new URL("../../../conformance/statistics.json", import.meta.url), "utf8"));

describe("golden cases from mpmath, scipy and R (each case names its source)", () => {
  it("holds all 304 cases", () => {
    expect(file.cases).toHaveLength(304);
  });

  for (const golden of file.cases) {
    it(golden.id, () => {
      expect(replay(golden)).toEqual([]);
    });
  }
});
