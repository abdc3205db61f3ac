/**
 * The calendar day that a text names: every complete date of ISO 8601 (calendar, ordinal and week dates, basic and
 * extended, with or without a time and a zone), and beside it what Sixpack 2.7 read and what can be read in one way
 * only. The date counts as written, whatever the zone says, as in 2.7.
 *
 *     2024-01-15   20240115T101112Z   2024-015   2024-W03-1   2024/1/15   Jan 15, 2024   Mon, 15 Jan 2024 10:11:12 GMT
 *
 * Not read is what 2.7 only guessed: 01/02/2012 is two dates, 2012-01 and 2012-W05 name no day, and neither does 10:11.
 */
import { DAY_MS } from "../lib/time.ts";

interface Written {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
}

/** Hours alone or with minutes and seconds, the last of them with a fraction; 24:00 ends a day, and :60 is a leap second. */
const CLOCK = String.raw`(?:(?:[01]\d|2[0-3])(?::?[0-5]\d(?::?(?:[0-5]\d|60))?)?(?:[.,]\d+)?|24(?::?00(?::?00)?)?(?:[.,]0+)?)`;
/** A space may stand for the plus: that is what becomes of one in a query string that was not percent-encoded. */
const OFFSET = String.raw`[+ \-\u2212]\d{2}(?::?\d{2})?`;
const ISO_TIME = `(?:[Tt ]${CLOCK}(?: ?(?:[Zz]|UTC|GMT)| ?${OFFSET})?)?`;
const ISO_DATE = [
  String.raw`(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})`,
  String.raw`(?<year>\d{4})(?<month>\d{2})(?<day>\d{2})`,
  String.raw`(?<year>\d{4})-?(?<ordinal>\d{3})`,
  String.raw`(?<year>\d{4})-?[Ww](?<week>\d{2})-?(?<weekday>[1-7])`,
  // Not ISO 8601, but year, month, day all the same.
  String.raw`(?<year>\d{4})(?<mark>[-/.])(?<month>\d{1,2})\k<mark>(?<day>\d{1,2})`,
];

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const MONTH =
  "(?<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";
const WEEKDAY = "(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,? +)?";
const DAY = String.raw`(?<day>\d{1,2})`;
const YEAR = String.raw`(?<year>\d{4})`;
const TIME = String.raw`\d{1,2}:[0-5]\d(?::(?:[0-5]\d|60)(?:[.,]\d+)?)?(?: ?[ap]m)?`;
/** `GMT`, `UTC`, `Z`, `+0100`, and both at once as JavaScript writes it, with the name of the zone behind. */
const ZONE = String.raw`(?: ?[a-z]{1,5})?(?: ?${OFFSET})?(?: \([^()]*\))?`;
const TIME_AND_ZONE = `(?:,? +${TIME}${ZONE})?`;
const WORDS = [
  // Jan 15, 2024, and Date's toString.
  String.raw`${WEEKDAY}${MONTH}\.? +${DAY},? +${YEAR}${TIME_AND_ZONE}`,
  // 15 January 2024, and the dates of HTTP and mail.
  String.raw`${WEEKDAY}${DAY}[ -]+${MONTH}\.?,?[ -]+${YEAR}${TIME_AND_ZONE}`,
  // The older date of HTTP: two digits of the year.
  String.raw`${WEEKDAY}${DAY}-${MONTH}-(?<short>\d{2}) +${TIME}${ZONE}`,
  // C's asctime, and the command `date`.
  `${WEEKDAY}${MONTH} +${DAY} +${TIME}(?: [a-z]{1,5})? +${YEAR}`,
];

const FORMATS: readonly RegExp[] = [
  ...ISO_DATE.map((date) => new RegExp(`^${date}${ISO_TIME}$`)),
  // A timestamp in one word, to the minute or second.
  /^(?<year>\d{4})(?<month>\d{2})(?<day>\d{2})(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?$/,
  ...WORDS.map((words) => new RegExp(`^${words}$`, "i")),
];

/** Days since 1970-01-01, or `undefined` for a text that names no one day. */
export function dayNamed(text: string): number | undefined {
  for (const format of FORMATS) {
    const groups = format.exec(text)?.groups;
    if (groups !== undefined) return dayOfParts(groups);
  }
  return undefined;
}

type Parts = Readonly<Record<string, string | undefined>>;

function dayOfParts({ year, short, month, name, day, ordinal, week, weekday }: Parts): number | undefined {
  if (ordinal !== undefined) return dayOfOrdinal(Number(year), Number(ordinal));
  if (week !== undefined) return dayOfWeek(Number(year), Number(week), Number(weekday));
  return dayOfDate({
    year: short === undefined ? Number(year) : fullYear(Number(short)),
    month: name === undefined ? Number(month) : MONTHS.indexOf(name.slice(0, 3).toLowerCase()) + 1,
    day: Number(day),
  });
}

/** The century in which the days that are counted begin, or the next one. */
function fullYear(short: number): number {
  return short < 70 ? 2000 + short : 1900 + short;
}

/** A date such as 30 February is refused rather than moved. */
function dayOfDate({ year, month, day }: Written): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() / DAY_MS : undefined;
}

function dayOfOrdinal(year: number, ordinal: number): number | undefined {
  const day = firstOf(year) + ordinal - 1;
  return ordinal >= 1 && day < firstOf(year + 1) ? day : undefined;
}

/** Week 1 is the one with the year's first Thursday, which is the one with 4 January. */
function dayOfWeek(year: number, week: number, weekday: number): number | undefined {
  const monday = mondayOfWeekOne(year) + (week - 1) * 7;
  return week >= 1 && monday < mondayOfWeekOne(year + 1) ? monday + weekday - 1 : undefined;
}

function mondayOfWeekOne(year: number): number {
  const fourth = firstOf(year) + 3;
  // 1970-01-01 was a Thursday, three days behind a Monday; `+ 7` keeps days before it positive.
  return fourth - ((((fourth + 3) % 7) + 7) % 7);
}

function firstOf(year: number): number {
  return Date.UTC(year, 0, 1) / DAY_MS;
}
