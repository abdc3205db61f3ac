import { describe, expect, it } from "vitest";
import { daysLater, momentOf, wallText } from "../../src/domain/wall-time.ts";
import { createClock } from "../../src/ops/clock.ts";

const { offsetAt: BERLIN } = createClock("Europe/Berlin", () => 0);
const { offsetAt: NEW_YORK } = createClock("America/New_York", () => 0);

const isoOf = (atMs: number | undefined) =>
  atMs === undefined ? undefined : new Date(atMs).toISOString().slice(0, 16);

describe("a time by the wall clock", () => {
  // Summer time: Berlin 29 March, 01:00 UTC, to 25 October, 01:00 UTC; New York 8 March, 07:00 UTC, to 1 November, 06:00 UTC.
  it.each([
    ["2026-03-28T09:00", BERLIN, "2026-03-28T08:00"],
    ["2026-03-29T09:00", BERLIN, "2026-03-29T07:00"],
    ["2026-03-29T02:30", BERLIN, "2026-03-29T01:30"],
    ["2026-10-25T02:30", BERLIN, "2026-10-25T00:30"],
    ["2026-10-25T03:00", BERLIN, "2026-10-25T02:00"],
    ["2026-03-08T02:30", NEW_YORK, "2026-03-08T07:30"],
    ["2026-11-01T01:30", NEW_YORK, "2026-11-01T05:30"],
    ["2026-03-29", NEW_YORK, "2026-03-29T04:00"],
    ["2026-03-29T09:00Z", NEW_YORK, "2026-03-29T09:00"],
    ["2026-03-29T09:00:00+05:30", NEW_YORK, "2026-03-29T03:30"],
  ])("%s is the moment %s", (text, offsetAt, expected) => {
    expect(isoOf(momentOf(text, offsetAt))).toBe(expected);
  });

  it.each([
    ...["", "tomorrow", "2026-02-30T09:00", "2026-05-03T25:00", "09:00", "2026-05", "2026-05-03Z"],
    // No zone is so far away, and a zone may lead into the year 10000, or before that of 0.
    ...["2026-05-03T09:00+99:99", "2026-05-03T09:00+24:00", "9999-12-31T23:59-00:01", "0000-01-01T00:00+00:01"],
  ])("%j is none", (text) => expect(momentOf(text, BERLIN)).toBeUndefined());

  it("is shown as it was written", () => {
    for (const offsetAt of [BERLIN, NEW_YORK]) {
      for (const text of ["2026-03-29T09:00", "2026-07-01T00:00", "2026-12-31T23:59"]) {
        expect(wallText(momentOf(text, offsetAt) ?? 0, offsetAt)).toBe(text);
      }
    }
  });

  it("comes again a day later at the same hour, after 23 hours or 25", () => {
    const hours = (text: string, offsetAt: typeof BERLIN) => {
      const atMs = momentOf(text, offsetAt) ?? 0;
      return (daysLater(atMs, 1, offsetAt) - atMs) / 3_600_000;
    };
    expect([hours("2026-03-28T09:00", BERLIN), hours("2026-03-28T09:00", NEW_YORK)]).toEqual([23, 24]);
    expect([hours("2026-03-07T09:00", BERLIN), hours("2026-03-07T09:00", NEW_YORK)]).toEqual([24, 23]);
    expect([hours("2026-10-24T09:00", BERLIN), hours("2026-10-31T09:00", NEW_YORK)]).toEqual([25, 25]);
  });
});
