/** The list of experiments: which ones, in which order, which page of them. */
import { isOfExperiment, reasonOf, SixpackError, unreachable } from "../../domain/errors.ts";
import { type Experiment, stateOf } from "../../domain/experiment.ts";
import { defaultKpi } from "../../domain/kpi.ts";
import { oneOf, quote } from "../../domain/names.ts";
import type { Period } from "../../domain/period.ts";
import type { UnreadableExperiment } from "../../store/stored-schema.ts";
import { type KpiView, type ReportContext, viewKpi } from "./kpi-view.ts";
import { type Selection, STATUSES, type Status, selectExperiments } from "./selection.ts";

export const SORTS = ["name", "newest", "activity", "participants"] as const;
export type Sort = (typeof SORTS)[number];

/** Experiments on one page. */
export const PAGE_SIZE = 50;

interface ListQuery extends Selection {
  readonly sort: Sort;
  /** From 1; `undefined` gives all pages at once, as 2.7 did. */
  readonly page: number | undefined;
}

interface Listing {
  readonly rows: readonly KpiView[];
  /** Experiments selected, on all pages. */
  readonly selected: number;
  readonly pages: number;
  /** Of all, those that can't be read. */
  readonly unreadable: readonly UnreadableExperiment[];
  /** Experiments per status, whatever is selected. */
  readonly counts: Readonly<Record<Status, number>>;
}

/** Raw values of a query string, read into a `ListQuery`. @throws SixpackError invalid-form */
export function parseListQuery(raw: {
  readonly status?: string | undefined;
  readonly q?: string | undefined;
  readonly owner?: string | undefined;
  readonly tag?: string | undefined;
  readonly sort?: string | undefined;
  readonly page?: string | undefined;
}): ListQuery {
  return {
    status: oneOf("status", STATUSES, raw.status ?? "active"),
    text: raw.q ?? "",
    owner: raw.owner || null,
    tag: raw.tag || null,
    sort: oneOf("sort", SORTS, raw.sort ?? "name"),
    page: raw.page === undefined ? undefined : parsePage(raw.page),
  };
}

export async function listExperiments(context: ReportContext, query: ListQuery, period: Period): Promise<Listing> {
  const { definitions } = context.store;
  const [all, undefinable] = await Promise.all([definitions.list(), definitions.listUnreadable()]);
  const unreadable = [...undefinable];
  const counts = countStatuses(all);

  const selected = selectExperiments(all, query);
  const found = await Promise.all(
    selected.map((experiment) =>
      viewKpi(context, experiment, defaultKpi(experiment), period).catch((error: unknown) => {
        if (!isOfExperiment(error)) throw error;
        unreadable.push({ name: experiment.name, reason: reasonOf(error) });
      }),
    ),
  );
  const views = found.filter((view) => view !== undefined);
  views.sort((a, b) => compare(a, b, query.sort) || byName(a, b));
  const pages = Math.max(1, Math.ceil(views.length / PAGE_SIZE));
  const rows = query.page === undefined ? views : views.slice((query.page - 1) * PAGE_SIZE, query.page * PAGE_SIZE);
  return { rows, selected: views.length, pages, unreadable, counts };
}

export function countStatuses(all: readonly Experiment[]): Readonly<Record<Status, number>> {
  const counts: Record<Status, number> = { active: 0, paused: 0, archived: 0, all: all.length };
  for (const experiment of all) counts[stateOf(experiment)] += 1;
  return counts;
}

function compare(a: KpiView, b: KpiView, sort: Sort): number {
  switch (sort) {
    case "name":
      return 0;
    case "newest":
      return b.experiment.createdAtMs - a.experiment.createdAtMs;
    case "activity":
      return lastLabel(b).localeCompare(lastLabel(a), "en");
    case "participants":
      return b.counts.total.participants - a.counts.total.participants;
    default:
      return unreachable(sort);
  }
}

function byName(a: KpiView, b: KpiView): number {
  return a.experiment.name < b.experiment.name ? -1 : 1;
}

function lastLabel({ counts }: KpiView): string {
  return counts.periods.at(-1)?.label ?? "";
}

export function parsePage(raw: string): number {
  const page = /^\d{1,6}$/.test(raw) ? Number(raw) : 0;
  if (page < 1) throw new SixpackError("invalid-form", `Expected \`page\` as a number from 1, got ${quote(raw)}`);
  return page;
}
