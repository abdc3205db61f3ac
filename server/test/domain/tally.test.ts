import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assigned } from "../../src/domain/assignment.ts";
import type { Day } from "../../src/domain/period.ts";
import { joinedOn, onDay, REPEATED, type Subset, subsetText } from "../../src/domain/subset.ts";
import {
  addConversion,
  type ConversionRecord,
  cappedMetric,
  countsOf,
  eventCounts,
  PARTICIPATION,
  type Quantities,
  type Tally,
} from "../../src/domain/tally.ts";
import { tallyDifferences } from "../../src/domain/tally-differences.ts";

const DAY = 20_000 as Day;

/** Integers, so that sums are exact and the law can be checked to the last bit. */
const values = fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 }), { minLength: 1, maxLength: 30 });

const KPI = 3;
const CAPS = new Map([[KPI, { of: "value" as const, cap: 1_000 }]]);

/** Events of clients one after the other: what tallies come to, by metric and subset, and what records are left. */
function counted(events: readonly (readonly [client: number, value: number])[]) {
  const records = new Map<number, ConversionRecord>();
  const sums = new Map<string, Quantities>();
  for (const [client, value] of events) {
    const before = records.get(client);
    const after = addConversion(before, DAY, value);
    records.set(client, after);
    const reached = { kpi: KPI, day: DAY, value, before, after };
    for (const { metric, subset, ...more } of eventCounts({ day: DAY }, reached, CAPS)) {
      const key = `${metric} ${subsetText(subset)}`;
      const { clients, events, sum, squares } = sums.get(key) ?? NOTHING;
      const so_far = events + more.events;
      sums.set(key, {
        clients: clients + more.clients,
        events: so_far,
        sum: sum + more.sum,
        squares: squares + more.squares,
      });
    }
  }
  return {
    records: [...records.values()],
    of: (metric: number, subset: Subset) => sums.get(`${metric} ${subsetText(subset)}`) ?? NOTHING,
  };
}

const NOTHING: Quantities = { clients: 0, events: 0, sum: 0, squares: 0 };
const total = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);

describe("adding a conversion", () => {
  const events = fc.array(fc.tuple(fc.nat(5), fc.integer({ min: -2_000, max: 2_000 })), { maxLength: 60 });

  it("keeps the moments of totals, of totals with a cap, and of how often, in whatever order events come", () => {
    fc.assert(
      fc.property(events, (list) => {
        const { records, of } = counted(list);
        const totals = records.map((record) => record.total);
        const capped = totals.map((one) => Math.min(one, 1_000));
        expect(of(KPI, onDay(DAY))).toEqual({
          clients: records.length,
          events: list.length,
          sum: total(totals),
          // (Σv)² per participant: the law that lets the variance of the mean be computed without the records.
          squares: total(totals.map((one) => one * one)),
        });
        expect(of(cappedMetric(KPI), joinedOn(DAY))).toEqual({
          clients: totals.filter((one) => one > 1_000).length,
          events: 0,
          sum: total(capped),
          squares: total(capped.map((one) => one * one)),
        });
        // With the plain sums of both these are Σ(events · total) and Σ(events²).
        expect(of(KPI, REPEATED)).toEqual({
          clients: 0,
          events: 0,
          sum: total(records.map((record) => record.events * record.total)) - total(totals),
          squares: total(records.map((record) => record.events ** 2)) - list.length,
        });
      }),
    );
  });

  it("says of a record what its events said one by one", () => {
    fc.assert(
      fc.property(values, (list) => {
        const { records, of } = counted(list.map((value) => [0, value]));
        const [record] = records;
        for (const { metric, subset, ...all } of record ? countsOf({ day: DAY }, KPI, record, CAPS) : []) {
          expect(of(metric, subset)).toEqual(all);
        }
      }),
    );
  });

  it("keeps the day of the first event only", () => {
    const first = addConversion(undefined, DAY, 5);
    expect(addConversion(first, (DAY + 3) as Day, 2)).toEqual({ day: DAY, events: 2, total: 7 });
  });
});

describe("the differences of tallies and records", () => {
  const cell: Tally = {
    epoch: 0,
    assignment: assigned(1),
    metric: 0,
    subset: onDay(DAY),
    clients: 3,
    events: 5,
    sum: 0.3,
    squares: 0.09,
  };

  it("are none where they agree, in any order and any number of parts", () => {
    const half = { ...cell, clients: 1, events: 2, sum: 0.1, squares: 0.04 };
    const rest = { ...cell, clients: 2, events: 3, sum: 0.2, squares: 0.05 };
    // 0.1 + 0.2 is not 0.3 in binary, which is no difference.
    expect(tallyDifferences([half, rest], [cell])).toEqual([]);
    expect(tallyDifferences([], [])).toEqual([]);
  });

  it("are none where records put a repeated event on the day of the first", () => {
    const first = { ...cell, clients: 3, events: 3 };
    const later = { ...cell, subset: onDay((DAY + 1) as Day), clients: 0, events: 2, sum: 0, squares: 0 };
    expect(tallyDifferences([first, later], [cell])).toEqual([]);
  });

  it.each([
    [{ clients: 4 }, ["clients of epoch 0, assignment 1, metric 0, day 20000: tallies say 4, records say 3"]],
    [{ events: 6 }, ["events of epoch 0, assignment 1, metric 0: tallies say 6, records say 5"]],
    [{ sum: 0.5 }, ["sum of epoch 0, assignment 1, metric 0: tallies say 0.5, records say 0.3"]],
    [{ squares: 1 }, ["squares of epoch 0, assignment 1, metric 0: tallies say 1, records say 0.09"]],
  ])("name the quantity and the cell: %j", (change, lines) => {
    expect(tallyDifferences([{ ...cell, ...change }], [cell])).toEqual(lines);
  });

  it("compare every quantity where clients are told apart by the day they joined, for records know that", () => {
    const joined: Tally = { ...cell, subset: joinedOn(DAY) };
    const moved: Tally = { ...joined, clients: 0, events: 2, sum: 0, squares: 0, subset: joinedOn((DAY + 1) as Day) };
    expect(tallyDifferences([cell, joined], [cell, joined])).toEqual([]);
    expect(tallyDifferences([cell, { ...joined, events: 3 }, moved], [cell, joined])).toEqual([
      "events of epoch 0, assignment 1, metric 0, joined on day 20000: tallies say 3, records say 5",
      "events of epoch 0, assignment 1, metric 0, joined on day 20001: tallies say 2, records say 0",
    ]);
  });

  it("find a cell that only one side has", () => {
    const other: Tally = { ...cell, metric: PARTICIPATION, clients: 1, events: 1, sum: 0, squares: 0 };
    expect(tallyDifferences([cell], [cell, other])).toEqual([
      "clients of epoch 0, assignment 1, metric -1, day 20000: tallies say 0, records say 1",
      "events of epoch 0, assignment 1, metric -1: tallies say 0, records say 1",
    ]);
    expect(tallyDifferences([cell, other], [cell])).toHaveLength(2);
  });
});
