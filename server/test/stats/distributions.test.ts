import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { logBeta } from "../../src/stats/beta-function.ts";
import { chiSquareSf, fisherSf, studentCritical, studentTwoSidedP } from "../../src/stats/distributions.ts";
import { erfc, erfcInverse } from "../../src/stats/error-function.ts";

interface SpecialCase {
  readonly function: string;
  readonly inputs: number[];
  readonly expected: number;
  /** How far off the result may be. */
  readonly within: number;
}

type Call = (...inputs: number[]) => number;

const file = new URL("./reference/special.jsonl", import.meta.url);
const cases = readFileSync(file, "utf8")
  .trim()
  .split("\n")
  .map((line): SpecialCase => JSON.parse(line));

describe("values that mpmath computed with eighty digits (reference/special.py)", () => {
  const functions = { erfc, erfcInverse, logBeta, chiSquareSf, fisherSf, studentCritical, studentTwoSidedP };
  for (const [name, call] of Object.entries(functions)) {
    it(`agree with ${name}`, () => {
      const own = cases.filter((one) => one.function === name);
      expect(own.length).toBeGreaterThan(10);
      for (const { inputs, expected, within } of own) {
        const off = Math.abs((call as Call)(...inputs) - expected);
        expect(off, `${name}(${inputs.join(", ")}), expected ${expected}`).toBeLessThanOrEqual(within);
      }
    });
  }
});

it("the ends are answered, not computed", () => {
  expect([erfc(27.5), erfc(1e200), erfc(Infinity), erfc(-1e200), erfc(-Infinity)]).toEqual([0, 0, 0, 2, 2]);
  expect([erfcInverse(0), erfcInverse(1), erfcInverse(2)]).toEqual([Infinity, expect.closeTo(0, 15), -Infinity]);
  expect([chiSquareSf(0, 4), fisherSf(0, 2, 9), studentTwoSidedP(0, 7)]).toEqual([1, 1, 1]);
  expect([chiSquareSf(1e6, 4), fisherSf(Infinity, 2, 9), studentTwoSidedP(1e200, 7)]).toEqual([0, 0, 0]);
});
