/** When too little comes: seeded traffic of two kinds, hour by hour. */
import { describe, expect, it } from "vitest";
import { HOURS_KEPT, profileAt, silenceIn, sumSince, type TrafficProfile } from "../../src/domain/traffic-profile.ts";

/** A Monday, 00:00. */
const MONDAY = 24 * 18_897;

/** The profile after these hours, each with so many participants. */
function lived(hours: number, at: (hour: number) => number, from = MONDAY): TrafficProfile {
  let total = 0;
  let profile = profileAt(undefined, "1/1", from - 1, { joins: 0, converts: 0 });
  for (let hour = from; hour <= from + hours; hour += 1) {
    profile = profileAt(profile, "1/1", hour, { joins: total, converts: total });
    total += at(hour - from);
  }
  return profile;
}

const isOffice = (hour: number) => hour % 24 >= 8 && hour % 24 < 20 && Math.floor(hour / 24) % 7 < 5;

describe("a silence", () => {
  it("is an alarm after two whole hours where a hundred an hour are usual", () => {
    const stopped = (after: number) => lived(48 + after, (hour) => (hour < 48 ? 100 : 0));
    expect(silenceIn(stopped(1), "joins")).toBeUndefined();
    expect(silenceIn(stopped(2), "joins")).toEqual({ sinceHour: MONDAY + 48, hours: 2, expected: 200 });
  });

  it("is none in nights and weekends, from the first week on", () => {
    for (let hours = 1; hours < 21 * 24; hours += 1) {
      expect([
        hours,
        silenceIn(
          lived(hours, (hour) => (isOffice(hour) ? 100 : 0)),
          "joins",
        ),
      ]).toEqual([hours, undefined]);
    }
  });

  it("is an alarm on a Monday morning, and on a Saturday that had traffic a week ago", () => {
    const office = lived(14 * 24 + 11, (hour) => (isOffice(hour) && hour < 14 * 24 ? 100 : 0));
    expect(silenceIn(office, "joins")).toMatchObject({ hours: 63, expected: 300 });
    const always = lived(12 * 24 + 2, (hour) => (hour < 12 * 24 ? 100 : 0));
    expect(silenceIn(always, "joins")).toMatchObject({ hours: 2, expected: 200 });
  });

  it("is none where little is usual, until much is missing", () => {
    const rare = (silent: number) =>
      silenceIn(
        lived(120 + silent, (hour) => (hour < 120 ? 2 : 0)),
        "joins",
      );
    expect(rare(24)).toBeUndefined();
    const slow = (silent: number) =>
      silenceIn(
        lived(96 + silent, (hour) => (hour < 96 ? 5 : 0)),
        "joins",
      );
    expect([slow(9), slow(10)]).toEqual([undefined, expect.objectContaining({ hours: 10 })]);
  });

  it("begins anew with another life or share, a clock that was set back, and hours that nobody saw", () => {
    const before = lived(50, () => 100);
    const totals = { joins: 9_999, converts: 0 };
    expect(profileAt(before, "2/1", before.hour + 1, totals).joins).toEqual([]);
    expect(profileAt(before, "1/1", before.hour - 1, totals).joins).toEqual([]);
    const missed = profileAt(before, "1/1", before.hour + 4, totals);
    expect(missed.joins.slice(-4)).toEqual([-1, -1, -1, -1]);
    expect(silenceIn(missed, "joins")).toBeUndefined();
    expect(lived(1_000, () => 1).joins).toHaveLength(HOURS_KEPT);
  });

  it("tells what came of the other series meanwhile", () => {
    expect(
      sumSince(
        lived(50, () => 7),
        "joins",
        MONDAY + 45,
      ),
    ).toBe(35);
  });
});
