/** The form that plans an experiment: what decides, what must not get worse, and the smallest gain worth finding. */

import type { Experiment } from "../../../domain/experiment.ts";
import { kpiLabel } from "../../../domain/kpi.ts";
import { plannedKpis } from "../../../domain/plan.ts";
import { shownName } from "../../../lib/shown-name.ts";
import { KPI_UNPLANNED, ROW_ROLES } from "../../../service/administer/plan-fields.ts";
import { useCurrentUser } from "../../http/current-user.ts";
import { actionUrl, experimentUrl } from "../../http/urls.ts";
import type { PlanDraft, PlanDraftRow } from "../plan-draft.ts";
import { CsrfField, HiddenFields } from "../ui/hidden-fields.tsx";
import { Problem } from "../ui/problem.tsx";

export interface PlanFormProps {
  readonly experiment: Experiment;
  readonly draft: PlanDraft;
}

export interface PlanPageProps extends PlanFormProps {
  /** What was wrong with the form sent last; `undefined` when nothing was. */
  readonly problem: string | undefined;
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
  const known = new Set<string>([...kpis, ...plannedKpis(planning.plan).map(({ kpi }) => kpi ?? "")]);
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
              label={kpiLabel(row.kpi || null)}
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

/** One KPI; every row sends all five fields, so that their values stay in one order. */
interface PlanKpiRowProps {
  readonly label: string;
  /** Whether its name can be written. */
  readonly isNew: boolean;
  readonly row: PlanDraftRow;
}

const ROLE_LABELS = {
  primary: "Decides",
  secondary: "Explored",
  guardrail: "Guardrail",
  [KPI_UNPLANNED]: "Not in the plan",
} as const;

function PlanKpiRow({ label, isNew, row }: PlanKpiRowProps) {
  return (
    <tr>
      <th scope="row">
        {isNew ? (
          <input
            name="kpi"
            type="text"
            size={14}
            aria-label="Name of another KPI"
            placeholder="another KPI"
            value={row.kpi}
          />
        ) : (
          <>
            {label}
            <input type="hidden" name="kpi" value={row.kpi} />
          </>
        )}
      </th>
      <td>
        <select name="role" aria-label={`Role of ${label}`}>
          {ROW_ROLES.map((candidate) => (
            <option key={candidate} value={candidate} selected={candidate === row.role}>
              {ROLE_LABELS[candidate]}
            </option>
          ))}
        </select>
      </td>
      <td>
        <Choice
          name="better"
          label={`What is better of ${label}`}
          choices={{ higher: "higher", lower: "lower" }}
          chosen={row.better}
        />
      </td>
      <td>
        <Choice
          name="decides_on"
          label={`What ${label} is decided on`}
          choices={{ rate: "conversion rate", mean: "mean value" }}
          chosen={row.decidesOn}
        />
      </td>
      <td>
        <input
          name="margin"
          type="text"
          size={6}
          placeholder="5%"
          aria-label={`How much worse ${label} may get as a guardrail`}
          value={row.margin}
        />
      </td>
    </tr>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly choices: Readonly<Record<string, string>>;
  readonly chosen: string;
}

function Choice({ name, label, choices, chosen }: ChoiceProps) {
  return (
    <select name={name} aria-label={label}>
      {Object.entries(choices).map(([value, text]) => (
        <option key={value} value={value} selected={value === chosen}>
          {text}
        </option>
      ))}
    </select>
  );
}

/** The form on a page of its own, where a refusal is told beside what was filled in. */
export function PlanPage({ experiment, draft, problem }: PlanPageProps) {
  if (!useCurrentUser().can("editor")) return null;
  return (
    <section class="panel padded">
      <Problem>{problem}</Problem>
      <PlanForm experiment={experiment} draft={draft} />
      <p class="spaced">
        <a href={experimentUrl(experiment.name)}>Back to {shownName(experiment.name)}</a>
      </p>
    </section>
  );
}
