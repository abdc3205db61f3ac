import fc from "fast-check";
import { expect, test } from "vitest";
import { grouped } from "../../src/lib/text.ts";

test("numbers have their thousands apart, as English writes them", () => {
  expect([0, 999, 1_000, -1_000, 1_234_567, 0.5, 1_234.56789].map(grouped)).toEqual([
    "0",
    "999",
    "1,000",
    "-1,000",
    "1,234,567",
    "0.5",
    "1,234.568",
  ]);
  const english = new Intl.NumberFormat("en");
  fc.assert(fc.property(fc.maxSafeInteger(), (number) => grouped(number) === english.format(number)));
});
