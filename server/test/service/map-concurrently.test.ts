import { expect, test } from "vitest";
import { mapConcurrently } from "../../src/service/map-concurrently.ts";

test("gives the results in the order of the items, with no more under way than allowed", async () => {
  let [underWay, most] = [0, 0];
  const results = await mapConcurrently([5, 1, 3, 2, 4], 2, async (number) => {
    underWay += 1;
    most = Math.max(most, underWay);
    for (let turn = 0; turn < number; turn += 1) await Promise.resolve();
    underWay -= 1;
    return number * 10;
  });
  expect(results).toEqual([50, 10, 30, 20, 40]);
  expect(most).toBe(2);
});

test("rejects with what went wrong, and begins nothing after it", async () => {
  const begun: number[] = [];
  const work = mapConcurrently([1, 2, 3, 4, 5], 2, async (number) => {
    begun.push(number);
    if (number === 2) throw new Error("number 2");
    await new Promise((resolve) => setImmediate(resolve));
  });
  await expect(work).rejects.toThrow("number 2");
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toEqual([1, 2]);
});

test("is done at once with nothing", async () => {
  expect(await mapConcurrently([], 8, async () => 1)).toEqual([]);
});
