import { expect, it } from "vitest";
import { nearest } from "../../src/lib/suggest.ts";

const NAMES = ["redis_port", "redis_host", "port", "robot_regex"];

it.each([
  ["redis_prot", "redis_port"],
  ["redishost", "redis_host"],
  ["PORT", "port"],
  ["robots_regexp", "robot_regex"],
])("takes %s for %s", (typed, meant) => {
  expect(nearest(typed, NAMES)).toBe(meant);
});

it("suggests nothing that is not near", () => {
  expect(nearest("colour", NAMES)).toBeUndefined();
});
