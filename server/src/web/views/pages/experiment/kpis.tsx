/** Which KPI is shown, and all of them side by side. */
import { type Kpi, kpisOf } from "../../../../domain/kpi.ts";
import type { KpiOutcome, KpiReport, Section, SectionArm } from "../../../../stats/report.ts";
import { figureOf, sectionsOf, shownEffect } from "../../../../stats/shown.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { DirectionMark } from "../../ui/direction-mark.tsx";
import { forPeople } from "../../ui/for-people.ts";
import { NOTHING, probability, uplift, upliftRange } from "../../ui/format.ts";
import { How } from "../../ui/how.tsx";
import { Scroll } from "../../ui/scroll.tsx";
import { type Figure, valueText } from "./arms.ts";
import { viewUrl } from "./view-url.ts";

export function KpiSwitch({ view }: { readonly view: ExperimentView }) {
  const kpis = new Map([...view.analysis.kpis, ...kpisOf(view.experiment)].map((kpi) => [kpi.name, kpi.label]));
  if (kpis.size < 2) return null;
  return (
    <nav class="kpis" aria-label="KPI">
      <ul class="switch">
        {[...kpis].map(([name, label]) => (
          <li key={name ?? ""}>
            <a
              href={viewUrl(view, { kpi: name ?? "" })}
              title={label}
              aria-current={name === view.kpi.name ? "true" : undefined}
            >
              {label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

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
  const { report, kpis } = view.analysis;
  if (!hasKpiTable(view)) return null;
  const names = view.experiment.alternatives.map(({ name }) => name);
  const compared = names.filter((_, index) => index !== report.baseline);
  return (
    <section class="section" aria-labelledby="kpis-title">
      <div class="section-head">
        <h2 id="kpis-title">All KPIs</h2>
        <How anchor="many-comparisons">
          The figure of each alternative, and its uplift with the range it lies in. A KPI with values has a line for the
          mean of all visitors, one for the average of all conversions and one for the rate of those who converted; the
          first of them is what it is judged by. The more one compares, the more differences appear by chance. So the
          more comparisons decide, the clearer each of them has to be: all together they are wrong in at most one
          experiment of twenty. Of explored KPIs that look different, up to one in twenty does so by chance: they
          suggest the next test, and decide nothing.
        </How>
      </div>
      <Scroll label="Table of KPIs">
        <table class="results kpi-table" id="all-kpis">
          <thead>
            <tr>
              <th scope="col">KPI</th>
              <th scope="col">{names[report.baseline]}</th>
              {compared.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {report.kpis.map((outcome, index) => (
              <KpiRows key={outcome.name} view={view} outcome={outcome} kpi={kpis[index]} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

interface KpiRowsProps {
  readonly view: ExperimentView;
  readonly outcome: KpiOutcome;
  readonly kpi: Kpi | undefined;
}

function KpiRows({ view, outcome, kpi }: KpiRowsProps) {
  const link = <a href={viewUrl(view, { kpi: kpi?.name ?? "" })}>{kpi?.label}</a>;
  if (outcome.kind !== "analysed") {
    return (
      <tr>
        <th scope="row">{link}</th>
        <td colspan={view.analysis.report.arms.length} class="muted">
          {forPeople(outcome.detail)}
        </td>
      </tr>
    );
  }
  const sections = sectionsOf(outcome);
  return (
    <>
      {sections.map((section, at) => (
        <tr key={section} class={at === 0 ? undefined : "beside"}>
          <th scope="row">
            {at === 0 ? link : <span class="hidden">{kpi?.label}</span>}
            <span class="under">
              {at === 0 ? ROLE_WORDS[outcome.family] : FIGURE_WORDS[section]}
              {at === 0 && sections.length > 1 ? `, ${FIGURE_WORDS[section]}` : null}
            </span>
          </th>
          <FigureCells view={view} outcome={outcome} section={section} unit={kpi?.unit ?? null} />
        </tr>
      ))}
    </>
  );
}

const FIGURE_WORDS = {
  means: "mean per visitor",
  averages: "average per conversion",
  rates: "rate of those who converted",
} as const satisfies Record<Section, string>;

interface FigureCellsProps {
  readonly view: ExperimentView;
  readonly outcome: KpiReport;
  readonly section: Section;
  readonly unit: string | null;
}

function FigureCells({ view, outcome, section, unit }: FigureCellsProps) {
  const figure: Figure = { isMean: section !== "rates", unit };
  const { baseline } = view.analysis.report;
  const arms = outcome[section] ?? [];
  const own = arms[baseline];
  return (
    <>
      <td>{own === undefined ? NOTHING : valueText(figureOf(own), figure)}</td>
      {arms.map((arm, index) =>
        index === baseline ? null : <FigureCell key={arm.name} view={view} arm={arm} figure={figure} />,
      )}
    </>
  );
}

interface FigureCellProps {
  readonly view: ExperimentView;
  readonly arm: SectionArm;
  readonly figure: Figure;
}

function FigureCell({ view, arm, figure }: FigureCellProps) {
  const value = valueText(figureOf(arm), figure);
  if (arm.comparison.kind !== "compared") return <td>{value}</td>;
  const { pHolm, pBenjaminiHochberg, nonInferiority } = arm.comparison;
  const effect = shownEffect(arm.comparison, "uplift");
  if (effect === null) {
    return (
      <td>
        {value}
        <span class="under">not enough data to compare</span>
      </td>
    );
  }
  const adjusted = pHolm ?? pBenjaminiHochberg;
  return (
    <td>
      {value}
      <span class="kpi-effect">
        <DirectionMark direction={effect.direction} /> {uplift(effect.estimate, effect.range)}
      </span>
      <span class="under">{upliftRange(effect.range)}</span>
      {adjusted === null || !view.query.columns.includes("p") ? null : (
        <span class="under">adjusted p {probability(adjusted)}</span>
      )}
      {nonInferiority === null ? null : <span class="under">{SAFETY_WORDS[nonInferiority.conclusion]}</span>}
    </td>
  );
}
