import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assigned } from "../../src/domain/assignment.ts";
import type { Day } from "../../src/domain/period.ts";
import { joinedOn, onDay } from "../../src/domain/slice.ts";
import {
  addConversion,
  type ConversionRecord,
  PARTICIPATION,
  type Tally,
  tallyDifferences,
} from "../../src/domain/tally.ts";

const DAY = 20_000 as Day;

/** Integers, so that sums are exact and the law can be checked to the last bit. */
const values = fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 }), { minLength: 1, maxLength: 30 });

describe("adding a conversion", () => {
  it("keeps squares at the sum over participants of the squared total, in whatever order their events come", () => {
    const events = fc.array(fc.tuple(fc.nat(5), fc.integer({ min: -1_000_000, max: 1_000_000 })), { maxLength: 60 });
    fc.assert(
      fc.property(events, (list) => {
        const records = new Map<number, ConversionRecord>();
        const tally = { clients: 0, events: 0, sum: 0, squares: 0 };
        for (const [client, value] of list) {
          const added = addConversion(records.get(client), DAY, value);
          records.set(client, added.record);
          tally.clients += added.clients;
          tally.events += 1;
          tally.sum += value;
          tally.squares += added.squares;
        }
        const totals = [...records.values()].map(({ total }) => total);
        expect(tally.clients).toBe(records.size);
        expect(tally.sum).toBe(totals.reduce((sum, total) => sum + total, 0));
        // (Σv)² per participant: the law that lets the variance of the mean be computed without the records.
        expect(tally.squares).toBe(totals.reduce((sum, total) => sum + total * total, 0));
      }),
    );
  });

  it("counts the client on the day of the first event only", () => {
    fc.assert(
      fc.property(values, (list) => {
        let record: ConversionRecord | undefined;
        for (const [index, value] of list.entries()) {
          const added = addConversion(record, (DAY + index) as Day, value);
          expect(added.clients).toBe(index === 0 ? 1 : 0);
          record = added.record;
        }
        expect(record).toMatchObject({ day: DAY, events: list.length });
      }),
    );
  });

  it("adds nothing to sums for an event without value", () => {
    expect(addConversion(undefined, DAY, 0)).toEqual({
      record: { day: DAY, events: 1, total: 0 },
      clients: 1,
      squares: 0,
    });
  });
});

describe("the differences of tallies and records", () => {
  const cell: Tally = {
    epoch: 0,
    assignment: assigned(1),
    metric: 0,
    slice: onDay(DAY),
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
    const later = { ...cell, slice: onDay((DAY + 1) as Day), clients: 0, events: 2, sum: 0, squares: 0 };
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
    const joined: Tally = { ...cell, slice: joinedOn(DAY) };
    const moved: Tally = { ...joined, clients: 0, events: 2, sum: 0, squares: 0, slice: joinedOn((DAY + 1) as Day) };
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
