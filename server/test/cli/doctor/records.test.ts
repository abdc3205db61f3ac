import { expect, it } from "vitest";
import { differencesOf } from "../../../src/cli/doctor/records.ts";
import { dayOf } from "../../../src/domain/period.ts";
import { PARTICIPATION, type Tally } from "../../../src/domain/tally.ts";

const MONDAY = dayOf(Date.UTC(2026, 3, 13));
const TUESDAY = dayOf(Date.UTC(2026, 3, 14));

function tally(changes: Partial<Tally>): Tally {
  return { epoch: 0, assignment: 1, metric: 0, day: MONDAY, clients: 1, events: 1, sum: 2, squares: 4, ...changes };
}

it("finds nothing where both are the same in another order", () => {
  const tallies = [tally({}), tally({ assignment: 0 })];
  expect(differencesOf(tallies, tallies.toReversed())).toEqual([]);
});

it("takes repeated events of other days for the first day's, as records do", () => {
  const stored = [tally({}), tally({ day: TUESDAY, clients: 0, events: 1, sum: 3, squares: 21 })];
  expect(differencesOf(stored, [tally({ events: 2, sum: 5, squares: 25 })])).toEqual([]);
});

it("holds participations together day by day", () => {
  const stored = [tally({ metric: PARTICIPATION, sum: 0, squares: 0 })];
  const counted = [tally({ metric: PARTICIPATION, sum: 0, squares: 0, day: TUESDAY })];
  expect(differencesOf(stored, counted)).toHaveLength(4);
});

it("names the cell and both numbers of a difference", () => {
  expect(differencesOf([tally({ clients: 2 })], [tally({})])).toEqual([
    "epoch 0, alternative 1, metric 0: clients 2, counted 1",
  ]);
});

it("forgives what floating-point sums lose in another order", () => {
  expect(differencesOf([tally({ sum: 0.1 + 0.2 })], [tally({ sum: 0.3 })])).toEqual([]);
});
