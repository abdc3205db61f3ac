/** The form that plans an experiment: what decides, what must not get worse, and the smallest gain worth finding. */
import type { Experiment } from "../../domain/experiment.ts";
import { KPI_UNPLANNED } from "../../service/administer/plan-fields.ts";
import type { PlanDraft, PlanDraftRow } from "../plan-form.ts";
import { actionUrl } from "../urls.ts";
import { kpiLabel } from "./experiment/kpis.tsx";
import { PlanKpiRow } from "./plan-kpi-row.tsx";
import { CsrfField, HiddenFields } from "./visitor.tsx";

export interface PlanFormProps {
  readonly experiment: Experiment;
  readonly draft: PlanDraft;
}

export function PlanForm({ experiment, draft }: PlanFormProps) {
  const action = actionUrl(experiment.name, "plan");
  const isPlanned = experiment.planning.plan !== null;
  return (
    <>
      <form id="plan-form" class="stack spaced" method="post" action={action}>
        <CsrfField />
        <div class="fields">
          <PercentField name="baseline_rate" label="Rate without the change" hint="5%" value={draft.baselineRate} />
          <PercentField name="minimum_uplift" label="Smallest uplift to find" hint="10%" value={draft.minimumUplift} />
          <PercentField name="power" label="Power" hint="80%" value={draft.power} />
        </div>
        <KpiFields experiment={experiment} draft={draft} />
      </form>
      <div class="buttons spaced">
        <button type="submit" form="plan-form" class="primary">
          {isPlanned ? "Change plan" : "Set plan"}
        </button>
        {isPlanned ? (
          <form method="post" action={action}>
            <CsrfField />
            <HiddenFields fields={{ clear: "true" }} />
            <button type="submit">Take the plan away</button>
          </form>
        ) : null}
      </div>
    </>
  );
}

const BLANK: PlanDraftRow = { kpi: "", role: KPI_UNPLANNED, better: "", decidesOn: "", margin: "" };

function KpiFields({ experiment: { kpis, planning }, draft }: PlanFormProps) {
  const planned = planning.plan;
  const known = new Set<string>(kpis);
  if (planned !== null)
    for (const { kpi } of [planned.primary, ...planned.secondary, ...planned.guardrails]) known.add(kpi ?? "");
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
          {draft.rows.map((row) => (
            <PlanKpiRow
              key={row.kpi}
              label={row.kpi === "" ? kpiLabel(null) : row.kpi}
              isNew={row.kpi !== "" && !known.has(row.kpi)}
              row={row}
            />
          ))}
          <PlanKpiRow label="another KPI" isNew row={BLANK} />
        </tbody>
      </table>
    </div>
  );
}

interface PercentFieldProps {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly value: string;
}

function PercentField({ name, label, hint, value }: PercentFieldProps) {
  return (
    <label class="field">
      {label}
      <input name={name} type="text" inputMode="decimal" placeholder={hint} size={8} value={value} required />
    </label>
  );
}
