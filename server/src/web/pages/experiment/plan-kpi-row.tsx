/** One KPI in the form of a plan; every row sends all five fields, so that their values stay in one order. */
import type { Guardrail, PlannedKpi } from "../../../domain/plan.ts";
import { KPI_UNPLANNED, type PlanRole, ROW_ROLES } from "../../plan-form.ts";

export interface PlanRow {
  readonly role: PlanRole | typeof KPI_UNPLANNED;
  readonly planned: PlannedKpi | Guardrail | undefined;
}

export interface PlanKpiRowProps {
  readonly label: string;
  /** As the form sends it; `undefined` lets a name be written. */
  readonly kpi: string | undefined;
  readonly row: PlanRow;
}

const ROLE_LABELS = {
  primary: "Decides",
  secondary: "Explored",
  guardrail: "Guardrail",
  [KPI_UNPLANNED]: "Not in the plan",
} as const;

export function PlanKpiRow({ label, kpi, row: { role, planned } }: PlanKpiRowProps) {
  const margin = planned !== undefined && "margin" in planned ? planned.margin : undefined;
  return (
    <tr>
      <th scope="row">
        {kpi === undefined ? (
          <input name="kpi" type="text" size={14} aria-label="Name of another KPI" placeholder={label} />
        ) : (
          <>
            {label}
            <input type="hidden" name="kpi" value={kpi} />
          </>
        )}
      </th>
      <td>
        <select name="role" aria-label={`Role of ${label}`}>
          {ROW_ROLES.map((candidate) => (
            <option key={candidate} value={candidate} selected={candidate === role}>
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
          chosen={planned?.better}
        />
      </td>
      <td>
        <Choice
          name="decides_on"
          label={`What ${label} is decided on`}
          choices={{ rate: "conversion rate", mean: "mean value" }}
          chosen={planned?.decidesOn}
        />
      </td>
      <td>
        <input
          name="margin"
          type="text"
          size={6}
          placeholder="5%"
          aria-label={`How much worse ${label} may get as a guardrail`}
          value={margin === undefined ? "" : marginText(margin)}
        />
      </td>
    </tr>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly choices: Readonly<Record<string, string>>;
  readonly chosen: string | undefined;
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

function marginText({ kind, value }: Guardrail["margin"]): string {
  return kind === "relative" ? `${Number((value * 100).toPrecision(6))}%` : String(value);
}
