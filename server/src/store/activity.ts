/** The activity log: who did what to an experiment, and when. An entry that can't be read is a row that says so. */
import { type TSchema, Type } from "typebox";
import { SOURCES, type Source } from "../domain/actor.ts";
import type { ExperimentName } from "../domain/names.ts";
import { member } from "../lib/member.ts";
import { parsedJson } from "../lib/parsed-json.ts";
import { shownJson } from "../lib/shown-json.ts";
import { TIME_MS_MAX } from "../lib/time.ts";
import { checker } from "./checker.ts";
import { faultOf } from "./schema-fault.ts";

export interface Activity {
  /** Milliseconds since 1970, UTC. */
  readonly atMs: number;
  readonly experiment: ExperimentName;
  /** Who acted: the name of a user or token, or one of `domain/actor.ts`. */
  readonly actor: string;
  /** What was done, in a word; `service/administer/acts/acts.ts` has them all. */
  readonly action: string;
  /** The thing changed, before and after, as text; `null` where there is none. */
  readonly before: string | null;
  readonly after: string | null;
}

export interface ActivityQuery {
  /** All experiments when left out. */
  readonly experiment?: string;
  /** All of them when left out. */
  readonly source?: Source;
  /** Only entries older than this moment. */
  readonly beforeMs?: number;
  /** At most this many, newest first. */
  readonly limit: number;
}

/**
 * Most entries kept of each source, over all experiments; its oldest are dropped. Calls come from strangers, and may not
 * push out what people did.
 */
export const KEPT_MAX: Readonly<Record<Source, number>> = { people: 10_000, server: 3_000, calls: 2_000 };

export const ACTIVITY_MAX = SOURCES.reduce((sum, source) => sum + KEPT_MAX[source], 0);

export function sourcesOf({ source }: ActivityQuery): readonly Source[] {
  return source === undefined ? SOURCES : [source];
}

/** Whether a query asks for an entry of its sources. */
export function matches({ experiment, beforeMs }: ActivityQuery, entry: Activity): boolean {
  if (experiment !== undefined && entry.experiment !== experiment) return false;
  return beforeMs === undefined || entry.atMs < beforeMs;
}

export interface Activities {
  append(entry: Activity): Promise<void>;
  read(query: ActivityQuery): Promise<readonly Activity[]>;
}

/** All but the experiment. */
const Entry = Type.Object({
  atMs: Type.Number({ minimum: 0, maximum: TIME_MS_MAX }),
  actor: Type.String(),
  action: Type.String(),
  before: Type.Union([Type.String(), Type.Null()]),
  after: Type.Union([Type.String(), Type.Null()]),
} satisfies Record<keyof Omit<Activity, "experiment">, TSchema>);

const isEntry = checker(Entry);

/** What is wrong with an entry of the log, its experiment aside; `undefined` if nothing is. */
export function activityFault(value: unknown): string | undefined {
  return isEntry(value) ? undefined : faultOf(Entry, value, "an entry of the log");
}

/** The word of an entry that can't be read: it stands in the log as a row that says so. */
export const UNREADABLE_ACTION = "unreadable";

/** @param text as it is stored. Any text becomes an entry */
export function activityIn(text: string): Activity {
  const entry = parsedJson(text);
  const isEntry = activityFault(entry) === undefined && typeof member(entry, "experiment") === "string";
  if (isEntry) return entry as Activity;
  const nobody = { experiment: "" as Activity["experiment"], actor: "" };
  return { atMs: 0, ...nobody, action: UNREADABLE_ACTION, before: null, after: shownJson(text) };
}
