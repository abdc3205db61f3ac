/** The results of one KPI: a row per alternative, intervals on one axis, totals below. */
import { takesNewClients } from "../../../../domain/experiment.ts";
import { meanOf } from "../../../../domain/kpi.ts";
import { dayText } from "../../../../domain/period.ts";
import { clause } from "../../../../stats/no-inference.ts";
import { useCurrentUser } from "../../../http/current-user.ts";
import { InTurns } from "../../../http/page-steps.ts";
import { actionUrl, withQuery } from "../../../http/urls.ts";
import { AxisLabels, sharedAxis } from "../../charts/interval-bar.tsx";
import { COLUMNS, type ExperimentView } from "../../experiment-view.ts";
import { figureNotes, figureWord } from "../../figure-notes.ts";
import { count } from "../../ui/format.ts";
import { How } from "../../ui/how.tsx";
import { Menu } from "../../ui/menu.tsx";
import { Scroll } from "../../ui/scroll.tsx";
import { ADD_ID } from "../sharing-forms.tsx";
import { type Arm, armsOf, effectHead, effectOf, effectText, type Figure, figureOf } from "./arms.ts";
import { COLUMN_HEADS, ResultRow } from "./result-row.tsx";
import { viewUrl } from "./view-url.ts";

/** A part of the data decides nothing, and the page says so. */
export function RangeNotice({ view }: { readonly view: ExperimentView }) {
  const { from, to } = view.query;
  if (from === undefined && to === undefined) return null;
  if (from !== undefined && to !== undefined && from > to) {
    return (
      <p class="notice notice-warning">
        The first day, {dayText(from)}, is after the last, {dayText(to)}, so nobody is in between.{" "}
        <a href={viewUrl(view, { from: dayText(to), to: dayText(from) })}>Swap the two days</a>
      </p>
    );
  }
  const start = from === undefined ? "the first day" : dayText(from);
  const end = to === undefined ? "today" : dayText(to);
  return (
    <p class="notice">
      Only who joined from {start} to {end} is shown, with all that they have done by now. A part chosen after looking
      describes; decisions are made on all of it.
      {view.byJoining
        ? ""
        : " For conversions of this KPI the day of joining was not kept: they count on their own day, also those of people who joined before."}{" "}
      <a href={view.root}>Show all days</a>
    </p>
  );
}

export function ResultsSection({ view }: { readonly view: ExperimentView }) {
  const { outcome, analysis } = view;
  return (
    <section class="section" aria-labelledby="results-title">
      <div class="section-head">
        <h2 id="results-title">Results{resultsOf(view)}</h2>
        <How anchor="always-valid" about="the results">
          The bar is the range in which the true difference from the baseline lies with 95% confidence. It stays true
          however often you look, and for all alternatives together. While it touches the thick zero line, nothing is
          decided. The range under a rate or mean is that of this figure alone: two of them may overlap although one
          alternative is better. Further columns: the chance to beat the baseline tells how the data lean, and is no
          rule to stop on; the label is what Sixpack 2.7 said, kept for comparison.
        </How>
        <ColumnChoice view={view} />
        <ResultsFile view={view} />
        <DiffSwitch view={view} />
      </div>
      {outcome === undefined || outcome.kind === "no-inference" ? (
        <p class="notice">No results: {withoutResults(view)}.</p>
      ) : (
        <ResultsTable view={view} arms={armsOf(view, outcome)} figure={figureOf(view)} />
      )}
      {figureNotes(view).map((note) => (
        <p class="muted small" key={note}>
          {note}
        </p>
      ))}
      {analysis.report.stratified && analysis.report.sharesChanged && analysis.bandit === null ? (
        <p class="muted small">
          <strong>Hidden:</strong> {analysis.hidden} So {figureWord(view.figure)} above are marked as pooled and have no
          range, and there is no Sixpack label. Judge by the difference.
        </p>
      ) : null}
    </section>
  );
}

/** In a range of days conversions may be those of people who came before. */
function withoutResults({ outcome, query }: ExperimentView): string {
  if (outcome?.kind !== "no-inference") return "the analysis has no such KPI";
  const isRange = query.from !== undefined || query.to !== undefined;
  return isRange && outcome.reason === "conversions-above-participants"
    ? "more people converted in these days than joined, some of those who joined before"
    : clause(outcome.detail);
}

/** What the table is of: never a mean under the name of a rate. */
function resultsOf({ kpi, figure }: ExperimentView): string {
  if (figure === "rates") return kpi.name === null ? "" : `: ${kpi.label}`;
  return `: ${meanOf(kpi)}${kpi.unit === null ? "" : `, ${kpi.unit}`}`;
}

