import { describe, expect, it } from "vitest";
import { nthLargest } from "../../../src/service/administer/caps.ts";
import { seededRandom } from "../../../src/stats/random.ts";

describe("the nth largest of many numbers", () => {
  const random = seededRandom(7);
  const MANY = Array.from({ length: 100_001 }, () => Math.round(random() * 1e5) / 100 - 200);

  it.each([
    ["in any order", MANY],
    ["from the smallest on", MANY.toSorted((a, b) => a - b)],
    ["from the largest on", MANY.toSorted((a, b) => b - a)],
    ["that are all the same", MANY.map(() => 3)],
  ])("is what sorting all of them gives: %s", async (_, numbers) => {
    const sorted = numbers.toSorted((a, b) => b - a);
    for (const nth of [1, 2, 1_001, numbers.length]) expect(await nthLargest(numbers, nth)).toBe(sorted[nth - 1]);
  });

  it("is found in turns, between which others go on", async () => {
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns += 1;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    await nthLargest(MANY, 1_001);
    isDone = true;
    expect(turns).toBeGreaterThan(5);
  });
});
