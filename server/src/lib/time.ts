/** Lengths of time, in milliseconds. */
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
/** A day of UTC, which has no leap seconds here. */
export const DAY_MS = 24 * HOUR_MS;

/**
 * Whether so long has passed since a moment that was written down. One that lies as far ahead was written by a clock that was
 * set back since: to wait for that moment could take years.
 */
export function hasPassed(spanMs: number, sinceMs: number, nowMs: number): boolean {
  return Math.abs(nowMs - sinceMs) >= spanMs;
}

/** Furthest moment that a `Date` can hold, in milliseconds since 1970. */
export const TIME_MS_MAX = 8.64e15;
