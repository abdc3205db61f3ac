/** The activity log as people read it: of one experiment, actor or kind of act, or of all. */

import { SixpackError } from "../../domain/errors.ts";
import { quote } from "../../domain/names.ts";
import { ACTIVITY_MAX, type Activity, UNREADABLE_ACTION } from "../../store/activity.ts";
import type { AdministerContext } from "./act.ts";
import { logWord } from "./acts/acts.ts";
import { type LogLine, withWaysBack } from "./ways-back.ts";

/** Entries on one page. */
export const ACTIVITY_PAGE_SIZE = 50;

export const ACTIVITY_ARGUMENTS = ["experiment", "actor", "action", "page"] as const;

/** `undefined` selects all. */
export interface ActivityFilter {
  readonly experiment?: string | undefined;
  readonly actor?: string | undefined;
  /** A word of the log. */
  readonly action?: string | undefined;
}

export interface ActivityPageQuery extends ActivityFilter {
  /** From 1, newest first. */
  readonly page: number;
}

export interface ActivityPage {
  readonly entries: readonly LogLine[];
  /** Whether there are older ones. */
  readonly more: boolean;
  readonly occurring: Occurring;
}

/** What the whole log has, to choose from; in the order of the alphabet. */
export interface Occurring {
  readonly experiments: readonly string[];
  readonly actors: readonly string[];
  /** Words of the log, with what they mean. */
  readonly actions: readonly { readonly action: string; readonly words: string }[];
}

/** Raw values of a query string; an empty filter is none. @throws SixpackError invalid-form */
export function parseActivityQuery(
  raw: Readonly<Partial<Record<(typeof ACTIVITY_ARGUMENTS)[number], string | undefined>>>,
): ActivityPageQuery {
  const page = /^\d{1,5}$/.test(raw.page || "1") ? Number(raw.page || "1") : 0;
  if (page < 1) {
    throw new SixpackError("invalid-form", `Expected \`page\` as a number from 1, got ${quote(raw.page ?? "")}`);
  }
  // Blanks may be part of a name.
  return {
    experiment: raw.experiment || undefined,
    actor: raw.actor?.trim() || undefined,
    action: raw.action || undefined,
    page,
  };
}

export async function readActivityPage(context: AdministerContext, query: ActivityPageQuery): Promise<ActivityPage> {
  const log = await readLog(context);
  const selected = selectedIn(log, query);
  const from = (query.page - 1) * ACTIVITY_PAGE_SIZE;
  const until = from + ACTIVITY_PAGE_SIZE;
  return {
    entries: await withWaysBack(context, log, selected.slice(from, until)),
    more: selected.length > until,
    occurring: occurringIn(log),
  };
}

/** Every entry that is selected, for files and programs; newest first. */
export async function readActivity(context: AdministerContext, filter: ActivityFilter): Promise<readonly Activity[]> {
  return selectedIn(await readLog(context), filter);
}

/** What can be chosen and what was changed since are facts of the whole log, which is short enough to read. */
function readLog({ store }: AdministerContext): Promise<readonly Activity[]> {
  return store.activity.read({ limit: ACTIVITY_MAX });
}

/** A name that occurs selects its own entries; any other text selects names that it is a part of. */
function selectedIn(log: readonly Activity[], { experiment, actor, action }: ActivityFilter): readonly Activity[] {
  const named = having(log, experiment, (entry) => entry.experiment);
  const acted = having(named, actor, (entry) => entry.actor);
  return action === undefined ? acted : acted.filter((entry) => entry.action === action);
}

function having(
  entries: readonly Activity[],
  wanted: string | undefined,
  nameOf: (entry: Activity) => string,
): readonly Activity[] {
  if (wanted === undefined) return entries;
  const whole = entries.filter((entry) => nameOf(entry) === wanted);
  const part = wanted.toLowerCase();
  return whole.length > 0 ? whole : entries.filter((entry) => nameOf(entry).toLowerCase().includes(part));
}

function occurringIn(log: readonly Activity[]): Occurring {
  const [experiments, actors, actions] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const { experiment, actor, action } of log) {
    if (action === UNREADABLE_ACTION) continue;
    experiments.add(experiment);
    actors.add(actor);
    actions.add(action);
  }
  return {
    experiments: [...experiments].sort(),
    actors: [...actors].sort(),
    actions: [...actions]
      .map((action) => ({ action, words: logWord(action)?.words ?? action }))
      .sort((a, b) => (a.words < b.words ? -1 : 1)),
  };
}
