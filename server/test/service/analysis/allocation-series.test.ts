import { describe, expect, test } from "vitest";
import type { Clock } from "../../../src/domain/clock.ts";
import { batchReason, withAlternative, withEpoch, withRetired, withWeights } from "../../../src/domain/epochs.ts";
import type { Experiment } from "../../../src/domain/experiment.ts";
import { parseAlternativeName } from "../../../src/domain/names.ts";
import { type Day, dayOf } from "../../../src/domain/period.ts";
import { allocationOverTime, MOMENTS_MAX } from "../../../src/service/analysis/allocation-series.ts";
import * as make from "../../support/make.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.parse("2025-03-01T08:00:00Z");

function created(alternatives: readonly string[] = ["red", "blue", "green"]): Experiment {
  return make.experiment({ alternatives, createdAtMs: START_MS });
}

/** A clock that stands, so many hours ahead of UTC. */
function at(nowMs: number, hoursAhead = 0): Clock {
  const dayAt = (atMs: number) => dayOf(atMs + hoursAhead * HOUR_MS);
  return { nowMs: () => nowMs, today: () => dayAt(nowMs), dayAt, offsetAt: () => hoursAhead * HOUR_MS };
}

/** With participants from the first day up to `nowMs`. */
function over(experiment: Experiment, nowMs: number) {
  return allocationOverTime(experiment, { first: dayOf(START_MS), last: dayOf(nowMs) }, at(nowMs));
}

describe("shares over time", () => {
  test("are those in force at each moment, from the start to now", () => {
    const changed = withWeights(created(["red", "blue"]), [0.9, 0.1], START_MS + 2 * HOUR_MS);
    const { momentsMs, stepMs, shares } = over(changed, START_MS + 4 * HOUR_MS);
    expect(momentsMs[0]).toBe(START_MS);
    expect(momentsMs.at(-1)).toBe(START_MS + 4 * HOUR_MS);
    expect(stepMs).toBe(HOUR_MS / 12);
    const at = (hours: number) => momentsMs.indexOf(START_MS + hours * HOUR_MS);
    expect([at(0), at(2) - 1, at(2), at(4)].map((moment) => shares.map((line) => line[moment]))).toEqual([
      [0.5, 0.5],
      [0.5, 0.5],
      [0.9, 0.1],
      [0.9, 0.1],
    ]);
  });

  test("begin where an alternative is added and end where it is retired", () => {
    const added = withAlternative(created(), parseAlternativeName("late"), START_MS + HOUR_MS);
    const retired = withRetired(added, "blue", START_MS + 2 * HOUR_MS);
    const { momentsMs, shares } = over(retired, START_MS + 3 * HOUR_MS);
    const at = (hours: number) => shares.map((line) => line[momentsMs.indexOf(START_MS + hours * HOUR_MS)]);
    expect(at(0)).toEqual([1 / 3, 1 / 3, 1 / 3, null]);
    expect(at(1)).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(at(2)).toEqual([1 / 3, null, 1 / 3, 1 / 3]);
  });

  test.each([
    ["a minute", 60_000],
    ["two hours", 2 * HOUR_MS],
    ["a day", DAY_MS],
    ["a month", 30 * DAY_MS],
    ["five years", 1826 * DAY_MS],
    ["a century", 36_525 * DAY_MS],
  ])("of %s are at most as many moments as a chart has room for, all rising", (_, spanMs) => {
    let bandit = created();
    for (let batch = 1; batch < 200; batch += 1) {
      bandit = withEpoch(
        bandit,
        { policy: make.banditPolicy() },
        batchReason({ kind: "thompson" }),
        START_MS + (batch / 200) * spanMs,
      );
    }
    const { momentsMs, shares } = over(bandit, START_MS + spanMs);
    expect(momentsMs.length).toBeGreaterThan(1);
    expect(momentsMs.length).toBeLessThanOrEqual(MOMENTS_MAX);
    expect(momentsMs.slice(1).every((atMs, index) => atMs > (momentsMs[index] ?? Number.NaN))).toBe(true);
    expect(shares.map((line) => line.length)).toEqual([momentsMs.length, momentsMs.length, momentsMs.length]);
  });

  test("end with the traffic of an experiment that has been quiet since", () => {
    const nowMs = START_MS + 300 * DAY_MS;
    const { momentsMs } = allocationOverTime(
      created(),
      { first: dayOf(START_MS), last: dayOf(START_MS + 3 * DAY_MS) },
      at(nowMs),
    );
    expect(new Date(momentsMs.at(-1) ?? 0).toISOString()).toBe("2025-03-05T00:00:00.000Z");
  });

  test("begin with participants that were recorded for an earlier day", () => {
    const { momentsMs, shares } = allocationOverTime(
      created(["red", "blue"]),
      { first: dayOf(START_MS - 9 * DAY_MS), last: dayOf(START_MS) },
      at(START_MS),
    );
    expect(new Date(momentsMs[0] ?? 0).toISOString()).toBe("2025-02-20T00:00:00.000Z");
    expect(shares[0]?.[0]).toBe(0.5);
  });

  test("begin and end with days of the server's calendar", () => {
    // In Auckland it is nine in the evening of the first of March; the second ends at eleven in the morning, UTC.
    const clock = at(START_MS + 30 * DAY_MS, 13);
    const first = clock.dayAt(START_MS);
    const { momentsMs } = allocationOverTime(created(), { first, last: (first + 1) as Day }, clock);
    expect(momentsMs[0]).toBeLessThanOrEqual(START_MS);
    expect(START_MS - (momentsMs[0] ?? 0)).toBeLessThan(HOUR_MS);
    expect(new Date(momentsMs.at(-1) ?? 0).toISOString()).toBe("2025-03-02T11:00:00.000Z");
  });

  test("are none before the first participant", () => {
    expect(allocationOverTime(created(), { first: null, last: null }, at(START_MS)).momentsMs).toEqual([]);
  });
});
