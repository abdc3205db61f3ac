import { expect, it } from "vitest";
import { assigned } from "../../src/domain/assignment.ts";
import { withCaps } from "../../src/domain/cap-tallies.ts";
import type { Day } from "../../src/domain/period.ts";
import { COVARIATE_PRODUCT, onDay, REPEATED } from "../../src/domain/subset.ts";
import { cappedMetric, PARTICIPATION, type Tally } from "../../src/domain/tally.ts";

const CAPS = new Map([[1, { of: "value" as const, cap: 10 }]]);
const CELL = { epoch: 0, assignment: assigned(1), subset: onDay(20_000 as Day) };
const JOINED: Tally = { ...CELL, metric: PARTICIPATION, clients: 9, events: 9, sum: 0, squares: 0 };
const RAW: Tally = { ...CELL, metric: 1, clients: 3, events: 5, sum: 40, squares: 1_000 };
const CAPPED: Tally = { ...CELL, metric: cappedMetric(1), clients: 2, events: 0, sum: 22, squares: 204 };

it("judges by capped totals, keeps who converted and how often, and has the rest beside it", () => {
  const other: Tally = { ...RAW, metric: 2 };
  const judged = withCaps([JOINED, RAW, other, CAPPED], CAPS);
  expect(judged).toHaveLength(4);
  expect(judged).toEqual(
    expect.arrayContaining([
      JOINED,
      other,
      { ...RAW, sum: 22, squares: 204 },
      { ...CAPPED, clients: 2, sum: 40, squares: 1_000 },
    ]),
  );
});

it("caps what a covariate goes with, and not how many reached the KPI with it", () => {
  const raw: Tally = { ...RAW, subset: COVARIATE_PRODUCT, clients: 0, events: 0, sum: 6, squares: 90 };
  const capped: Tally = { ...CAPPED, subset: COVARIATE_PRODUCT, clients: 0, sum: 4, squares: 50 };
  expect(withCaps([raw, capped], CAPS)).toContainEqual({ ...raw, squares: 50 });
});

it("leaves what goes with the number of events as values came", () => {
  const repeated: Tally = { ...RAW, subset: REPEATED, clients: 0, events: 0, sum: 70, squares: 6 };
  expect(withCaps([repeated], CAPS)).toEqual([repeated]);
});

it("leaves everything as it is where nothing has a cap", () => {
  const tallies = [JOINED, RAW];
  expect(withCaps(tallies, new Map())).toBe(tallies);
});
