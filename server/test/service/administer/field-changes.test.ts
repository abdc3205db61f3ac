import { expect, test } from "vitest";
import { fieldChanges } from "../../../src/service/administer/field-changes.ts";

test("a cap is told as a number, or as the percentile that it is", () => {
  const caps = (cap: object) => JSON.stringify([{ name: "revenue", cap }]);
  expect(
    fieldChanges({
      action: "describe-kpi",
      before: caps({ amount: 1200 }),
      after: caps({ p99: true, amount: 412.5, late: true }),
    }),
  ).toEqual([
    { field: "revenue: cap", before: "1,200", after: "the 99th percentile, 412.5, chosen after the data were seen" },
  ]);
});

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
