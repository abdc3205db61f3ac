/** The form that plans an experiment: what decides, what must not get worse, and the smallest gain worth finding. */
import type { Guardrail, Plan, PlannedKpi } from "../../../domain/plan.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { KPI_UNPLANNED, PLAN_ROLES } from "../../plan-form.ts";
import { actionUrl } from "../../urls.ts";
import { useVisitor } from "../../visitor.ts";
import { CsrfField, HiddenFields } from "../visitor.tsx";
import { kpiLabel } from "./kpis.tsx";
import { PlanKpiRow, type PlanRow } from "./plan-kpi-row.tsx";

const POWER_USUAL = 0.8;

export function PlanForm({ view }: { readonly view: ExperimentView }) {
  const { can } = useVisitor();
  const { name, planning } = view.experiment;
  const { plan } = planning;
  if (!can("editor")) return null;
  const size = plan?.size ?? null;
  return (
    <details class="how plan">
      <summary>{plan === null ? "Plan this experiment" : "Change the plan"}</summary>
      <form id="plan-form" class="stack spaced" method="post" action={actionUrl(name, "plan")}>
        <CsrfField />
        <div class="fields">
          <PercentField name="baseline_rate" label="Rate without the change" hint="5%" value={size?.baselineRate} />
          <PercentField name="minimum_uplift" label="Smallest uplift to find" hint="10%" value={size?.minimumUplift} />
          <PercentField name="power" label="Power" hint="80%" value={size?.power ?? POWER_USUAL} />
        </div>
        <KpiFields view={view} />
      </form>
      <div class="buttons spaced">
        <button type="submit" form="plan-form" class="primary">
          {plan === null ? "Set plan" : "Change plan"}
        </button>
        {plan === null ? null : (
          <form method="post" action={actionUrl(name, "plan")}>
            <CsrfField />
            <HiddenFields fields={{ clear: "true" }} />
            <button type="submit">Take the plan away</button>
          </form>
        )}
      </div>
    </details>
  );
}

function KpiFields({ view }: { readonly view: ExperimentView }) {
  const { plan } = view.experiment.planning;
  const known = new Set([null, ...view.experiment.kpis, ...plannedKpis(plan).map(({ kpi }) => kpi)]);
  return (
    <div class="scroll">
      <table class="plan-kpis">
        <caption class="hidden">Role of each KPI</caption>
        <thead>
          <tr>
            <th scope="col">KPI</th>
            <th scope="col">Role</th>
            <th scope="col">Better is</th>
            <th scope="col">Decided on</th>
            <th scope="col">Guardrail margin</th>
          </tr>
        </thead>
        <tbody>
          {[...known].map((kpi) => (
            <PlanKpiRow key={kpi ?? ""} label={kpiLabel(kpi)} kpi={kpi ?? ""} row={rowOf(view, kpi)} />
          ))}
          <PlanKpiRow label="another KPI" kpi={undefined} row={{ role: KPI_UNPLANNED, planned: undefined }} />
        </tbody>
      </table>
    </div>
  );
}

function plannedKpis(plan: Plan | null): readonly (PlannedKpi | Guardrail)[] {
  return plan === null ? [] : [plan.primary, ...plan.secondary, ...plan.guardrails];
}

/** Without a plan the KPI that is shown is proposed as the one that decides. */
function rowOf({ experiment, kpi: shown }: ExperimentView, kpi: PlannedKpi["kpi"]): PlanRow {
  const { plan } = experiment.planning;
  if (plan === null) return { role: kpi === shown ? "primary" : KPI_UNPLANNED, planned: undefined };
  const byRole = { primary: [plan.primary], secondary: plan.secondary, guardrail: plan.guardrails };
  for (const role of PLAN_ROLES) {
    const planned = byRole[role].find((candidate) => candidate.kpi === kpi);
    if (planned !== undefined) return { role, planned };
  }
  return { role: KPI_UNPLANNED, planned: undefined };
}

interface PercentFieldProps {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly value: number | undefined;
}

function PercentField({ name, label, hint, value }: PercentFieldProps) {
  return (
    <label class="field">
      {label}
      <input
        name={name}
        type="text"
        inputMode="decimal"
        placeholder={hint}
        size={8}
        value={value === undefined ? "" : `${Number((value * 100).toPrecision(6))}%`}
        required
      />
    </label>
  );
}
