/** Which KPI is shown, and all of them side by side. */
import { type Kpi, kpisOf } from "../../../../domain/kpi.ts";
import type { KpiOutcome, KpiReport } from "../../../../stats/report.ts";
import { shownEffect } from "../../../../stats/shown.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { DirectionMark } from "../../ui/direction-mark.tsx";
import { forPeople } from "../../ui/for-people.ts";
import { probability, uplift, upliftRange } from "../../ui/format.ts";
import { How } from "../../ui/how.tsx";
import { Scroll } from "../../ui/scroll.tsx";
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

const ROLE_WORDS = { goal: "Decides", exploratory: "Explored", guardrail: "Guardrail" } as const;

/** What the test against its margin says of a guardrail. */
const SAFETY_WORDS = {
  "non-inferior": "shown safe",
  inferior: "worse than its margin",
  undecided: "not yet shown safe",
} as const;

export function KpiTable({ view }: { readonly view: ExperimentView }) {
  const { report, kpis } = view.analysis;
  if (kpis.length < 2) return null;
  const compared = view.experiment.alternatives.map(({ name }) => name).filter((_, index) => index !== report.baseline);
  return (
    <section class="section" aria-labelledby="kpis-title">
      <div class="section-head">
        <h2 id="kpis-title">All KPIs</h2>
        <How anchor="many-comparisons">
          Uplift of each alternative with the range it lies in. The more one compares, the more differences appear by
          chance: p-values of KPIs that decide are adjusted for all comparisons among them (Holm), those of explored
          KPIs by their share of false discoveries (Benjamini–Hochberg). Explored KPIs suggest the next test; they
          decide nothing.
        </How>
      </div>
      <Scroll label="Table of KPIs">
        <table class="results kpi-table" id="all-kpis">
          <thead>
            <tr>
              <th scope="col">KPI</th>
              <th scope="col">Role</th>
              {compared.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {report.kpis.map((outcome, index) => (
              <KpiRow key={outcome.name} view={view} outcome={outcome} kpi={kpis[index]} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

interface KpiRowProps {
  readonly view: ExperimentView;
  readonly outcome: KpiOutcome;
  readonly kpi: Kpi | undefined;
}

function KpiRow({ view, outcome, kpi }: KpiRowProps) {
  const { baseline, arms } = view.analysis.report;
  return (
    <tr>
      <th scope="row">
        <a href={viewUrl(view, { kpi: kpi?.name ?? "" })}>{kpi?.label}</a>
      </th>
      {outcome.kind === "analysed" ? (
        <>
          <td>
            {ROLE_WORDS[outcome.family]}
            {outcome.decidesOn === "means" ? <span class="under">by its mean</span> : null}
          </td>
          {arms.map((arm, index) =>
            index === baseline ? null : <EffectCell key={arm.name} view={view} outcome={outcome} index={index} />,
          )}
        </>
      ) : (
        <td colspan={arms.length} class="muted">
          {forPeople(outcome.detail)}
        </td>
      )}
    </tr>
  );
}

interface EffectCellProps {
  readonly view: ExperimentView;
  readonly outcome: KpiReport;
  readonly index: number;
}

function EffectCell({ view, outcome, index }: EffectCellProps) {
  const arm = (outcome[outcome.decidesOn] ?? outcome.rates)[index];
  if (arm?.comparison.kind !== "compared") return <td class="muted">–</td>;
  const { pHolm, pBenjaminiHochberg, nonInferiority } = arm.comparison;
  const effect = shownEffect(arm.comparison, "uplift");
  if (effect === null) return <td class="muted">not enough data</td>;
  const adjusted = pHolm ?? pBenjaminiHochberg;
  return (
    <td>
      <DirectionMark direction={effect.direction} /> {uplift(effect.estimate, effect.range)}
      <span class="under">{upliftRange(effect.range)}</span>
      {adjusted === null || !view.query.columns.includes("p") ? null : (
        <span class="under">adjusted p {probability(adjusted)}</span>
      )}
      {nonInferiority === null ? null : <span class="under">{SAFETY_WORDS[nonInferiority.conclusion]}</span>}
    </td>
  );
}
