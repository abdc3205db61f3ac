import { expect, test } from "vitest";
import { assigned } from "../../../src/domain/assignment.ts";
import { Counts } from "../../../src/domain/counts.ts";
import { type Day, dayOf, parseDay } from "../../../src/domain/period.ts";
import { onDay } from "../../../src/domain/subset.ts";
import { PARTICIPATION } from "../../../src/domain/tally.ts";
import { type Calendar, daysOf } from "../../../src/service/analysis/days.ts";

/** Participants by date. */
function counts(byDate: Readonly<Record<string, number>>): Counts {
  return Counts.of(
    Object.entries(byDate).map(([date, clients]) => {
      const day = parseDay(date);
      return {
        epoch: 0,
        assignment: assigned(0),
        metric: PARTICIPATION,
        subset: onDay(day),
        clients,
        events: clients,
        sum: 0,
        squares: 0,
      };
    }),
  );
}

function calendar(created: string, now: string, offsetMs = 0): Calendar {
  const [createdAtMs, nowMs] = [Date.parse(created), Date.parse(now)];
  return { nowMs, today: dayOf(nowMs, offsetMs), createdAtMs, createdDay: dayOf(createdAtMs, offsetMs) };
}

/** So many participants a day, from a date on. */
function daily(first: string, days: number, clients: number): Record<string, number> {
  return Object.fromEntries(
    Array.from({ length: days }, (_, index) => {
      const date = new Date(Date.parse(first) + index * 86_400_000).toISOString().slice(0, 10);
      return [date, clients];
    }),
  );
}

test("one client with a clock of 1970 makes no experiment older", () => {
  const seen = counts({ ...daily("2025-03-01", 1, 2_000), "1970-01-01": 1 });
  expect(daysOf(seen, calendar("2025-03-01T08:00Z", "2025-03-01T20:00Z"))).toMatchObject({
    first: parseDay("2025-03-01"),
    whole: 0,
    recent: [],
  });
});

test("days to come are no traffic: an experiment that nobody visits any more is silent", () => {
  const seen = counts({ ...daily("2025-03-01", 5, 300), "2100-01-01": 1 });
  expect(daysOf(seen, calendar("2025-03-01T08:00Z", "2025-04-04T12:00Z"))).toMatchObject({
    last: parseDay("2025-03-05"),
    lastActivity: parseDay("2025-03-05"),
    whole: 4,
  });
});

test("days without participants are not counted, however long the span", () => {
  const seen = counts({ ...daily("2025-03-01", 2, 300), ...daily("2025-03-20", 2, 300) });
  expect(daysOf(seen, calendar("2025-03-01T08:00Z", "2025-03-30T12:00Z")).whole).toBe(3);
});

test("the day that traffic begins in is no whole day, wherever in it that was", () => {
  // Made on Monday at 9, first participant on Tuesday at 21: on the next Monday five and a half days have passed.
  const seen = counts(daily("2025-03-04", 7, 100));
  const at = (now: string) => daysOf(seen, calendar("2025-03-03T09:00Z", now)).whole;
  expect(at("2025-03-04T21:00Z")).toBe(0);
  expect(at("2025-03-10T09:01Z")).toBe(5);
  expect(at("2025-03-12T00:01Z")).toBe(6);
});

test("an experiment that began when it was made is a day older every 24 hours", () => {
  const seen = counts(daily("2025-03-03", 8, 100));
  const at = (now: string) => daysOf(seen, calendar("2025-03-03T23:00Z", now)).whole;
  expect(at("2025-03-10T22:59Z")).toBe(6);
  expect(at("2025-03-10T23:00Z")).toBe(7);
});

test("days recorded before the experiment was made are whole days", () => {
  const seen = counts(daily("2025-02-20", 7, 250));
  expect(daysOf(seen, calendar("2025-03-01T08:00Z", "2025-03-01T20:00Z"))).toMatchObject({
    first: parseDay("2025-02-20"),
    whole: 7,
  });
});

test("the recent traffic leaves out the day that began late, and today", () => {
  const seen = counts({ "2025-03-01": 100, ...daily("2025-03-02", 3, 2_400), "2025-03-05": 900 });
  expect(daysOf(seen, calendar("2025-03-01T23:00Z", "2025-03-05T08:00Z")).recent).toEqual([2_400, 2_400, 2_400]);
  expect(daysOf(seen, calendar("2025-03-01T23:00Z", "2025-03-02T08:00Z")).recent).toEqual([]);
});

test("days are those of the server's calendar", () => {
  // 05:00 on 7 June in Tokyo is 20:00 on 6 June in UTC.
  const tokyo = calendar("2025-06-06T20:00Z", "2025-06-13T20:00Z", 9 * 3_600_000);
  expect(tokyo.createdDay).toBe(parseDay("2025-06-07"));
  const seen = counts(daily("2025-06-07", 8, 100));
  expect(daysOf(seen, tokyo).whole).toBe(7);
});

test("an experiment without participants has no days", () => {
  const none: Day | null = null;
  expect(daysOf(new Counts(), calendar("2025-03-01T08:00Z", "2025-03-09T08:00Z"))).toEqual({
    first: none,
    last: none,
    lastActivity: none,
    whole: 0,
    recent: [],
  });
});
