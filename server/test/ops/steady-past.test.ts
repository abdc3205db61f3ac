import { expect, it } from "vitest";
import { steadyPast } from "../../src/ops/steady-past.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function clocks(settleMs = 0) {
  const time = { nowMs: 1_000 * DAY_MS, elapsedMs: 5 };
  const past = steadyPast(
    () => time.nowMs,
    settleMs,
    () => time.elapsedMs,
  );
  /** An hour passes, in which somebody sets the clock forward by so much, or back. */
  const afterHour = (setMs = 0) => {
    time.nowMs += HOUR_MS + setMs;
    time.elapsedMs += HOUR_MS;
    return past();
  };
  return { startMs: time.nowMs, afterHour };
}

it("is what the wall clock read the time before", () => {
  const { startMs, afterHour } = clocks();
  expect([afterHour(), afterHour()]).toEqual([startMs, startMs + HOUR_MS]);
});

it("is nothing while the clock is days ahead, and after it was set right again", () => {
  const { startMs, afterHour } = clocks();
  expect([afterHour(8 * DAY_MS), afterHour(-8 * DAY_MS)]).toEqual([undefined, undefined]);
  expect(afterHour()).toBe(startMs + 2 * HOUR_MS);
});

it("bears with a clock that is kept right in small steps", () => {
  const { startMs, afterHour } = clocks();
  expect(afterHour(30_000)).toBe(startMs);
  expect(afterHour(-30_000)).toBe(startMs + HOUR_MS + 30_000);
});

it("answers with nothing until a clock that was set has gone on steadily for as long as it has to", () => {
  const { startMs, afterHour } = clocks(2 * HOUR_MS);
  expect(afterHour()).toBe(startMs);
  expect([afterHour(30 * DAY_MS), afterHour(), afterHour(-30 * DAY_MS), afterHour()]).toEqual(Array(4).fill(undefined));
  expect(afterHour()).toBe(startMs + 5 * HOUR_MS);
});
