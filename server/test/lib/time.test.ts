import { expect, it } from "vitest";
import { hasPassed, MINUTE_MS } from "../../src/lib/time.ts";

it.each([
  [MINUTE_MS - 1, false],
  [MINUTE_MS, true],
  // By a clock that has been set back.
  [-MINUTE_MS + 1, false],
  [-MINUTE_MS, true],
])("a minute has passed after %d ms: %s", (ms, expected) => {
  expect(hasPassed(MINUTE_MS, 1_000_000, 1_000_000 + ms)).toBe(expected);
});
