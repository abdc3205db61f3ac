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

export async function readActivityPage({ store }: ReportContext, query: ActivityPageQuery): Promise<ActivityPage> {
  const { experiment, actor, page } = query;
  const from = (page - 1) * ACTIVITY_PAGE_SIZE;
  const until = from + ACTIVITY_PAGE_SIZE;
  // Engines find entries by experiment, not by actor. There are few enough to search all of them.
  const limit = actor === undefined ? Math.min(until + 1, ACTIVITY_MAX) : ACTIVITY_MAX;
  const read = await store.activity.read({
    limit,
    ...(experiment === undefined ? {} : { experiment }),
  });
  const selected = actor === undefined ? read : read.filter((entry) => entry.actor === actor);
  return { entries: selected.slice(from, until), more: selected.length > until };
}
