/** What a process may have open, shared between connections and the store. */
import { expect, it } from "vitest";
import { connectionBounds } from "../../src/cli/open-files.ts";

it.each([
  [80, { api: 30, web: 10 }],
  [1_024, { api: 384, web: 128 }],
  [4_096, { api: 2_247, web: 749 }],
  [12_124, { api: 10_000, web: 1_024 }],
  [Number.POSITIVE_INFINITY, { api: 10_000, web: 1_024 }],
])("of %d files leaves the store its own, and the servers %j connections", (files, bounds) => {
  expect(connectionBounds(files)).toEqual(bounds);
});
