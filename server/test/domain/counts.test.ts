import fc from "fast-check";
import { expect, test } from "vitest";
import { assigned, EXCLUDED } from "../../src/domain/assignment.ts";
import { Counts } from "../../src/domain/counts.ts";
import type { Day } from "../../src/domain/period.ts";
import { IN_CONFLICT, joinedOn, onDay } from "../../src/domain/subset.ts";
import { PARTICIPATION } from "../../src/domain/tally.ts";
import * as make from "../support/make.ts";

const { DAY, tally } = make;

test("adds up what happened on different days to the clients of one alternative in one epoch", () => {
  const counts = Counts.of([
    tally({ metric: 1, clients: 2, events: 3, sum: 5, squares: 13 }),
    tally({ metric: 1, subset: onDay((DAY + 1) as Day), clients: 1, events: 1, sum: 4, squares: 16 }),
    tally({ metric: 1, epoch: 1, clients: 7, events: 7 }),
  ]);
  expect(counts.at(0, 0, 1)).toMatchObject({ clients: 3, events: 4, sum: 9, squares: 29 });
  expect(counts.total(1)).toEqual({ clients: 10, events: 11, sum: 9, squares: 29 });
  expect(counts.total(1, 1)).toEqual({ clients: 0, events: 0, sum: 0, squares: 0 });
});

test("adds values up without rounding, over days and epochs and without those in conflict", () => {
  const counts = Counts.of([
    tally({ metric: 1, sum: 3.09, squares: 9.5481 }),
    tally({ metric: 1, subset: onDay((DAY + 1) as Day), sum: 1e12, squares: 1e24 }),
    tally({ metric: 1, subset: onDay((DAY + 2) as Day), sum: -1e12, squares: -1e24 }),
    tally({ metric: 1, epoch: 1, sum: 1e12, squares: 1e24 }),
    tally({ metric: 1, epoch: 2, sum: -1e12, squares: -1e24 }),
    tally({ metric: 1, subset: onDay((DAY + 3) as Day), sum: 1e12, squares: 1e24 }),
    tally({ metric: 1, subset: IN_CONFLICT, sum: 1e12, squares: 1e24 }),
  ]);
  expect(counts.withoutConflicts().at(0, 0, 1)).toMatchObject({ sum: 3.09, squares: 9.5481 });
  expect(counts.withoutConflicts().total(1)).toMatchObject({ sum: 3.09, squares: 9.5481 });
  expect(counts.total(1)).toMatchObject({ sum: 1e12 + 3.09, squares: 1e24 });
});

test("counts every event once, by its day, in whatever other subsets it is counted too", () => {
  const counts = Counts.of([
    tally({ clients: 3, events: 3 }),
    tally({ metric: 1, subset: onDay((DAY + 1) as Day), clients: 2, events: 2 }),
    tally({ metric: 1, subset: joinedOn(DAY), clients: 2, events: 2 }),
  ]);
  expect(counts.total(1)).toMatchObject({ clients: 2, events: 2 });
  expect([...counts.activeDays]).toEqual([DAY, DAY + 1]);
});

test("keeps the excluded apart from the participants", () => {
  const counts = Counts.of([
    tally({ clients: 4, events: 4 }),
    tally({ epoch: 2, assignment: EXCLUDED, subset: onDay((DAY + 3) as Day), clients: 9, events: 9 }),
  ]);
  expect([counts.participants, counts.excluded(), counts.excluded(0), counts.excluded(2)]).toEqual([4, 9, 0, 9]);
  expect(counts.epochs()).toEqual([0]);
  expect([...counts.participantsByDay]).toEqual([[DAY, 4]]);
  expect([...counts.activeDays]).toEqual([DAY, DAY + 3]);
});

test("counts clients whom a bandit drew to explore among all, and by themselves", () => {
  const counts = Counts.of([
    tally({ assignment: assigned(1), clients: 5 }),
    tally({ assignment: assigned(1, true), clients: 2 }),
  ]);
  expect(counts.at(0, 1, PARTICIPATION).clients).toBe(7);
  expect(counts.explored.at(0, 1, PARTICIPATION).clients).toBe(2);
  expect(Counts.of([tally({})]).explored.epochs()).toEqual([]);
});

test("has nothing of a KPI that the experiment doesn't know, and no days with participants where all are excluded", () => {
  const counts = Counts.of([tally({ assignment: EXCLUDED })]);
  expect(counts.total(null).clients).toBe(0);
  expect(Counts.of([tally({})]).at(0, 0, null).clients).toBe(0);
  expect(counts.participantsByDay.size).toBe(0);
});

test("is the same in whatever order tallies come, and its cells add up to its totals", () => {
  const cell = fc.record({
    epoch: fc.integer({ min: 0, max: 2_000 }),
    assignment: fc.constantFrom(assigned(0), assigned(1), assigned(99), assigned(1, true), EXCLUDED),
    metric: fc.constantFrom(PARTICIPATION, 0, 1, 255),
    subset: fc.integer({ min: 0, max: 5 }).map((day) => onDay(day as Day)),
    clients: fc.nat(100),
    events: fc.nat(100),
    sum: fc.integer({ min: -100, max: 100 }),
    squares: fc.nat(100),
  });
  fc.assert(
    fc.property(fc.array(cell), (tallies) => {
      const [there, back] = [Counts.of(tallies), Counts.of([...tallies].reverse())];
      const sorted = (counts: Counts) => [...counts.cells()].map((of) => JSON.stringify(of)).sort();
      expect(sorted(back)).toEqual(sorted(there));
      const clients = [...there.cells()].filter(({ metric }) => metric === PARTICIPATION).map((of) => of.clients);
      expect(there.participants).toBe(clients.reduce((sum, count) => sum + count, 0));
    }),
  );
});
