import { expect, test } from "vitest";
import { fieldChanges } from "../../../src/service/administer/field-changes.ts";

test("words of people are told as they are, also those that every object of JavaScript knows", () => {
  const after = JSON.stringify({ owner: "constructor", tags: ["toString", "shop"], constructor: "valueOf" });
  expect(fieldChanges({ action: "tell-about", before: null, after })).toEqual([
    { field: "owner", before: null, after: "constructor" },
    { field: "tags", before: null, after: "toString, shop" },
    { field: "constructor", before: null, after: "valueOf" },
  ]);
  expect(fieldChanges({ action: "toString", before: null, after: "a, b" })).toEqual([
    { field: null, before: null, after: "a, b" },
  ]);
});
