/**
 * Times as people write them, by the clock on their wall, and the moments they mean. A zone is how far its clock is ahead
 * of UTC at a moment: days of 23 and 25 hours follow from that.
 *
 *     momentOf("2026-03-29T09:00", offsetAt)  // 1774767600000 in Europe/Berlin
 */
import { DAY_MS } from "../lib/time.ts";

/** How far the wall clock is ahead of UTC at a moment, in milliseconds. */
export type OffsetAt = (atMs: number) => number;

const [FIRST_MS, LAST_MS] = [Date.parse("0000-01-01T00:00:00Z"), Date.parse("9999-12-31T23:59:59.999Z")];

const WALL = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.\d+)?)?)?(Z|[+-]\d{2}:\d{2})?$/;

/**
 * The moment of `2026-03-29`, `2026-03-29T09:00` or `2026-03-29T09:00:00+02:00`; a date alone is the beginning of its day.
 * `undefined` for any other text. Of a time that the clock shows twice it is the first, and one that the clock leaves out
 * is as much later as the clock was put ahead.
 */
export function momentOf(text: string, offsetAt: OffsetAt): number | undefined {
  const [matched, date, time = "00:00", seconds = "00", zone] = WALL.exec(text.trim()) ?? [];
  if (matched === undefined || (zone !== undefined && !matched.includes(":"))) return undefined;
  const wallMs = Date.parse(`${date}T${time}:${seconds}Z`);
  // A date such as 30 February is refused rather than moved.
  if (Number.isNaN(wallMs) || new Date(wallMs).toISOString().slice(0, 10) !== date) return undefined;
  const atMs = zone === undefined ? momentAtWall(wallMs, offsetAt) : Date.parse(`${date}T${time}:${seconds}${zone}`);
  // No zone is 99 hours away, and none leads out of the years that this text can name.
  return atMs >= FIRST_MS && atMs <= LAST_MS ? atMs : undefined;
}

/** `2026-03-29T09:00`, as a form takes it. */
export function wallText(atMs: number, offsetAt: OffsetAt): string {
  return new Date(atMs + offsetAt(atMs)).toISOString().slice(0, 16);
}

/** The same time by the wall clock, so many days later: over a change to summer time that is an hour less. */
export function daysLater(atMs: number, days: number, offsetAt: OffsetAt): number {
  return momentAtWall(atMs + offsetAt(atMs) + days * DAY_MS, offsetAt);
}

/** @param wallMs what the wall clock shows, as if it showed UTC */
function momentAtWall(wallMs: number, offsetAt: OffsetAt): number {
  const before = offsetAt(wallMs - DAY_MS);
  const candidates = [before, offsetAt(wallMs + DAY_MS)]
    .map((offset) => wallMs - offset)
    .filter((atMs) => atMs + offsetAt(atMs) === wallMs);
  return candidates.length === 0 ? wallMs - before : Math.min(...candidates);
}
