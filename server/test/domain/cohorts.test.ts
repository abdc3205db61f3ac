import { expect, test } from "vitest";
import { assigned, EXCLUDED } from "../../src/domain/assignment.ts";
import { Counts } from "../../src/domain/counts.ts";
import type { Day } from "../../src/domain/period.ts";
import { joinedOn, onDay } from "../../src/domain/subset.ts";
import type { Tally } from "../../src/domain/tally.ts";
import * as make from "../support/make.ts";

const [FIRST, SECOND] = [20_000 as Day, 20_001 as Day];

function joining(index: number, day: Day, clients: number): Tally {
  return make.tally({ assignment: assigned(index), subset: onDay(day), clients });
}

/** Of clients who joined on the first day, on that day and on the next. */
function converting(index: number, clients: number, day: Day): readonly Tally[] {
  const cell = { assignment: assigned(index), metric: 0, clients, sum: 3 * clients, squares: 9 * clients };
  return [onDay(day), joinedOn(FIRST)].map((subset) => make.tally({ ...cell, subset }));
}

const TALLIES = [
  joining(1, SECOND, 40),
  joining(0, FIRST, 30),
  joining(1, FIRST, 20),
  { ...joining(0, FIRST, 9), assignment: EXCLUDED },
  ...converting(0, 5, FIRST),
  ...converting(1, 2, SECOND),
];

test("are all arms together by the day of joining, whenever they converted", () => {
  const counts = Counts.of(TALLIES);
  expect(counts.cohorts.of(0, counts.total(0).clients)).toEqual([
    [
      { participants: 50, conversions: 7, sum: 21, sumSquares: 63 },
      { participants: 40, conversions: 0, sum: 0, sumSquares: 0 },
    ],
  ]);
});

test("are none where the day of joining of some conversions isn't known", () => {
  const counts = Counts.of(
    TALLIES.filter(({ subset, assignment }) => subset.kind === "day" || assignment !== assigned(1)),
  );
  expect(counts.cohorts.of(0, counts.total(0).clients)).toEqual([]);
});
