import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DAY_MAX,
  type Day,
  dayOf,
  dayText,
  nextPeriod,
  PERIODS,
  parseDay,
  periodLabel,
} from "../../src/domain/period.ts";
import { codeOf } from "../support/refusal.ts";

const DAY_MS = 86_400_000;

describe("a day", () => {
  it("counts from 1970 in UTC, or in the zone of an offset", () => {
    expect(dayOf(0)).toBe(0);
    expect(dayOf(DAY_MS - 1)).toBe(0);
    expect(dayOf(DAY_MS)).toBe(1);
    // 23:30 UTC is the next day in Berlin's winter, one hour east; 00:30 the day before in New York, five hours west.
    expect(dayText(dayOf(Date.UTC(2025, 0, 15, 23, 30), 3_600_000))).toBe("2025-01-16");
    expect(dayText(dayOf(Date.UTC(2025, 0, 15, 0, 30), -5 * 3_600_000))).toBe("2025-01-14");
  });

  it("is written so that it reads back, on all days that a record can hold", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: DAY_MAX }), (day) => {
        expect(parseDay(dayText(day as Day))).toBe(day);
      }),
    );
    // Two bytes of days after 1970.
    expect(dayText(DAY_MAX as Day)).toBe("2149-06-06");
  });
});

describe("the datetime argument", () => {
  // Days of week and ordinal dates: GNU date, `date -d 2024-12-29 +"%G-W%V-%u %Y-%j"`.
  it.each(["2024-12-29", "20241229", "2024-364", "2024364", "2024-W52-7", "2024W527", "2024w527"])(
    "is a date of ISO 8601, with or without a time: %s",
    (date) => {
      const clocks = [
        "10",
        "1011",
        "10:11",
        "101112",
        "10:11:12",
        "101112.5",
        "10:11:12,123456789",
        "10.25",
        "10:11.5",
      ];
      const ends = ["24:00", "24:00:00", "2400", "23:59:60"];
      for (const clock of [...clocks, ...ends]) {
        for (const zone of ["", "Z", "z", "+01", "+0100", "+01:00", "-08:00", "\u221208:00", " 01:00"]) {
          expect(dayText(parseDay(`${date}T${clock}${zone}`))).toBe("2024-12-29");
          expect(dayText(parseDay(`${date} ${clock}${zone}`))).toBe("2024-12-29");
        }
      }
      expect(dayText(parseDay(date))).toBe("2024-12-29");
    },
  );

  it.each([
    ["2024-001", "2024-01-01"],
    ["2024-366", "2024-12-31"],
    ["2023-365", "2023-12-31"],
    ["2020-W53-5", "2021-01-01"],
    ["2025-W01-1", "2024-12-30"],
    ["1970-W01-4", "1970-01-01"],
    ["2149-W23-5", "2149-06-06"],
    ["2149-157", "2149-06-06"],
  ])("%s is %s", (raw, text) => {
    expect(dayText(parseDay(raw))).toBe(text);
  });

  // Each of them is the same day to dateutil 1.5, which Sixpack 2.7 read dates with.
  it.each([
    "2024/01/05",
    "2024/1/5",
    "2024.01.05",
    "2024-1-5",
    "20240105101112",
    "202401051011",
    "Jan 5 2024",
    "Jan 5, 2024",
    "January 5, 2024",
    "jan. 05 2024 10:11",
    "5 Jan 2024",
    "5 January 2024 10:11:12 PM",
    "05-Jan-2024",
    "Fri, 05 Jan 2024 10:11:12 GMT",
    "Fri, 5 Jan 2024 10:11:12 +0100",
    "Friday, 05-Jan-24 10:11:12 GMT",
    "Fri Jan  5 10:11:12 2024",
    "Fri Jan  5 10:11:12 UTC 2024",
    "2024-01-05 10:11:12 UTC",
    "2024-01-05T10:11:12.123+01:00",
  ])("reads what people, HTTP and scripts write: %s", (raw) => {
    expect(dayText(parseDay(raw))).toBe("2024-01-05");
  });

  it("reads JavaScript's Date as text, which dateutil 1.5 did not", () => {
    expect(dayText(parseDay("Fri Jan 05 2024 10:11:12 GMT+0100 (Central European Standard Time)"))).toBe("2024-01-05");
  });

  it("reads every spelling of every day", () => {
    for (let day = 0; day <= DAY_MAX; day += 1) {
      const date = new Date(day * 86_400_000);
      const text = dayText(day as Day);
      const ordinal = (day - Date.UTC(date.getUTCFullYear(), 0, 1) / 86_400_000 + 1).toString().padStart(3, "0");
      const weekday = ((date.getUTCDay() + 6) % 7) + 1;
      const week = `${periodLabel(day as Day, "week")}-${weekday}`;
      const spellings = [date.toUTCString(), text.replaceAll("-", ""), `${text.slice(0, 4)}-${ordinal}`, week];
      for (const spelling of spellings)
        if (parseDay(spelling) !== day) expect([spelling, parseDay(spelling)]).toBe(text);
    }
  });

  it("is refused with the first and the last day there is", () => {
    expect(() => parseDay("2149-06-07")).toThrow(
      expect.objectContaining({
        detail:
          'Expected `datetime` as an ISO 8601 date or date and time from 1970-01-01 to 2149-06-06, got "2149-06-07"',
      }),
    );
  });

  it.each([
    ["2024-12-29", "2024-12-29"],
    [" 2024-12-29 ", "2024-12-29"],
    ["2024-02-29", "2024-02-29"],
    ["2024-12-29T10:00", "2024-12-29"],
    ["2024-12-29 10:00:59", "2024-12-29"],
    ["2024-12-29T10:00:00Z", "2024-12-29"],
    ["2024-12-29T10:00:00.123456", "2024-12-29"],
    ["2024-12-29T10:00:00,5+0200", "2024-12-29"],
    ["1970-01-01", "1970-01-01"],
    ["2149-06-06T23:59:59Z", "2149-06-06"],
  ])("%s is the day %s", (raw, text) => {
    expect(dayText(parseDay(raw))).toBe(text);
  });

  it.each(["2024-12-31T23:30:00-08:00", "2024-12-31T00:30:00+14:00", "2024-12-31T23:59:59 01:00"])(
    "%s counts on the date as written, whatever its zone",
    (raw) => {
      // As Sixpack 2.7; the last one's plus became a space on its way through a query string.
      expect(dayText(parseDay(raw))).toBe("2024-12-31");
    },
  );

  it.each([
    "",
    "now",
    "2024-12",
    "29.12.2024",
    "12/29/2024",
    "01/02/2012",
    "12-29-2024",
    "24-12-29",
    "241229",
    "2024-W05",
    "2024",
    "10:11",
    "Dec 2024",
    "Sunday",
    "1735430400000",
    "2024-000",
    "2023-366",
    "2024-367",
    "2024-W00-1",
    "2024-W53-1",
    "2024-W01-8",
    "1970-W01-1",
    "2149-W23-6",
    "2149-158",
    "2024-1229",
    "2024/12-29",
    "2024-12-29T25",
    "2024-12-29T24:01",
    "202412292500",
    "Foo 29 2024",
    "Feb 30 2024",
    "Sun, 32 Dec 2024 10:00:00 GMT",
    "29-Dec-24",
    "1735430400",
    "2024-13-01",
    "2024-00-10",
    "2024-12-00",
    "2024-12-32",
    "2024-02-30",
    "2023-02-29",
    "2024-04-31",
    "1969-12-31",
    "2149-06-07",
    "2024-12-29T10:60",
    "2024-12-29T",
    "2024-12-29x",
    "+2024-12-29",
    "NaN",
  ])("%j is refused", (raw) => {
    expect(codeOf(() => parseDay(raw))).toBe("invalid-datetime");
  });
});

