/**
 * The days that rules and charts of an experiment use. Calls may name any day (`datetime`), so a client with a wrong
 * clock is recorded on a wrong day. That must not make a test look older than it is, a silent one busy, or a chart
 * decades long. Pure.
 */
import type { Counts } from "../../domain/counts.ts";
import { type Experiment, takesNewClients } from "../../domain/experiment.ts";
import type { Day } from "../../domain/period.ts";
import { DAY_MS } from "../../lib/time.ts";
import type { Traffic } from "../../stats/size.ts";

export interface Days {
  /** First and last day with participants that counts; `null` without any. */
  readonly first: Day | null;
  readonly last: Day | null;
  /** Last day up to today with any event at all. */
  readonly lastActivity: Day | null;
  /** Whole days with participants: not the day that began in the middle, nor today before it is over. */
  readonly whole: number;
  /** New participants on the last whole days of the calendar, at most RECENT_DAYS, oldest first. */
  readonly recent: readonly number[];
}

/** The calendar, in the server's time zone. */
export interface Calendar {
  readonly nowMs: number;
  readonly today: Day;
  readonly createdAtMs: number;
  readonly createdDay: Day;
}

/** Days of which the recent traffic is taken. */
const RECENT_DAYS = 7;

/**
 * Traffic may be older than the experiment, when it was recorded elsewhere before; one client with a wrong clock is not
 * traffic. So many participants, and this share of an average day, make a day before the creation count.
 */
const EARLIER_PARTICIPANTS_MIN = 2;
const EARLIER_SHARE_MIN = 0.05;

export function daysOf({ participantsByDay, activeDays }: Counts, calendar: Calendar): Days {
  const { today, createdDay } = calendar;
  const past = [...participantsByDay].filter(([day, count]) => day <= today && count > 0);
  const mean = past.reduce((sum, [, count]) => sum + count, 0) / Math.max(1, past.length);
  const earlierMin = Math.max(EARLIER_PARTICIPANTS_MIN, EARLIER_SHARE_MIN * mean);
  const counted = past.filter(([day, count]) => day >= createdDay || count >= earlierMin).map(([day]) => day);
  const activity = [...activeDays].filter((day) => day <= today);
  const lastActivity = activity.length === 0 ? null : (activity.reduce((a, b) => (a > b ? a : b)) as Day);
  // Not sorted, because there may be tens of thousands and this must be done in one step.
  const first = counted.reduce<Day | undefined>(
    (least, day) => (least !== undefined && least < day ? least : day),
    undefined,
  );
  const last = counted.reduce<Day | undefined>(
    (most, day) => (most !== undefined && most > day ? most : day),
    undefined,
  );
  if (first === undefined || last === undefined) {
    return { first: null, last: null, lastActivity, whole: 0, recent: [] };
  }
  // History from before the creation came in whole days; live traffic begins in the middle of one.
  const firstWhole = first < createdDay ? first : first + 1;
  const whole = counted.filter((day) => day >= firstWhole && day < today).length;
  const length = Math.max(0, Math.min(RECENT_DAYS, today - firstWhole));
  return {
    first,
    last,
    lastActivity,
    whole: whole + (closesFirstDay(first, last, calendar) ? 1 : 0),
    recent: Array.from({ length }, (_, index) => participantsByDay.get((today - length + index) as Day) ?? 0),
  };
}

/** By which the days left are told. */
export function trafficOf(
  experiment: Experiment,
  { whole, recent }: Pick<Days, "whole" | "recent">,
): Pick<Traffic, "daysComplete" | "recentDailyParticipants"> {
  return { daysComplete: whole, recentDailyParticipants: takesNewClients(experiment) ? recent : null };
}

/** Whether what today has had so far makes a whole day with what the first one had left, from the creation on. */
function closesFirstDay(first: Day, last: Day, { nowMs, today, createdAtMs, createdDay }: Calendar): boolean {
  return first === createdDay && last === today && today > first && nowMs - createdAtMs >= (today - first) * DAY_MS;
}
