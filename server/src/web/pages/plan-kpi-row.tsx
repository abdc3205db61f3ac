/** One KPI in the form of a plan; every row sends all five fields, so that their values stay in one order. */
import { KPI_UNPLANNED, ROW_ROLES } from "../../service/administer/plan-fields.ts";
import type { PlanDraftRow } from "../plan-form.ts";

export interface PlanKpiRowProps {
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

export function PlanKpiRow({ label, isNew, row }: PlanKpiRowProps) {
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
