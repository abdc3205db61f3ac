/** The charts: which one, by which period, and the same as a table. */
import { PERIODS } from "../../../../domain/period.ts";
import { isAdjusted } from "../../../../stats/shown.ts";
import { DataTable } from "../../charts/data-table.tsx";
import { BANDS_MAX, LineChart } from "../../charts/line-chart.tsx";
import type { ChartMarkers } from "../../charts/markers.ts";
import { type ChartModel, chartKindsOf, chartOf, chartTitle } from "../../charts/model.ts";
import { Swatch } from "../../charts/swatch.tsx";
import { type ChartKind, comparisonsOf, type ExperimentView } from "../../experiment-view.ts";
import { How } from "../../ui/how.tsx";
import { FOCUSABLE } from "../../ui/scroll.tsx";
import { Switch } from "../../ui/switch.tsx";
import { Notes } from "./chart-notes.tsx";
import { RangeForm } from "./range-form.tsx";
import { viewUrl } from "./view-url.ts";

const HOW: Readonly<Record<ChartKind, string>> = {
  cumulative:
    "Each line is the figure of everybody so far. Lines start restless and calm down as visitors come; the last point is the figure in the table. Whether two lines really differ is said by the uplift over time, whose bands hold at every look.",
  rate: "Conversions of each period, or their values, over visitors of the same period. It shows odd days, not who wins: conversions come later than visitors do.",
  uplift:
    "How the uplift and its range developed. The range holds at every moment, however often one looked: when it leaves the thick zero line of all days, that is a result.",
  participants: "New visitors of each period. Lines that part from each other point to a broken split.",
  allocation:
    "Which share of new visitors each alternative was to get, and when that changed. A line that rises under a bandit shows where it expects most; its floor keeps every line above zero, so that nobody is judged on too few.",
};

const HOW_POOLED =
  "Each line is the figure of everybody so far. Alternatives had more visitors at some times than at others, so a pooled figure leans towards those times and has no band here. Judge by the uplift over time.";

export function ChartSection({ view }: { readonly view: ExperimentView }) {
  const model = chartOf(view);
  const { chart } = view;
  const { period } = view.series;
  return (
    <section class="section" aria-labelledby="chart-title">
      <div class="section-head">
        <h2 id="chart-title">Over time</h2>
        <How anchor={chart === "allocation" ? "bandits" : "always-valid"} about="the chart">
          {chart === "cumulative" && view.analysis.hidden !== null ? HOW_POOLED : HOW[chart]}
        </How>
        <RangeForm view={view} />
      </div>
      <div class="chart-switches">
        <Switch
          label="Chart"
          choices={chartKindsOf(view).map((kind) => ({
            label: chartTitle(kind, view),
            url: `${viewUrl(view, { chart: kind })}#chart-title`,
            isChosen: kind === chart,
          }))}
        />
        {/* Shares change at moments, not by the day. */}
        {chart === "allocation" ? null : (
          <Switch
            label="Period"
            choices={PERIODS.map((candidate) => ({
              label: candidate.charAt(0).toUpperCase() + candidate.slice(1),
              url: `${viewUrl(view, { period: candidate })}#chart-title`,
              isChosen: candidate === period,
            }))}
          />
        )}
      </div>
      {period === view.query.period || chart === "allocation" ? null : (
        <p class="small muted">
          By {period}: the days lie too far apart for a point each. Choose days from and to for a closer look.
        </p>
      )}
      {chart === "uplift" && comparisonsOf(view.outcome).some(isAdjusted) ? (
        <p class="small muted">
          The last point is adjusted by what was known of visitors from before, as in the table. Earlier ones are not:
          what was known is kept without days.
        </p>
      ) : null}
      <div class="panel" id="chart">
        {model.labels.length === 0 ? (
          <p class="padded muted">Nothing to draw before the first visitor.</p>
        ) : (
          <Figure view={view} model={model} />
        )}
      </div>
      <Notes view={view} />
    </section>
  );
}

interface FigureProps {
  readonly view: ExperimentView;
  readonly model: ChartModel;
}

function Figure({ view, model }: FigureProps) {
  // Bands that lie over each other are mud.
  const isApart = model.hasBand && model.lines.length > BANDS_MAX;
  return (
    <>
      <div class="chart-box">
        {isApart ? (
          <Strips model={model} />
        ) : (
          <div class="chart-plot" data-chart>
            <LineChart model={model} size="wide" />
            <LineChart model={model} size="medium" />
            <LineChart model={model} size="narrow" />
          </div>
        )}
        <Legend view={view} model={model} />
        <MarkerList markers={model.markers} />
      </div>
      <details class="as-table">
        <summary>Show as table</summary>
        <div class="scroll" {...FOCUSABLE}>
          <DataTable model={model} />
        </div>
      </details>
    </>
  );
}

/** One small chart for each alternative, all on the same axis. */
function Strips({ model }: { readonly model: ChartModel }) {
  return (
    <ul class="strips">
      {model.lines.map(({ name, index }) => (
        <li key={name}>
          <span class="strip-name">{name}</span>
          <LineChart model={model} size="strip" only={index} />
        </li>
      ))}
    </ul>
  );
}

/** Each name takes its line out of the picture, or puts it back; the only one stays, and the table names it. */
function Legend({ view, model }: FigureProps) {
  if (model.all.length < 2) return null;
  const shown = model.lines.map(({ index }) => index);
  return (
    <ul class="legend">
      {model.all.map(({ name, index }) => {
        const isShown = shown.includes(index);
        const next = isShown ? shown.filter((one) => one !== index) : [...shown, index].sort((a, b) => a - b);
        const url = viewUrl(view, { show: next.length === model.all.length ? [] : next });
        return (
          <li key={name} class={isShown ? undefined : "legend-off"}>
            <a href={`${url}#chart-title`} title={isShown ? `Hide ${name}` : `Show ${name}`}>
              <Swatch index={index} />
              {name}
              <span class="hidden">{isShown ? ", shown" : ", hidden"}</span>
            </a>
          </li>
        );
      })}
    </ul>
  );
}

function MarkerList({ markers: { changes, batchesText } }: { readonly markers: ChartMarkers }) {
  return (
    <>
      {changes.length === 0 ? null : (
        <ol class="markers">
          {changes.map(({ at, date, text }) => (
            <li key={at}>
              {date}: {text}
            </li>
          ))}
        </ol>
      )}
      {batchesText === null ? null : (
        <p class="markers-batches">
          <svg class="chart-batches" viewBox="0 0 14 6" width="14" height="6" aria-hidden="true">
            <path d="M1 6v-6M5 6v-6M9 6v-6M13 6v-6" />
          </svg>
          {batchesText}
        </p>
      )}
    </>
  );
}
