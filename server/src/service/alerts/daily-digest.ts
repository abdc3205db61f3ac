/** A line a day of what has no message of its own: what people and schedules did, and then what calls made. */
import { SOURCES, sourceOf } from "../../domain/actor.ts";
import type { Clock } from "../../domain/clock.ts";
import { type Day, dayText } from "../../domain/period.ts";
import { shownName } from "../../lib/shown-name.ts";
import type { Activity, ActivityQuery } from "../../store/activity.ts";
import type { Store } from "../../store/store.ts";
import { logWord } from "../administer/acts/acts.ts";

export interface Digest {
  readonly day: Day;
  /** "3 changes on 2026-11-28". */
  readonly title: string;
  /** Oldest first; what people did is first of all. */
  readonly text: string;
  /** Of the last change. */
  readonly atMs: number;
}

/** Newest entries of each source that digests are made from. */
const LOG_READ_MAX = 1_000;

/** Most changes that a digest names; it says how many more there were. Calls of strangers may make thousands. */
const CHANGES_NAMED_MAX = 100;

/** The newest first. */
export async function readLog(
  { activity }: Pick<Store, "activity">,
  query: Pick<ActivityQuery, "experiment">,
): Promise<readonly Activity[]> {
  const read = SOURCES.map((source) => activity.read({ ...query, source, limit: LOG_READ_MAX }));
  return (await Promise.all(read)).flat().sort((a, b) => b.atMs - a.atMs);
}

/** Today is left out, because its line would still change. @param log the newest first */
export function digestsOf(log: readonly Activity[], { dayAt, today }: Clock): readonly Digest[] {
  const days = new Map<Day, { readonly words: string[]; readonly byCalls: string[]; atMs: number }>();
  for (const { atMs, action, actor, experiment } of log) {
    const day = dayAt(atMs);
    if (day >= today()) continue;
    const found = days.get(day) ?? { words: [], byCalls: [], atMs };
    const words = sourceOf(actor) === "calls" ? found.byCalls : found.words;
    words.push(`${actor} ${logWord(action)?.words ?? action} ${shownName(experiment)}`);
    found.atMs = Math.max(found.atMs, atMs);
    days.set(day, found);
  }
  return [...days].map(([day, { words, byCalls, atMs }]) => {
    const all = [...words.reverse(), ...byCalls.reverse()];
    const more = all.length - CHANGES_NAMED_MAX;
    return {
      day,
      title: `${all.length} ${all.length === 1 ? "change" : "changes"} on ${dayText(day)}`,
      text: [...all.slice(0, CHANGES_NAMED_MAX), ...(more > 0 ? [`and ${more} more`] : [])].join("; "),
      atMs,
    };
  });
}
