import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Assignment, assigned, EXCLUDED } from "../../../src/domain/assignment.ts";
import { type Day, parseDay } from "../../../src/domain/period.ts";
import { onDay } from "../../../src/domain/subset.ts";
import { PARTICIPATION, type Tally } from "../../../src/domain/tally.ts";
import { countKpiSteps } from "../../../src/service/report/kpi-counts.ts";
import { finished } from "../../../src/stats/steps.ts";
import * as make from "../../support/make.ts";
import { createExperiment } from "../../web/support.ts";

const experiment = await createExperiment(make.context(), "shape", ["square", "round", "flat"]);

function countKpi(...asked: Parameters<typeof countKpiSteps>) {
  return finished(countKpiSteps(...asked));
}

function tally(assignment: Assignment, metric: number, day: string, clients: number, more: Partial<Tally> = {}): Tally {
  return make.tally({ assignment, metric, subset: onDay(parseDay(day)), clients, ...more });
}

describe("counts of a KPI", () => {
  test("adds up epochs and days, each alternative by itself", () => {
    const counts = countKpi(
      experiment,
      [
        tally(assigned(0), PARTICIPATION, "2025-01-30", 10),
        tally(assigned(0), PARTICIPATION, "2025-02-01", 5, { epoch: 1 }),
        tally(assigned(2), PARTICIPATION, "2025-02-01", 7),
        tally(assigned(0), 0, "2025-02-02", 3, { events: 4, sum: 12, squares: 50 }),
      ],
      0,
    );
    expect(counts.total).toEqual({ participants: 22, conversions: 3 });
    expect(counts.arms[0]).toEqual({ participants: 15, conversions: 3, events: 4, sum: 12, squares: 50 });
    expect(counts.arms[1]).toMatchObject({ participants: 0, conversions: 0 });
    expect(counts.periods.map(({ label }) => label)).toEqual(["2025-01-30", "2025-02-01", "2025-02-02"]);
  });

  test("counts only the KPI that was asked for", () => {
    const tallies = [tally(assigned(1), 0, "2025-01-01", 4), tally(assigned(1), 1, "2025-01-02", 9)];
    expect(countKpi(experiment, tallies, 0).total.conversions).toBe(4);
    expect(countKpi(experiment, tallies, 1).total.conversions).toBe(9);
    expect(countKpi(experiment, tallies, 1).periods.map(({ label }) => label)).toEqual(["2025-01-02"]);
  });

  test("keeps excluded clients apart, and gives a day with nobody else no row", () => {
    const counts = countKpi(experiment, [tally(EXCLUDED, PARTICIPATION, "2025-01-01", 4)], 0);
    expect(counts).toMatchObject({ excluded: 4, total: { participants: 0 }, periods: [] });
  });

  test("gives a day that saw only repeated conversions no row, but counts their events and values", () => {
    const repeated = tally(assigned(1), 0, "2025-01-05", 0, { events: 3, sum: 9, squares: 40 });
    const counts = countKpi(experiment, [repeated], 0);
    expect(counts.periods).toEqual([]);
    expect(counts.arms[1]).toMatchObject({ conversions: 0, events: 3, sum: 9 });
  });

  test("sums ISO weeks over the turn of the year", () => {
    const counts = countKpi(
      experiment,
      [tally(assigned(0), PARTICIPATION, "2024-12-30", 1), tally(assigned(0), PARTICIPATION, "2025-01-05", 2)],
      0,
      "week",
    );
    expect(counts.periods).toEqual([{ label: "2025-W01", arms: [{ participants: 3, conversions: 0 }, NONE, NONE] }]);
  });

  test("adds up to the same totals whatever the period", () => {
    const cell = fc.record({
      assignment: fc.nat({ max: 2 }).map((index) => assigned(index)),
      metric: fc.constantFrom(PARTICIPATION, 0),
      day: fc.integer({ min: 19_000, max: 20_500 }),
      clients: fc.nat({ max: 1000 }),
    });
    fc.assert(
      fc.property(
        fc.array(cell),
        fc.constantFrom("day" as const, "week" as const, "month" as const),
        (cells, period) => {
          const tallies = cells.map(({ day, ...rest }) => ({
            ...tally(assigned(0), 0, "2025-01-01", 0),
            ...rest,
            subset: onDay(day as Day),
          }));
          const counts = countKpi(experiment, tallies, 0, period);
          const sum = counts.periods.flatMap(({ arms }) => arms).reduce((total, arm) => total + arm.participants, 0);
          expect(sum).toBe(counts.total.participants);
          expect(counts.total).toEqual(countKpi(experiment, tallies, 0, "year").total);
        },
      ),
    );
  });
});

const NONE = { participants: 0, conversions: 0 };