/** Links, so that it works without JavaScript and goes into an address. */
function ColumnChoice({ view }: { readonly view: ExperimentView }) {
  const shown = view.query.columns;
  return (
    <Menu id="columns" label="Columns" about="of the results">
      {COLUMNS.map((column) => {
        const isShown = shown.includes(column);
        const next = COLUMNS.filter((one) => (one === column ? !isShown : shown.includes(one)));
        return (
          <li key={column}>
            <a href={`${viewUrl(view, { columns: next })}#results-title`}>
              {isShown ? "Hide" : "Show"} {COLUMN_HEADS[column]}
            </a>
          </li>
        );
      })}
    </Menu>
  );
}

/** What the table says, of every KPI. */
function ResultsFile({ view: { experiment, query } }: { readonly view: ExperimentView }) {
  if (useCurrentUser().isGuest) return null;
  const { from, to, baseline } = query;
  const days = { from: from && dayText(from), to: to && dayText(to) };
  return (
    <a
      class="button"
      href={withQuery(actionUrl(experiment.name, "export.csv"), { table: "results", ...days, baseline })}
    >
      CSV<span class="hidden"> of the results</span>
    </a>
  );
}

function DiffSwitch({ view }: { readonly view: ExperimentView }) {
  return (
    <nav class="end" aria-label="Scale of differences">
      <ul class="switch">
        {(["relative", "absolute"] as const).map((diff) => (
          <li key={diff}>
            <a href={viewUrl(view, { diff })} aria-current={diff === view.query.diff ? "true" : undefined}>
              {diff === "relative" ? "Relative" : "Absolute"}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

interface ResultsTableProps {
  readonly view: ExperimentView;
  readonly arms: readonly Arm[];
  readonly figure: Figure;
}

function ResultsTable({ view, arms, figure }: ResultsTableProps) {
  const { isMean } = figure;
  const { query, analysis } = view;
  const effects = arms.flatMap((arm) => effectOf(arm, query.diff) ?? []);
  const axis = sharedAxis(effects.map(({ range }) => range));
  const baseline = arms[analysis.report.baseline]?.name ?? "the baseline";
  return (
    <Scroll label="Table of results">
      <table class="results" id="results">
        <thead>
          <tr>
            <th scope="col">Alternative</th>
            <th scope="col" class="number">
              Visitors
            </th>
            <th scope="col" class="number cell-conversions">
              Conversions
            </th>
            <th scope="col" class="number">
              {isMean ? "Mean" : "Rate"}
            </th>
            <th scope="col" class="cell-effect">
              <span class="effect">
                <span class="effect-figure">
                  {effectHead(query.diff)} over {baseline}
                </span>
                {effects.length === 0 ? null : (
                  <AxisLabels
                    axis={axis}
                    label={(value) => effectText(value, query.diff, { ...figure, unit: null })}
                    width={200}
                  />
                )}
              </span>
            </th>
            <th scope="col">Conclusion</th>
            {query.columns.map((column) => (
              <th key={column} scope="col" class="number">
                {COLUMN_HEADS[column]}
              </th>
            ))}
            <th scope="col">
              <span class="hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          <InTurns>
            {arms.map((arm) => (
              <ResultRow key={arm.name} view={view} arm={arm} axis={axis} figure={figure} />
            ))}
          </InTurns>
        </tbody>
        <TotalsRow view={view} arms={arms} note={isMean ? "Those without a value count as 0" : ""} />
      </table>
    </Scroll>
  );
}

interface TotalsRowProps {
  readonly view: ExperimentView;
  readonly arms: readonly Arm[];
  readonly note: string;
}

function TotalsRow({ view: { experiment, query }, arms, note }: TotalsRowProps) {
  const { can } = useCurrentUser();
  const total = (pick: (arm: Arm) => number) => count(arms.reduce((sum, arm) => sum + pick(arm), 0));
  return (
    <tfoot>
      <tr class="totals">
        <th scope="row">Total</th>
        <td class="number" data-label="Visitors">
          {total(({ participants }) => participants)}
        </td>
        <td class="number cell-conversions" data-label="Conversions">
          {total(({ conversions }) => conversions)}
        </td>
        <td colspan={3 + query.columns.length} class="muted">
          {note}
        </td>
        <td class="cell-actions">
          {can("editor") && takesNewClients(experiment) ? <a href={`#${ADD_ID}`}>Add alternative</a> : null}
        </td>
      </tr>
    </tfoot>
  );
}
