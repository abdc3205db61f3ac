/** A line a day of what has no message of its own: what people and schedules did. */
import type { Clock } from "../../domain/clock.ts";
import { type Day, dayText } from "../../domain/period.ts";
import { shownName } from "../../lib/shown-name.ts";
import type { Activity } from "../../store/activity.ts";
import { logWord } from "../administer/acts/acts.ts";

export interface Digest {
  readonly day: Day;
  /** "3 changes on 2026-11-28". */
  readonly title: string;
  /** Oldest first. */
  readonly text: string;
  /** Of the last change. */
  readonly atMs: number;
}

/** Newest entries of the log that digests are made from. */
export const LOG_READ_MAX = 1_000;

/** Today is left out, because its line would still change. @param log newest first */
export function digestsOf(log: readonly Activity[], { dayAt, today }: Clock): readonly Digest[] {
  const days = new Map<Day, { readonly words: string[]; atMs: number }>();
  for (const { atMs, action, actor, experiment } of log) {
    const day = dayAt(atMs);
    if (day >= today()) continue;
    const found = days.get(day) ?? { words: [], atMs };
    found.words.push(`${actor} ${logWord(action)?.words ?? action} ${shownName(experiment)}`);
    found.atMs = Math.max(found.atMs, atMs);
    days.set(day, found);
  }
  return [...days].map(([day, { words, atMs }]) => ({
    day,
    title: `${words.length} ${words.length === 1 ? "change" : "changes"} on ${dayText(day)}`,
    text: words.reverse().join("; "),
    atMs,
  }));
}
