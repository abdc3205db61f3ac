/** Rows as a table, or as cards; and the address of each. */
import { naturalOrder, type OverviewQuery } from "../../../../service/report/overview.ts";
import type { Selection } from "../../../../service/report/selection.ts";
import { listPath, TIMELINE_PATH, withQuery } from "../../../http/urls.ts";

export const LIST_VIEWS = ["table", "cards"] as const;
export type ListView = (typeof LIST_VIEWS)[number];

/** The same list with some arguments changed; defaults are left out. */
export function listUrl(path: string, query: OverviewQuery, view: ListView, changes: Partial<OverviewQuery>): string {
  const next = { ...query, ...changes };
  return withQuery(path, {
    q: next.text,
    status: path === "/all" && next.status !== "all" ? next.status : undefined,
    owner: next.owner ?? undefined,
    tag: next.tag ?? undefined,
    verdict: next.verdict ?? undefined,
    kpi: next.kpi ?? undefined,
    sort: next.sort === "decisions" ? undefined : next.sort,
    order: next.order === naturalOrder(next.sort) ? undefined : next.order,
    view: view === "cards" ? view : undefined,
    page: next.page > 1 && changes.page !== undefined ? next.page : undefined,
  });
}

/** The list of the same experiments. */
export function selectionUrl({ status, text, owner, tag }: Selection, view: ListView): string {
  return withQuery(listPath(status), {
    q: text,
    owner: owner ?? undefined,
    tag: tag ?? undefined,
    view: view === "cards" ? view : undefined,
  });
}

/**
 * The same experiments on one axis of days.
 * @param beside only those that ran at the same time as this one; `null` is all
 */
export function timelineUrl({ status, text, owner, tag }: Selection, beside: string | null): string {
  return withQuery(TIMELINE_PATH, {
    status: status === "all" ? undefined : status,
    q: text,
    owner: owner ?? undefined,
    tag: tag ?? undefined,
    beside: beside ?? undefined,
  });
}
