/** What narrows and orders the list: a form by GET, so that every view has an address. */
import type { KpiName } from "../../../../domain/names.ts";
import { HEALTH_FILTERS, OVERVIEW_SORTS, type OverviewQuery } from "../../../../service/report/overview.ts";
import { withQuery } from "../../../http/urls.ts";
import type { ListView } from "./view.ts";
import { listUrl } from "./view.ts";

const SORT_LABELS = {
  newest: "Newest",
  name: "Name",
  activity: "Last activity",
  participants: "Participants",
  uplift: "Uplift",
  chance: "Chance to win",
  attention: "Needs attention",
} as const;

const HEALTH_LABELS = { all: "Any health", pass: "Pass", warn: "Warn", fail: "Fail", error: "Error" } as const;

export interface FiltersProps {
  readonly path: string;
  readonly query: OverviewQuery;
  readonly view: ListView;
  readonly kpis: readonly KpiName[];
}

export function Filters({ path, query, view, kpis }: FiltersProps) {
  return (
    <search>
      <form class="filters" method="get" action={path}>
        <label class="search">
          <span class="hidden">Search names and descriptions</span>
          <input type="search" name="q" value={query.text} placeholder="Search names and descriptions" data-slash />
          <span class="key" aria-hidden="true">
            /
          </span>
        </label>
        <label>
          <span class="hidden">Health</span>
          <select name="health" data-submit>
            {HEALTH_FILTERS.map((health) => (
              <option key={health} value={health === "all" ? "" : health} selected={health === query.health}>
                {HEALTH_LABELS[health]}
              </option>
            ))}
          </select>
        </label>
        {kpis.length === 0 ? null : (
          <label>
            <span class="hidden">KPI</span>
            <select name="kpi" data-submit>
              <option value="">KPI that decides</option>
              {kpis.map((kpi) => (
                <option key={kpi} value={kpi} selected={kpi === query.kpi}>
                  KPI {kpi}
                </option>
              ))}
            </select>
          </label>
        )}
        <label>
          <span class="hidden">Sort by</span>
          <select name="sort" data-submit>
            {OVERVIEW_SORTS.map((sort) => (
              <option key={sort} value={sort} selected={sort === query.sort}>
                {SORT_LABELS[sort]}
              </option>
            ))}
          </select>
        </label>
        {view === "cards" ? <input type="hidden" name="view" value="cards" /> : null}
        <noscript>
          <button type="submit">Show</button>
        </noscript>
        <nav class="end" aria-label="View">
          <ul class="switch">
            {(["table", "cards"] as const).map((candidate) => (
              <li key={candidate}>
                <a href={listUrl(path, query, candidate, {})} aria-current={candidate === view ? "true" : undefined}>
                  {candidate === "table" ? "Table" : "Cards"}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      </form>
    </search>
  );
}

export interface PagesProps {
  readonly path: string;
  readonly query: OverviewQuery;
  readonly view: ListView;
  readonly pages: number;
}

export function Pages({ path, query, view, pages }: PagesProps) {
  if (pages <= 1) return null;
  const to = (page: number) => listUrl(path, query, view, { page });
  return (
    <nav class="pages" aria-label="Pages">
      {query.page > 1 ? (
        <a class="button" rel="prev" href={to(query.page - 1)}>
          Previous
        </a>
      ) : null}
      <span class="muted">
        Page {query.page} of {pages}
      </span>
      {query.page < pages ? (
        <a class="button" rel="next" href={to(query.page + 1)}>
          Next
        </a>
      ) : null}
    </nav>
  );
}

/** The way out of a selection that shows nothing. */
export function clearedUrl(path: string, view: ListView): string {
  return withQuery(path, { view: view === "cards" ? view : undefined });
}
