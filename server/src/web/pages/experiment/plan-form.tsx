/** The form that plans an experiment: what decides, and the smallest gain worth finding. */
import type { ExperimentView } from "../../experiment-view.ts";
import { actionUrl } from "../../urls.ts";
import { useVisitor } from "../../visitor.ts";
import { CsrfField } from "../visitor.tsx";
import { kpiLabel } from "./kpis.tsx";

const POWER_USUAL = 0.8;

export function PlanForm({ view }: { readonly view: ExperimentView }) {
  const { can } = useVisitor();
  const { experiment, kpi } = view;
  const { plan } = experiment.planning;
  if (!can("editor")) return null;
  const size = plan?.size ?? null;
  const primary = plan === null ? kpi : plan.primary.kpi;
  return (
    <details class="how">
      <summary>{plan === null ? "Plan this experiment" : "Change the plan"}</summary>
      <form class="fields spaced" method="post" action={actionUrl(experiment.name, "plan")}>
        <CsrfField />
        <label class="field">
          KPI that decides
          <select name="kpi">
            {[null, ...experiment.kpis].map((candidate) => (
              <option key={candidate ?? ""} value={candidate ?? ""} selected={candidate === primary}>
                {kpiLabel(candidate)}
              </option>
            ))}
          </select>
        </label>
        <PercentField name="baseline_rate" label="Rate without the change" hint="5%" value={size?.baselineRate} />
        <PercentField name="minimum_uplift" label="Smallest uplift to find" hint="10%" value={size?.minimumUplift} />
        <PercentField name="power" label="Power" hint="80%" value={size?.power ?? POWER_USUAL} />
        <button type="submit">{plan === null ? "Set plan" : "Change plan"}</button>
      </form>
    </details>
  );
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
