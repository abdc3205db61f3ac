/**
 * Days, and the months, weeks and years that are sums of them. A day is counted from 1970-01-01, in the
 * server's time zone; the store keeps nothing finer.
 */
import { SixpackError } from "./errors.ts";
import { quote } from "./names.ts";

declare const brand: unique symbol;
/** Whole days since 1970-01-01, in [0, DAY_MAX]. */
export type Day = number & { readonly [brand]: "Day" };

/** Last day that fits the two bytes of a record: 2149-06-06. */
export const DAY_MAX = 65_535;

export const PERIODS = ["day", "week", "month", "year"] as const;
export type Period = (typeof PERIODS)[number];

const DAY_MS = 86_400_000;

/** The day of a moment, `offsetMs` east of UTC. */
export function dayOf(epochMs: number, offsetMs = 0): Day {
  return Math.floor((epochMs + offsetMs) / DAY_MS) as Day;
}

/** `YYYY-MM-DD`. */
export function dayText(day: Day): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/**
 * Calendar date, then optionally a time and a zone, as ISO 8601 writes them. A space may stand for the T, and for the
 * plus of a zone: that is what becomes of a plus in a query string that was not percent-encoded.
 */
const DATE =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ]([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?(?:Z|[+ -]\d{2}:?\d{2})?)?$/;

/**
 * The calendar day of the `datetime` argument. The date counts as written, whatever the zone says, as in Sixpack 2.7.
 * @param field what it is called in the message
 * @throws SixpackError invalid-datetime
 */
export function parseDay(raw: string, field = "datetime"): Day {
  const match = DATE.exec(raw.trim());
  if (match !== null) {
    const [, year, month, day] = match;
    const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
    const days = date.getTime() / DAY_MS;
    // A date such as 30 February parses to another month; it is refused rather than moved.
    if (date.getUTCMonth() + 1 === Number(month) && days >= 0 && days <= DAY_MAX) return days as Day;
  }
  throw new SixpackError(
    "invalid-datetime",
    `Expected \`${field}\` as an ISO 8601 date or date and time from 1970 to 2149, got ${quote(raw)}`,
  );
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
