/** The calendar of the server: what day it is in the configured time zone. */
import type { Clock } from "../domain/clock.ts";
import { dayOf } from "../domain/period.ts";

/**
 * How long an offset from UTC is remembered, in milliseconds. Every zone in use changes its offset on a quarter of an
 * hour of UTC, so within one the offset can't change, and the slow formatter runs four times an hour instead of per
 * call.
 */
const OFFSET_STEP_MS = 15 * 60_000;

/** @param timezone A name of the IANA database that the configuration has checked. */
export function createClock(timezone: string, nowMs: () => number): Clock {
  const offsetAt = timezone === "UTC" ? () => 0 : offsetsOf(timezone);
  let step = Number.NaN;
  let offsetMs = 0;
  return {
    nowMs,
    today() {
      const now = nowMs();
      const current = Math.floor(now / OFFSET_STEP_MS);
      if (current !== step) {
        step = current;
        offsetMs = offsetAt(now);
      }
      return dayOf(now, offsetMs);
    },
    dayAt: (atMs) => dayOf(atMs, offsetAt(atMs)),
    offsetAt,
  };
}

/** How far the wall clock is ahead of UTC, in milliseconds. UTC needs none: the formatter is what takes time at a start. */
function offsetsOf(timezone: string): Clock["offsetAt"] {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  return (epochMs) => {
    const parts = new Map(format.formatToParts(epochMs).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    const wallMs = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
    return wallMs - Math.floor(epochMs / 1000) * 1000;
  };
}
