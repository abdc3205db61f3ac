/** The list of experiments: how many stand how, then one row or card each, decisions first. */
import { shownName } from "../../../../lib/shown-name.ts";
import type { Overview, OverviewQuery } from "../../../../service/report/overview.ts";
import type { SavedView } from "../../../../service/report/saved-views.ts";
import { useCurrentUser } from "../../../http/current-user.ts";
import { useFrame } from "../../../http/frame.ts";
import { InTurns } from "../../../http/page-steps.ts";
import { NEW_PATH } from "../../../http/urls.ts";
import { type Axis, AxisLabels, sharedAxis } from "../../charts/interval-bar.tsx";
import { Layout } from "../../layout.tsx";
import { HealthMark } from "../../ui/chips.tsx";
import { uplift } from "../../ui/format.ts";
import { How } from "../../ui/how.tsx";
import { Cards } from "./cards.tsx";
import { clearedUrl, Filters, Pages, Triages } from "./filters.tsx";
import { FirstVisit } from "./first-visit.tsx";
import { Row } from "./row.tsx";
import { Saved } from "./saved-bar.tsx";
import { SelectedBar } from "./selected-bar.tsx";
import { SortHead } from "./sort-head.tsx";
import { type ListView, listUrl } from "./view.ts";

const TITLES = {
  active: "Active experiments",
  paused: "Paused experiments",
  archived: "Archived experiments",
  all: "All experiments",
} as const;

interface ListPageProps {
  readonly path: string;
  readonly overview: Overview;
  readonly query: OverviewQuery;
  readonly view: ListView;
  readonly views: readonly SavedView[];
  /** Address of the API, for the first call. */
  readonly apiUrl: string;
}

export function ListPage(props: ListPageProps) {
  const { query, overview, view, path } = props;
  const { can } = useCurrentUser();
  const title = TITLES[query.status];
  const url = listUrl(path, query, view, {});
  const { unreadable } = overview;
  if (useFrame().counts?.all === 0 && unreadable.length === 0) return <FirstVisit apiUrl={props.apiUrl} />;
  return (
    <Layout
      title={title}
      list={query.status}
      watch="list"
      aside={
        <>
          {query.kpi === null ? null : <span class="muted">Figures of the KPI {query.kpi}</span>}
          {can("editor") ? (
            <a class="button end" href={NEW_PATH}>
              New experiment
            </a>
          ) : null}
        </>
      }
    >
      <Unreadable experiments={unreadable} />
      <Saved views={props.views} url={url} isNarrowed={url !== clearedUrl(path, view)} />
      <Triages path={path} query={query} view={view} triages={overview.triages} />
      <Filters path={path} query={query} view={view} kpis={overview.kpis} labels={overview.labels} />
      <div id="rows">{overview.rows.length === 0 ? <Nothing path={path} view={view} /> : <Rows {...props} />}</div>
      {can("editor") && view === "table" && overview.rows.length > 0 ? <SelectedBar /> : null}
      <Pages path={path} query={query} view={view} pages={overview.pages} />
      <How anchor="looking-as-often-as-you-like" about="the list">
        The verdict is made on the KPI that decides, against the control, and stands first where it asks for a decision.
        The uplift is that of the alternative most likely to be the best. Its bar is the range the true uplift lies in,
        on one axis for all rows, with the thick line at no difference; the range holds however often you look. Beside
        it stands the rate or mean of the control. The bars of 30 days are new visitors by day.
      </How>
    </Layout>
  );
}

/** They are in no list and take no visitor, so that they are told in each. */
function Unreadable({ experiments }: { readonly experiments: Overview["unreadable"] }) {
  return (
    <div id="unreadable">
      {experiments.map(({ name, reason }) => (
        <p key={name} class="notice">
          <HealthMark word="error" /> {shownName(name)} can't be read. {reason}. Nobody takes part in it. The log of the
          server and <code>sixpack doctor</code> say so, too; operations.md, "A bad day", says what to do.
        </p>
      ))}
    </div>
  );
}

function Nothing({ path, view }: { readonly path: string; readonly view: ListView }) {
  return (
    <p class="notice">
      No experiment matches. <a href={clearedUrl(path, view)}>Show all of this list</a>
    </p>
  );
}

function Rows({ overview, query, view, path }: ListPageProps) {
  const axis = axisOf(overview);
  if (view === "cards") return <Cards rows={overview.rows} axis={axis} kpi={query.kpi} />;
  const head = { path, query, view };
  return (
    <div class="panel">
      <table class="list">
        <caption class="hidden">{TITLES[query.status]}</caption>
        <thead>
          <tr>
            <SortHead {...head} sort="name" label="Experiment" />
            <SortHead {...head} sort="decisions" label="Verdict" />
            <SortHead
              {...head}
              sort="uplift"
              label="Uplift over control"
              detail={<AxisLabels axis={axis} label={uplift} width={120} />}
            />
            <th scope="col" class="number">
              Control
            </th>
            <SortHead {...head} sort="participants" label="Visitors" number />
            <th scope="col">30 days</th>
            <SortHead {...head} sort="activity" label="Last activity" />
          </tr>
        </thead>
        <tbody>
          <InTurns>
            {overview.rows.map((row) => (
              <Row key={row.experiment.name} row={row} axis={axis} kpi={query.kpi} />
            ))}
          </InTurns>
        </tbody>
      </table>
    </div>
  );
}

function axisOf({ rows }: Overview): Axis {
  return sharedAxis(
    rows.flatMap(({ figures }) => {
      const uplift = figures.kind === "read" ? figures.summary.leader?.uplift : undefined;
      return uplift?.estimate == null ? [] : [uplift.range];
    }),
  );
}
