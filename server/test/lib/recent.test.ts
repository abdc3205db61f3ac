import { expect, test } from "vitest";
import { Recent } from "../../src/lib/recent.ts";

test("the entry that was used longest ago goes when there are too many", () => {
  const recent = new Recent<string, number>(2);
  recent.set("a", 1);
  recent.set("b", 2);
  expect(recent.get("a")).toBe(1);
  recent.set("c", 3);
  expect([recent.get("a"), recent.get("b"), recent.get("c")]).toEqual([1, undefined, 3]);
});

test("an entry that is set again takes no second place", () => {
  const recent = new Recent<string, number>(2);
  recent.set("a", 1);
  recent.set("b", 2);
  recent.set("b", 3);
  expect([recent.get("a"), recent.get("b")]).toEqual([1, 3]);
});
