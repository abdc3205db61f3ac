/** Figures as people read them. */
import { expect, test } from "vitest";
import { ERRORS } from "../../../src/domain/errors.ts";
import { forPeople } from "../../../src/web/views/ui/for-people.ts";
import { uplift, upliftRange } from "../../../src/web/views/ui/format.ts";
import { sentence } from "../../../src/web/views/ui/problem.tsx";
import { splitSentence } from "../../../src/web/views/ui/verdict-mark.tsx";

test.each([
  [0.306, { lower: 0.103, upper: 0.547 }, "+30.6%", "+10.3% to +54.7%"],
  // A billion participants: one decimal would say that nothing was found.
  [0.0006, { lower: 0.00032, upper: 0.00089 }, "+0.060%", "+0.032% to +0.089%"],
  [-0.0002, { lower: -0.01, upper: 0.0096 }, "0.0%", "−1.0% to +1.0%"],
  [0, { lower: -0.2, upper: 0.2 }, "0.0%", "−20.0% to +20.0%"],
  [401.88, { lower: 12, upper: null }, "> +1,000%", "> +1,000% to +∞"],
])(
  "an uplift has two digits of the width of its range, and says no more than very large: %d",
  (estimate, range, text, rangeText) => {
    expect([uplift(estimate, range), upliftRange(range)]).toEqual([text, rangeText]);
  },
);

test.each([
  ["Ship blue: rate is up 5.1%. Expect less.", "Ship blue:", " rate is up 5.1%. Expect less."],
  ['Ship "blue: v. 2": rate is up.', 'Ship "blue: v. 2":', " rate is up."],
  ["Keep running. Nothing is shown.", "Keep running.", " Nothing is shown."],
  ["Nothing ends it", "Nothing ends it", ""],
])("a sentence is set apart up to its first stop that is in no name: %s", (sentence, lead, rest) => {
  expect(splitSentence(sentence)).toEqual([lead, rest]);
});

test("an uplift that stands alone has two digits of its own", () => {
  expect([0.235, 0.0004, 0.000012, 0].map((value) => uplift(value))).toEqual(["+23.5%", "+0.040%", "+0.0012%", "0.0%"]);
});

test.each([
  ['Expected `traffic_fraction` in (0, 1], got "50"', 'The traffic has to be above 0% and at most 100%, not "50".'],
  ["Expected blue, participants, got green", "This needs blue, participants, not green."],
  ["Expected a field `alternative` with text, got none", "The alternative is missing."],
  ["Expected `reason` with at most 1000 characters, got 1200", "The reason may have 1,000 characters at most."],
  [
    "Expected at most 50 links, got one more. Take one back first.",
    "This needs at most 50 links, not one more. Take one back first.",
  ],
  ["There is no page at /nonsense", "There is no page at /nonsense"],
])("a message of the API is said in words on a page: %s", (message, words) => {
  expect(forPeople(message)).toBe(words);
});

test("a page that comes too late says who changed what, and when, and its title is of whole sentences", () => {
  const message = "Expected shop as that change left it, got a later one: resume by ann at 2026-12-01T05:03:09.660Z";
  expect(forPeople(message, "edit-conflict")).toBe("It was changed since: resume by ann, 2026-12-01 05:03 UTC.");
  expect(sentence(ERRORS["edit-conflict"].message)).toBe("This was changed by someone else. Please look again");
});
