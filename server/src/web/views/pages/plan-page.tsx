/** The form that plans an experiment: what decides, what must not get worse, and the smallest gain worth finding. */
import type { Experiment } from "../../../domain/experiment.ts";
import { kpiLabel } from "../../../domain/kpi.ts";
import { plannedKpis } from "../../../domain/plan.ts";
import { shownName } from "../../../lib/shown-name.ts";
import { KPI_UNPLANNED, type MARGIN_UNITS, ROW_ROLES } from "../../../service/administer/plan-fields.ts";
import type { PlanAnswer, PlanOutlook } from "../../../service/analysis/plan-outlook.ts";
import type { RollBack } from "../../../stats/input.ts";
import { useCurrentUser } from "../../http/current-user.ts";
import { actionUrl, experimentUrl } from "../../http/urls.ts";
import type { PlanDraft, PlanDraftRow } from "../plan-draft.ts";
import { Options } from "../ui/choice.tsx";
import { CsrfField, HiddenFields } from "../ui/hidden-fields.tsx";
import { PlanSize } from "../ui/plan-size.tsx";
import { Problem } from "../ui/problem.tsx";
import { OutlookTable } from "./outlook-table.tsx";

interface PlanFormProps {
  readonly experiment: Experiment;
  readonly draft: PlanDraft;
  /** `undefined` while there is nothing to go by. */
  readonly outlook: PlanOutlook | undefined;
  /** What the plan that is filled in takes, or what is wrong with it; `undefined` before that was asked. */
  readonly answer?: PlanAnswer | { readonly problem: string } | undefined;
}

export interface PlanPageProps extends PlanFormProps {
  /** What was wrong with the form sent last; `undefined` when nothing was. */
  readonly problem: string | undefined;
}

export function PlanForm({ experiment, draft, outlook, answer }: PlanFormProps) {
  const action = actionUrl(experiment.name, "plan");
  const shown = answer !== undefined && "outlook" in answer ? (answer.outlook ?? outlook) : outlook;
  const isPlanned = experiment.planning.plan !== null;
  return (
    <div class="planning" data-decided={decidedOn(draft)}>
      <div class="plan-outlook">{shown === undefined ? null : <OutlookTable outlook={shown} />}</div>
      <form id="plan-form" class="stack spaced" method="post" action={action}>
        <CsrfField />
        <HiddenFields fields={{ numbers: "percent" }} />
        <div class="fields">
          <NumberField
            name="minimum_uplift"
            label="Smallest uplift that matters"
            unit="%"
            value={draft.minimumUplift}
            isNeeded
          />
          <NumberField name="power" label="Power" unit="%" value={draft.power} isNeeded />
        </div>
        <KpiFields {...{ experiment, draft }} />
        <BaselineFields draft={draft} />
        <div class="field of-guardrails">
          <span aria-hidden="true">Guardrails roll back in vain in at most</span>
          <Choice
            name="roll_back"
            label="How often guardrails may roll back in vain"
            choices={ROLL_BACK_LABELS}
            chosen={draft.rollBack}
          />
        </div>
      </form>
      <div class="plan-answer spaced" role="status">
        {answer === undefined ? null : "problem" in answer ? (
          <p>{answer.problem}</p>
        ) : (
          <PlanSize {...answer.size} daysLeft={answer.daysLeft} />
        )}
      </div>
      <div class="buttons spaced">
        <button type="submit" form="plan-form" class="primary">
          {isPlanned ? "Change plan" : "Set plan"}
        </button>
        <button type="submit" form="plan-form" formAction={actionUrl(experiment.name, "plan/answer")}>
          Work it out
        </button>
        {isPlanned ? (
          <form method="post" action={action}>
            <CsrfField />
            <HiddenFields fields={{ clear: "true" }} />
            <button type="submit">Take the plan away</button>
          </form>
        ) : null}
      </div>
    </div>
  );
}

/** Those of the figure that decides are shown (islands/planning.ts); the others are not read. */
function BaselineFields({ draft }: Pick<PlanFormProps, "draft">) {
  return (
    <>
      <fieldset class="fields of-rate">
        <legend>Without the change</legend>
        <NumberField name="baseline_rate" label="Conversion rate now" unit="%" value={draft.baselineRate} />
      </fieldset>
      <fieldset class="fields of-mean">
        <legend>Without the change</legend>
        <NumberField name="baseline_mean" label="Mean per visitor now" value={draft.baselineMean} />
        <NumberField
          name="baseline_deviation"
          label="Standard deviation, those without a value included"
          value={draft.baselineDeviation}
        />
        {draft.baselineMean === "" ? (
          <p class="muted small">
            Too few values have come to take both from. If 5% of visitors buy for about 40, the mean is 5% × 40 = 2, and
            the deviation about 40 × √(2 × 5%) = 12.6.
          </p>
        ) : null}
      </fieldset>
    </>
  );
}

/** `mean` or `rate`, of the KPI that decides; `undefined` where none does, and then all fields stand there. */
function decidedOn({ rows }: PlanDraft): string | undefined {
  return rows.find(({ role }) => role === "primary")?.decidesOn || undefined;
}

const ROLL_BACK_LABELS = {
  experiment: "0.5% of experiments, all of them together",
  each: "5% each: sees harm sooner, in vain more often",
} as const satisfies Record<RollBack, string>;

const BLANK: PlanDraftRow = { kpi: "", role: KPI_UNPLANNED, better: "", decidesOn: "", margin: "", marginUnit: "" };

function KpiFields({ experiment: { kpis, planning }, draft }: Omit<PlanFormProps, "outlook">) {
  const known = new Set<string>([
    ...kpis.map(({ name }) => name ?? ""),
    ...plannedKpis(planning.plan).map(({ kpi }) => kpi ?? ""),
  ]);
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

interface NumberFieldProps {
  readonly name: string;
  readonly label: string;
  /** Stands behind the field: what is typed is in it. */
  readonly unit?: string;
  readonly value: string;
  /** @default false */
  readonly isNeeded?: boolean;
}

function NumberField({ name, label, unit, value, isNeeded = false }: NumberFieldProps) {
  return (
    <label class="field">
      {label}
      <span class="with-unit">
        <input name={name} type="text" inputMode="decimal" size={8} value={value} required={isNeeded} />
        {unit === undefined ? null : <span aria-hidden="true">{unit}</span>}
        {unit === "%" ? <span class="hidden">in percent</span> : null}
      </span>
    </label>
  );
}

/** One KPI; every row sends all six fields, so that their values stay in one order. */
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

const MARGIN_UNIT_LABELS = {
  percent: "% of the control",
  absolute: "points, or units of a mean",
} as const satisfies Record<(typeof MARGIN_UNITS)[number], string>;

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
        />{" "}
        <Choice
          name="margin_unit"
          label={`Unit of the margin of ${label}`}
          choices={MARGIN_UNIT_LABELS}
          chosen={row.marginUnit}
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
      <Options choices={choices} chosen={chosen} />
    </select>
  );
}

/** The form on a page of its own, where a refusal is told beside what was filled in. */
export function PlanPage({ problem, ...form }: PlanPageProps) {
  if (!useCurrentUser().can("editor")) return null;
  return (
    <section class="panel padded">
      <Problem>{problem}</Problem>
      <PlanForm {...form} />
      <p class="spaced">
        <a href={experimentUrl(form.experiment.name)}>Back to {shownName(form.experiment.name)}</a>
      </p>
    </section>
  );
}
