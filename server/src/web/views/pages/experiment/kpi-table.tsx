/** All KPIs and all alternatives at once. The longer side of the table goes down the page, so that it hardly ever scrolls sideways. */
import type { Kpi } from "../../../../domain/kpi.ts";
import type { Comparison, KpiOutcome, Section } from "../../../../stats/report.ts";
import { figureOf, sectionsOf, shownEffect } from "../../../../stats/shown.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { DirectionMark } from "../../ui/direction-mark.tsx";
import { forPeople } from "../../ui/for-people.ts";
import { NOTHING, probability, uplift, upliftRange } from "../../ui/format.ts";
import { How } from "../../ui/how.tsx";
import { Range } from "../../ui/range.tsx";
import { Scroll } from "../../ui/scroll.tsx";
import { ArmCell } from "./arm-cell.tsx";
import { valueText } from "./arms.ts";
import { viewUrl } from "./view-url.ts";

const ROLE_WORDS = { goal: "decides", exploratory: "explored", guardrail: "guardrail" } as const;

/** What the test against its margin says of a guardrail. */
const SAFETY_WORDS = {
  "non-inferior": "shown safe",
  inferior: "worse than its margin",
  undecided: "not yet shown safe",
} as const;

/** Whether there is more to see side by side than the results show. */
export function hasKpiTable({ analysis: { report } }: Pick<ExperimentView, "analysis">): boolean {
  return report.kpis.length > 1 || report.kpis.some((kpi) => kpi.kind === "analysed" && kpi.means !== null);
}

export function KpiTable({ view }: { readonly view: ExperimentView }) {
  if (!hasKpiTable(view)) return null;
  const { report, kpis } = view.analysis;
  const lines = report.kpis.flatMap((outcome, index) => linesOf(outcome, kpis[index]));
  return (
    <section class="section" aria-labelledby="kpis-title">
      <div class="section-head">
        <h2 id="kpis-title">All KPIs</h2>
        <How anchor="many-comparisons" about="all KPIs">
          The figure of each alternative, and its uplift with the range it lies in. A KPI with values has a line for the
          mean of all visitors, one for the average of all conversions and one for the rate of those who converted; the
          first of them is what it is judged by. The more one compares, the more differences appear by chance. So the
          more comparisons decide, the clearer each of them has to be: all together they are wrong in at most one
          experiment of twenty. An explored KPI concludes nothing. One that looks better or worse has a hollow mark, and
          is an idea for the next test.
        </How>
      </div>
      <Scroll label="Table of KPIs">
        {report.arms.length > lines.length ? (
          <ByAlternative view={view} lines={lines} />
        ) : (
          <ByKpi view={view} lines={lines} />
        )}
      </Scroll>
    </section>
  );
}

/** One figure of a KPI; `null` where there is none of it. */
interface Line {
  readonly outcome: KpiOutcome;
  readonly kpi: Kpi | undefined;
  readonly section: Section | null;
  /** Whether it is what the KPI is judged by, and carries its name. */
  readonly isFirst: boolean;
  /** Whether the KPI has other figures, so that this one has to be named. */
  readonly isOneOfSome: boolean;
}

function linesOf(outcome: KpiOutcome, kpi: Kpi | undefined): readonly Line[] {
  const sections = outcome.kind === "analysed" ? sectionsOf(outcome) : [null];
  return sections.map((section, at) => ({
    outcome,
    kpi,
    section,
    isFirst: at === 0,
    isOneOfSome: sections.length > 1,
  }));
}

interface LinesProps {
  readonly view: ExperimentView;
  readonly lines: readonly Line[];
}

/** The baseline, then all others. */
function armsInOrder({ analysis: { report } }: ExperimentView): readonly number[] {
  return [report.baseline, ...report.arms.keys()].filter((arm, at) => at === 0 || arm !== report.baseline);
}

