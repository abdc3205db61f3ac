/**
 * Days, and the months, weeks and years that are sums of them. A day is counted from 1970-01-01, in the
 * server's time zone; the store keeps nothing finer.
 */
import { DAY_MS } from "../lib/time.ts";
import { dayNamed } from "./datetime.ts";
import { SixpackError } from "./errors.ts";
import { quote } from "./names.ts";

declare const brand: unique symbol;
/** Whole days since 1970-01-01, in [0, DAY_MAX]. */
export type Day = number & { readonly [brand]: "Day" };

/** Last day that fits the two bytes of a record: 2149-06-06. */
export const DAY_MAX = 65_535;

export const PERIODS = ["day", "week", "month", "year"] as const;
export type Period = (typeof PERIODS)[number];

/** The day of a moment, `offsetMs` east of UTC. */
export function dayOf(epochMs: number, offsetMs = 0): Day {
  return Math.floor((epochMs + offsetMs) / DAY_MS) as Day;
}

/** `YYYY-MM-DD`. */
export function dayText(day: Day): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/**
 * The calendar day of the `datetime` argument, in any spelling of `datetime.ts`.
 * @param field what it is called in the message
 * @throws SixpackError invalid-datetime
 */
export function parseDay(raw: string, field = "datetime"): Day {
  const day = dayNamed(raw.trim());
  if (day !== undefined && day >= 0 && day <= DAY_MAX) return day as Day;
  throw new SixpackError(
    "invalid-datetime",
    `Expected \`${field}\` as an ISO 8601 date or date and time from 1970-01-01 to ${dayText(DAY_MAX as Day)}, got ${quote(raw)}`,
  );
}

/** Whether a text is a day as `dayText` writes it. */
export function isDayText(text: string): boolean {
  const day = dayNamed(text);
  return day !== undefined && day >= 0 && day <= DAY_MAX && dayText(day as Day) === text;
}

/** The label of the period that a day falls in: `2024-12-29`, `2024-W52` (ISO week), `2024-12` or `2024`. */
export function periodLabel(day: Day, period: Period): string {
  const text = dayText(day);
  switch (period) {
    case "day":
      return text;
    case "week":
      return isoWeek(day);
    case "month":
      return text.slice(0, 7);
    case "year":
      return text.slice(0, 4);
  }
}

/** First day of the period after the one that a day falls in. */
export function nextPeriod(day: Day, period: Period): Day {
  const date = new Date(day * DAY_MS);
  switch (period) {
    case "day":
      return (day + 1) as Day;
    case "week":
      return (day + 7 - weekdayOf(day)) as Day;
    case "month":
      return (Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / DAY_MS) as Day;
    case "year":
      return (Date.UTC(date.getUTCFullYear() + 1, 0, 1) / DAY_MS) as Day;
  }
}

/** Monday is 0; 1970-01-01 was a Thursday. */
function weekdayOf(day: Day): number {
  return (day + 3) % 7;
}

/** ISO 8601 week: it belongs to the year of its Thursday. */
function isoWeek(day: Day): string {
  const thursday = new Date((day - weekdayOf(day) + 3) * DAY_MS);
  const year = thursday.getUTCFullYear();
  const newYear = Date.UTC(year, 0, 1) / DAY_MS;
  const week = Math.floor((thursday.getTime() / DAY_MS - newYear) / 7) + 1;
  return `${year}-W${String(week).padStart(2, "0")}`;
}
