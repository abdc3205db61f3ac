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

/** What the log has, or had since the server began, to choose from; in the order of the alphabet. */
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

/** Pages of the log for as long as a server runs. What occurs is kept, so that a view reads little more than it shows. */
export class ActivityPages {
  readonly #context: AdministerContext;
  readonly #occurring = { experiments: new Set<string>(), actors: new Set<string>(), actions: new Set<string>() };
  /** The newest entry that has been taken in, as text. */
  #newest: string | undefined;

  constructor(context: AdministerContext) {
    this.#context = context;
  }

  async read(query: ActivityPageQuery): Promise<ActivityPage> {
    await this.#takeIn();
    const until = query.page * ACTIVITY_PAGE_SIZE;
    const { log, selected } = await this.#selected(query, until + 1);
    return {
      entries: await withWaysBack(this.#context, log, selected.slice(until - ACTIVITY_PAGE_SIZE, until)),
      more: selected.length > until,
      occurring: {
        experiments: [...this.#occurring.experiments].sort(),
        actors: [...this.#occurring.actors].sort(),
        actions: [...this.#occurring.actions]
          .map((action) => ({ action, words: logWord(action)?.words ?? action }))
          .sort((a, b) => (a.words < b.words ? -1 : 1)),
      },
    };
  }

  /** The newest entries of which at least so many are selected, if there are so many; newest first. */
  async #selected(query: ActivityFilter, needed: number) {
    for (let limit = needed; ; limit *= 8) {
      const log = await this.#newestOf(limit);
      const selected = selectedIn(log, query, this.#occurring);
      if (selected.length >= needed || log.length < limit) return { log, selected };
    }
  }

  /** Takes in what is new, and the whole log where more is new than a page shows. */
  async #takeIn(): Promise<void> {
    const recent = await this.#newestOf(ACTIVITY_PAGE_SIZE);
    // What has left the log stays on offer until there is more of it than a log holds.
    const isKnown =
      this.#occurring.experiments.size <= ACTIVITY_MAX &&
      recent.some((entry) => JSON.stringify(entry) === this.#newest);
    const taken = isKnown ? recent : await this.#newestOf(ACTIVITY_MAX);
    if (!isKnown) for (const names of Object.values(this.#occurring)) names.clear();
    for (const { experiment, actor, action } of taken) {
      if (action === UNREADABLE_ACTION) continue;
      this.#occurring.experiments.add(experiment);
      this.#occurring.actors.add(actor);
      this.#occurring.actions.add(action);
    }
    this.#newest = recent[0] === undefined ? undefined : JSON.stringify(recent[0]);
  }

  #newestOf(limit: number): Promise<readonly Activity[]> {
    return this.#context.store.activity.read({ limit });
  }
}

/** Every entry that is selected, for files and programs; newest first. */
export async function readActivity({ store }: AdministerContext, filter: ActivityFilter): Promise<readonly Activity[]> {
  const log = await store.activity.read({ limit: ACTIVITY_MAX });
  const experiments = new Set<string>(log.map(({ experiment }) => experiment));
  return selectedIn(log, filter, { experiments, actors: new Set(log.map(({ actor }) => actor)) });
}

/** A name that occurs selects its own entries; any other text selects names that it is a part of. */
function selectedIn(
  log: readonly Activity[],
  { experiment, actor, action }: ActivityFilter,
  { experiments, actors }: Readonly<Record<"experiments" | "actors", ReadonlySet<string>>>,
): readonly Activity[] {
  const isNamed = naming(experiment, experiments);
  const isActed = naming(actor, actors);
  return log.filter(
    (entry) => isNamed(entry.experiment) && isActed(entry.actor) && (action === undefined || entry.action === action),
  );
}

function naming(wanted: string | undefined, occurring: ReadonlySet<string>): (name: string) => boolean {
  if (wanted === undefined) return () => true;
  const part = wanted.toLowerCase();
  return occurring.has(wanted) ? (name) => name === wanted : (name) => name.toLowerCase().includes(part);
}