describe("the label of a period", () => {
  it("is the day, month or year", () => {
    const day = parseDay("2024-02-29");
    expect(periodLabel(day, "day")).toBe("2024-02-29");
    expect(periodLabel(day, "month")).toBe("2024-02");
    expect(periodLabel(day, "year")).toBe("2024");
  });

  it.each([
    // Year ends of ISO 8601, from its rule that a week belongs to the year of its Thursday.
    ["1970-01-01", "1970-W01"],
    ["2004-12-31", "2004-W53"],
    ["2005-01-01", "2004-W53"],
    ["2005-01-02", "2004-W53"],
    ["2005-01-03", "2005-W01"],
    ["2007-12-31", "2008-W01"],
    ["2008-12-28", "2008-W52"],
    ["2008-12-29", "2009-W01"],
    ["2009-12-31", "2009-W53"],
    ["2010-01-03", "2009-W53"],
    ["2010-01-04", "2010-W01"],
    ["2020-12-31", "2020-W53"],
    ["2024-12-29", "2024-W52"],
    ["2024-12-30", "2025-W01"],
    ["2026-12-31", "2026-W53"],
    ["2027-01-01", "2026-W53"],
  ])("puts %s into the ISO week %s", (day, week) => {
    expect(periodLabel(parseDay(day), "week")).toBe(week);
  });

  it("gives seven days in a row, Monday first, to every week", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: DAY_MAX - 13 }), (number) => {
        // 1970-01-05 was a Monday.
        const monday = number - ((number + 3) % 7) + 7;
        const week = Array.from({ length: 7 }, (_, day) => periodLabel((monday + day) as Day, "week"));
        expect(new Set(week).size).toBe(1);
        expect(periodLabel((monday - 1) as Day, "week")).not.toBe(week[0]);
      }),
    );
  });
});

describe("the next period", () => {
  it("begins on the first day that has another label", () => {
    const days = fc.integer({ min: 0, max: DAY_MAX }) as fc.Arbitrary<Day>;
    fc.assert(
      fc.property(days, fc.constantFrom(...PERIODS), (day, period) => {
        const next = nextPeriod(day, period);
        expect(next).toBeGreaterThan(day);
        expect(periodLabel((next - 1) as Day, period)).toBe(periodLabel(day, period));
        expect(periodLabel(next, period)).not.toBe(periodLabel(day, period));
      }),
    );
  });
});
