/**
 * How much traffic is usual at each hour, and when there is so little that something must be broken. An hour is
 * compared with the same hour of the last weekday and of a week ago, whichever had less, so that nights and weekends
 * are no alarm. Hours without data are left out.
 */

/** A week and a day, so that an outage of a day still has a week to be compared with. */
export const HOURS_KEPT = 192;

/** Fewest whole hours without traffic that raise an alarm. */
const SILENT_HOURS_MIN = 2;

/**
 * Least usual traffic in that time for an alarm. Where 50 are expected, chance alone brings none with probability
 * e^-50.
 */
const EXPECTED_MIN = 50;

const UNKNOWN = -1;

const SERIES = ["joins", "converts"] as const;
export type Series = (typeof SERIES)[number];
export type Totals = Readonly<Record<Series, number>>;

export interface TrafficProfile {
  /** Another life, or another share of the traffic, is another profile. */
  readonly of: string;
  /** The hour that is under way, by the wall clock, in hours since 1970. */
  readonly hour: number;
  /** What had come when it began. */
  readonly totals: Totals;
  /** Whether the hour under way was seen from its beginning. */
  readonly whole: boolean;
  /** The number in each hour before, oldest first; -1 where no server counted. */
  readonly joins: readonly number[];
  readonly converts: readonly number[];
}

/** The profile by now; itself while the hour goes on. A clock that was set back begins anew. */
export function profileAt(
  before: TrafficProfile | undefined,
  of: string,
  hour: number,
  totals: Totals,
): TrafficProfile {
  if (before === undefined || before.of !== of || hour < before.hour || hour - before.hour > HOURS_KEPT) {
    return { of, hour, totals, whole: false, joins: [], converts: [] };
  }
  if (hour === before.hour) return before;
  // Of several hours nobody knows in which of them it came, nor whether anybody could come.
  const missed = hour - before.hour - 1;
  const grown = (series: Series): readonly number[] => {
    const came = before.whole && missed === 0 ? Math.max(0, totals[series] - before.totals[series]) : UNKNOWN;
    return [...before[series], came, ...Array<number>(missed).fill(UNKNOWN)].slice(-HOURS_KEPT);
  };
  return { of, hour, totals, whole: missed === 0, joins: grown("joins"), converts: grown("converts") };
}

export interface Silence {
  /** The first hour in which nothing came. */
  readonly sinceHour: number;
  readonly hours: number;
  /** What was usual in that time. */
  readonly expected: number;
}

/** The silence that lasts until the hour under way, if it is an alarm. */
export function silenceIn(profile: TrafficProfile, series: Series): Silence | undefined {
  const counts = profile[series];
  let hours = 0;
  let expected = 0;
  while (hours < counts.length && counts.at(-1 - hours) === 0) {
    hours += 1;
    expected += usual(profile, series, profile.hour - hours);
  }
  if (hours < SILENT_HOURS_MIN || expected < EXPECTED_MIN) return undefined;
  return { sinceHour: profile.hour - hours, hours, expected };
}

/** How much of another series came during the hours of a silence. */
export function sumSince(profile: TrafficProfile, series: Series, sinceHour: number): number {
  return profile[series].slice(-(profile.hour - sinceHour)).reduce((sum, count) => sum + Math.max(0, count), 0);
}

const DAY_HOURS = 24;
const WEEK_HOURS = 7 * DAY_HOURS;

/** The least that came at that time before; 0 where it is not known. A weekend is compared with the last one only. */
function usual(profile: TrafficProfile, series: Series, hour: number): number {
  const lastWeek = countAt(profile, series, hour - WEEK_HOURS);
  const weekday = Math.floor(hour / DAY_HOURS + 3) % 7;
  if (weekday > 4) return Math.max(0, lastWeek);
  const before = countAt(profile, series, hour - (weekday === 0 ? 3 : 1) * DAY_HOURS);
  if (before === UNKNOWN) return 0;
  return lastWeek === UNKNOWN ? before : Math.min(before, lastWeek);
}

function countAt({ hour: now, ...profile }: TrafficProfile, series: Series, hour: number): number {
  const back = now - hour;
  return profile[series].at(-back) ?? UNKNOWN;
}