function ByKpi({ view, lines }: LinesProps) {
  const arms = armsInOrder(view);
  return (
    <table class="results kpi-table" id="all-kpis">
      <thead>
        <tr>
          <th scope="col">KPI</th>
          {arms.map((arm) => (
            <th key={arm} scope="col">
              {view.experiment.alternatives[arm]?.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => (
          <tr key={`${line.outcome.name} ${line.section}`} class={line.isFirst ? undefined : "beside"}>
            <th scope="row">
              <LineName view={view} line={line} />
            </th>
            {line.outcome.kind === "analysed" ? (
              arms.map((arm) => <FigureCell key={arm} view={view} line={line} arm={arm} />)
            ) : (
              <td colspan={arms.length} class="muted">
                {forPeople(line.outcome.detail)}
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function ByAlternative({ view, lines }: LinesProps) {
  const arms = armsInOrder(view);
  return (
    <table class="results kpi-arms" id="all-kpis">
      <thead>
        <tr>
          <th scope="col">Alternative</th>
          {lines.map((line) => (
            <th key={`${line.outcome.name} ${line.section}`} scope="col">
              <LineName view={view} line={line} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {arms.map((arm, at) => (
          <tr key={arm}>
            <ArmCell index={arm} name={view.experiment.alternatives[arm]?.name ?? ""} kinds={[]} />
            {lines.map((line) =>
              line.outcome.kind === "analysed" ? (
                <FigureCell key={`${line.outcome.name} ${line.section}`} view={view} line={line} arm={arm} />
              ) : at === 0 ? (
                <td key={line.outcome.name} rowspan={arms.length} class="muted" data-label={labelOf(line)}>
                  {forPeople(line.outcome.detail)}
                </td>
              ) : null,
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The KPI by its name and role, then which figure of it. */
function LineName({ view, line }: { readonly view: ExperimentView; readonly line: Line }) {
  const { outcome, kpi, isFirst } = line;
  const role = isFirst && outcome.kind === "analysed" ? ROLE_WORDS[outcome.family] : null;
  return (
    <>
      {isFirst ? (
        <a href={viewUrl(view, { kpi: kpi?.name ?? "" })}>{kpi?.label}</a>
      ) : (
        <span class="hidden">{kpi?.label}</span>
      )}
      <span class="under">{[role, figureWords(line)].filter((word) => word !== null).join(", ")}</span>
    </>
  );
}

/** On a phone, where the heads are out of sight. */
function labelOf(line: Line): string {
  return [line.kpi?.label, figureWords(line)].filter((word) => word != null).join(", ");
}

function figureWords({ section, isOneOfSome }: Line): string | null {
  return isOneOfSome && section !== null ? FIGURE_WORDS[section] : null;
}

const FIGURE_WORDS = {
  means: "mean per visitor",
  averages: "average per conversion",
  rates: "rate of those who converted",
} as const satisfies Record<Section, string>;

interface FigureCellProps {
  readonly view: ExperimentView;
  readonly line: Line;
  readonly arm: number;
}

function FigureCell({ view, line, arm }: FigureCellProps) {
  const own = line.outcome.kind === "analysed" && line.section !== null ? line.outcome[line.section]?.[arm] : undefined;
  const label = labelOf(line);
  if (own === undefined) return <td data-label={label}>{NOTHING}</td>;
  const value = valueText(figureOf(own), { isMean: line.section !== "rates", unit: line.kpi?.unit ?? null });
  if (arm === view.analysis.report.baseline || own.comparison.kind !== "compared")
    return <td data-label={label}>{value}</td>;
  return (
    <td data-label={label}>
      {value}
      <EffectText comparison={own.comparison} withP={view.query.columns.includes("p")} />
    </td>
  );
}

interface EffectTextProps {
  readonly comparison: Comparison;
  readonly withP: boolean;
}

function EffectText({ comparison, withP }: EffectTextProps) {
  const effect = shownEffect(comparison, "uplift");
  if (effect === null) return <span class="under">not enough data to compare</span>;
  const adjusted = comparison.pHolm ?? comparison.pBenjaminiHochberg;
  const { nonInferiority } = comparison;
  return (
    <>
      <span class="kpi-effect">
        <DirectionMark effect={effect} /> {uplift(effect.estimate, effect.range)}
      </span>
      <Range>{upliftRange(effect.range)}</Range>
      {adjusted === null || !withP ? null : <span class="under">adjusted p {probability(adjusted)}</span>}
      {nonInferiority === null ? null : <span class="under">{SAFETY_WORDS[nonInferiority.conclusion]}</span>}
    </>
  );
}
