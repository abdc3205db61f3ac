/** What narrows and orders the list: a form by GET, so that every view has an address. */
import type { KpiName } from "../../../../domain/names.ts";
import { OVERVIEW_SORTS, type Overview, type OverviewQuery } from "../../../../service/report/overview.ts";
import type { Selection } from "../../../../service/report/selection.ts";
import { TRIAGES, type Triage } from "../../../../service/report/triage.ts";
import { withQuery } from "../../../http/urls.ts";
import { count } from "../../ui/format.ts";
import { Switch } from "../../ui/switch.tsx";
import { type ListView, listUrl, timelineUrl } from "./view.ts";

const SORT_LABELS = {
  decisions: "Decisions first",
  newest: "Newest",
  name: "Name",
  activity: "Last activity",
  participants: "Visitors",
  uplift: "Uplift",
  chance: "Chance to win",
} as const;

const TRIAGE_LABELS = {
  decide: "Decide",
  broken: "Broken",
  winner: "Winner set",
  silent: "No traffic",
  running: "Running",
  early: "Too early",
  ended: "Archived",
} as const satisfies Record<Triage, string>;

export interface FiltersProps {
  readonly path: string;
  readonly query: OverviewQuery;
  readonly view: ListView;
  readonly kpis: readonly KpiName[];
  readonly labels: Overview["labels"];
}

export function Filters({ path, query, view, kpis, labels }: FiltersProps) {
  return (
    <search>
      <form class="filters" method="get" action={path}>
        <SelectionFields query={query} labels={labels} />
        <Narrowing name="kpi" label="KPI" none="KPI that decides" values={kpis} chosen={query.kpi} />
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
        {path === "/all" && query.status !== "all" ? <input type="hidden" name="status" value={query.status} /> : null}
        {query.verdict === null ? null : <input type="hidden" name="verdict" value={query.verdict} />}
        {view === "cards" ? <input type="hidden" name="view" value="cards" /> : null}
        <noscript>
          <button type="submit">Show</button>
        </noscript>
        <ViewSwitch
          chosen={view}
          urls={{
            table: listUrl(path, query, "table", {}),
            cards: listUrl(path, query, "cards", {}),
            timeline: timelineUrl(query, null),
          }}
        />
      </form>
    </search>
  );
}

interface ViewSwitchProps {
  readonly chosen: keyof typeof VIEW_LABELS;
  readonly urls: Readonly<Record<keyof typeof VIEW_LABELS, string>>;
}

const VIEW_LABELS = { table: "Table", cards: "Cards", timeline: "Timeline" } as const;

/** The same experiments, shown in another way. */
export function ViewSwitch({ chosen, urls }: ViewSwitchProps) {
  const views = ["table", "cards", "timeline"] as const;
  return (
    <div class="end">
      <Switch
        label="View"
        choices={views.map((view) => ({ label: VIEW_LABELS[view], url: urls[view], isChosen: view === chosen }))}
      />
    </div>
  );
}

/** The fields by which every list of experiments is narrowed. */
export function SelectionFields({
  query,
  labels,
}: {
  readonly query: Selection;
  readonly labels: FiltersProps["labels"];
}) {
  return (
    <>
      <label class="search">
        <span class="hidden">Search names, descriptions, owners and tags</span>
        <input type="search" name="q" value={query.text} placeholder="Search names, owners, tags" />
      </label>
      <Narrowing name="owner" label="Owner" none="Any owner" values={labels.owners} chosen={query.owner} />
      <Narrowing name="tag" label="Tag" none="Any tag" values={labels.tags} chosen={query.tag} />
    </>
  );
}

interface NarrowingProps {
  readonly name: string;
  readonly label: string;
  /** What the choice of nothing is called. */
  readonly none: string;
  readonly values: readonly string[];
  readonly chosen: string | null;
}

/** Nothing where there is nothing to choose from; what is chosen is there even if no experiment has it any more. */
function Narrowing({ name, label, none, values, chosen }: NarrowingProps) {
  const all = chosen === null || values.includes(chosen) ? values : [chosen, ...values];
  if (all.length === 0) return null;
  return (
    <label>
      <span class="hidden">{label}</span>
      <select name={name} data-submit>
        <option value="">{none}</option>
        {all.map((value) => (
          <option key={value} value={value} selected={value === chosen}>
            {label} {value}
          </option>
        ))}
      </select>
    </label>
  );
}

/** How many experiments stand how, each a link to those alone; the one in force leads back to all. */
export function Triages({
  path,
  query,
  view,
  triages,
}: Omit<FiltersProps, "kpis" | "labels"> & Pick<Overview, "triages">) {
  const all = Object.values(triages).reduce((sum, number) => sum + number, 0);
  const shown = TRIAGES.filter((triage) => triages[triage] > 0 || triage === query.verdict);
  const to = (verdict: Triage | null) => listUrl(path, query, view, { verdict });
  return (
    <nav id="triages" class="triages" aria-label="By verdict">
      <ul>
        <li>
          <a href={to(null)} aria-current={query.verdict === null ? "true" : undefined}>
            Any verdict <span class="tally">{count(all)}</span>
          </a>
        </li>
        {shown.map((triage) => (
          <li key={triage}>
            <a
              href={to(triage)}
              class={`triage-${triage}`}
              aria-current={triage === query.verdict ? "true" : undefined}
            >
              {TRIAGE_LABELS[triage]} <span class="tally">{count(triages[triage])}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

interface PagesProps {
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
