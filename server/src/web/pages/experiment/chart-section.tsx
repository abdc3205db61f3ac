/** The charts: which one, by which period, and the same as a table. */
import { PERIODS } from "../../../domain/period.ts";
import { DataTable } from "../../charts/data-table.tsx";
import { LineChart } from "../../charts/line-chart.tsx";
import { CHART_TITLES, type ChartModel, chartOf } from "../../charts/model.ts";
import { Swatch } from "../../charts/swatch.tsx";
import { CHART_KINDS, type ChartKind, type ExperimentView } from "../../experiment-view.ts";
import { How } from "../../ui/how.tsx";
import { FOCUSABLE } from "../../ui/scroll.tsx";
import { viewUrl } from "./urls.ts";

const HOW: Readonly<Record<ChartKind, string>> = {
  cumulative:
    "Each line is the rate of everybody so far, and its band the 95% interval of one look. Lines start restless and calm down as participants come; the last point is the rate in the table.",
  rate: "Conversions of each period over participants of the same period. It shows odd days, not who wins: conversions come later than participants do.",
  uplift:
    "How the uplift and its range developed. The range holds at every moment, however often one looked: when it leaves the thick zero line, that is a result.",
  participants: "New participants of each period. Lines that part from each other point to a broken split.",
  allocation:
    "Which share of each period's new participants an alternative got. It moves where a bandit sets the weights.",
};

export function ChartSection({ view }: { readonly view: ExperimentView }) {
  const model = chartOf(view);
  const { chart, period } = view.query;
  return (
    <section class="section" aria-labelledby="chart-title">
      <div class="section-head">
        <h2 id="chart-title">Over time</h2>
        <How anchor="always-valid">{HOW[chart]}</How>
      </div>
      <div class="chart-switches">
        <Switch
          label="Chart"
          choices={CHART_KINDS.map((kind) => ({
            label: CHART_TITLES[kind],
            url: viewUrl(view, { chart: kind }),
            isChosen: kind === chart,
          }))}
        />
        <Switch
          label="Period"
          choices={PERIODS.map((candidate) => ({
            label: candidate.charAt(0).toUpperCase() + candidate.slice(1),
            url: viewUrl(view, { period: candidate }),
            isChosen: candidate === period,
          }))}
        />
      </div>
      <div class="panel" id="chart" data-live>
        {model.labels.length === 0 ? (
          <p class="padded muted">Nothing to draw before the first participant.</p>
        ) : (
          <Figure model={model} />
        )}
      </div>
    </section>
  );
}

interface SwitchProps {
  readonly label: string;
  readonly choices: readonly { readonly label: string; readonly url: string; readonly isChosen: boolean }[];
}

function Switch({ label, choices }: SwitchProps) {
  return (
    <nav aria-label={label}>
      <ul class="switch">
        {choices.map((choice) => (
          <li key={choice.label}>
            <a href={`${choice.url}#chart-title`} aria-current={choice.isChosen ? "true" : undefined}>
              {choice.label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Figure({ model }: { readonly model: ChartModel }) {
  return (
    <>
      <div class="chart-box" data-chart>
        <LineChart model={model} size="wide" />
        <LineChart model={model} size="narrow" />
        <ul class="legend">
          {model.lines.map(({ name, index }) => (
            <li key={name}>
              <Swatch index={index} />
              {name}
            </li>
          ))}
        </ul>
        {model.markers.length === 0 ? null : (
          <ol class="markers">
            {model.markers.map(({ date, text }) => (
              <li key={`${date} ${text}`}>
                {date}: {text}
              </li>
            ))}
          </ol>
        )}
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
