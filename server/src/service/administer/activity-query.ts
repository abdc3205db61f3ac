/** The activity log as people read it: one page at a time, of one experiment or actor or of all. */

import { SixpackError } from "../../domain/errors.ts";
import { quote } from "../../domain/names.ts";
import { ACTIVITY_MAX, type Activity } from "../../store/activity.ts";
import type { ReportContext } from "../report/kpi-view.ts";

/** Entries on one page. */
export const ACTIVITY_PAGE_SIZE = 50;

export interface ActivityPageQuery {
  /** `undefined` selects all. */
  readonly experiment: string | undefined;
  readonly actor: string | undefined;
  /** From 1, newest first. */
  readonly page: number;
}

export interface ActivityPage {
  readonly entries: readonly Activity[];
  /** Whether there are older ones. */
  readonly more: boolean;
}

/** Raw values of a query string; an empty filter is none. @throws SixpackError invalid-form */
export function parseActivityQuery(raw: {
  readonly experiment?: string | undefined;
  readonly actor?: string | undefined;
  readonly page?: string | undefined;
}): ActivityPageQuery {
  const page = /^\d{1,5}$/.test(raw.page ?? "1") ? Number(raw.page ?? "1") : 0;
  if (page < 1) {
    throw new SixpackError("invalid-form", `Expected \`page\` as a number from 1, got ${quote(raw.page ?? "")}`);
  }
  // Blanks may be part of a name.
  return { experiment: raw.experiment || undefined, actor: raw.actor?.trim() || undefined, page };
}

/** A name that occurs selects its own entries; any other text selects names that it is a part of. */
export async function readActivityPage({ store }: ReportContext, query: ActivityPageQuery): Promise<ActivityPage> {
  const { experiment, actor, page } = query;
  const from = (page - 1) * ACTIVITY_PAGE_SIZE;
  const until = from + ACTIVITY_PAGE_SIZE;
  // Engines find entries by the whole name of an experiment alone. There are few enough to search all of them.
  const isName = experiment !== undefined && (await store.activity.read({ experiment, limit: 1 })).length > 0;
  const searchesAll = actor !== undefined || (experiment !== undefined && !isName);
  const read = await store.activity.read({
    limit: searchesAll ? ACTIVITY_MAX : Math.min(until + 1, ACTIVITY_MAX),
    ...(isName ? { experiment } : {}),
  });
  const named = isName ? read : having(read, experiment, (entry) => entry.experiment);
  const selected = having(named, actor, (entry) => entry.actor);
  return { entries: selected.slice(from, until), more: selected.length > until };
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
