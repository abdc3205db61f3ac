/**
 * The fields of a plan: one value per KPI in `kpi`, `role`, `better`, `decides_on`, `margin` and `margin_unit`, in the same
 * order. The form of the dashboard says `numbers` = `percent`: what people write beside a percent sign of its labels is percent,
 * where a program's 0.5 is a half.
 */
import { type TSchema, Type } from "typebox";
import { SixpackError } from "../../domain/errors.ts";
import { BETTER } from "../../domain/kpi-definition.ts";
import { NAME_LENGTH_MAX, quote } from "../../domain/names.ts";
import {
  DECIDED_BY,
  PLANNED_PARTICIPANTS_MAX,
  type RawPlan,
  type RawPlannedKpi,
  ROLL_BACKS,
  SEEN_VALUES_MIN,
} from "../../domain/parse-plan.ts";
import type { Fields } from "./act.ts";
import { choice, formField, formValues } from "./fields.ts";

/** Roles of a KPI in a plan. */
const PLAN_ROLES = ["primary", "secondary", "guardrail"] as const;
export type PlanRole = (typeof PLAN_ROLES)[number];
/** The role of a row that is shown as a choice but is not part of the plan. */
export const KPI_UNPLANNED = "none" as const;
export const ROW_ROLES = [...PLAN_ROLES, KPI_UNPLANNED] as const;

/** Units of a guardrail's margin in the form: percent of the control's figure, or the KPI's own: points of a rate. */
export const MARGIN_UNITS = ["percent", "absolute"] as const;

/** The fields that `planField` reads. */
export const PLAN_BODY: Fields = {
  kpi: perKpi(
    Type.String({ maxLength: NAME_LENGTH_MAX }),
    "empty: the default one; the fields up to `margin_unit` have one value per KPI, in one order",
  ),
  role: perKpi(choice([...ROW_ROLES, ""]), "empty: `primary`; `none` for a row to leave out"),
  better: perKpi(choice([...BETTER, ""])),
  decides_on: perKpi(
    choice([...DECIDED_BY, ""]),
    "left out or empty: as the KPI counts, and `rate` with a `baseline_rate`",
  ),
  margin: perKpi(
    Type.Union([Type.Number(), Type.String()]),
    "of a guardrail: `5%` of the control's figure, or `0.01` in the KPI's unit",
  ),
  margin_unit: perKpi(choice([...MARGIN_UNITS, ""]), "with `numbers`; `absolute`: points of a rate"),
  numbers: Type.Optional(choice(["percent"], { description: "a bare number is percent" })),
  minimum_uplift: share("a fraction or percentage"),
  power: share("a fraction or percentage"),
  baseline_rate: share("for a rate: a fraction or percentage"),
  baseline_mean: Type.Optional(
    Type.Number({
      description: `for a mean, per participant; left out: that of all participants so far, once their values are worth ${SEEN_VALUES_MIN} equal ones`,
    }),
  ),
  baseline_deviation: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: "goes with `baseline_mean`" })),
  participants: Type.Optional(
    Type.Integer({ minimum: 2, maximum: PLANNED_PARTICIPANTS_MAX, description: "left out: computed from these" }),
  ),
  roll_back: Type.Optional(
    choice(ROLL_BACKS, {
      default: ROLL_BACKS[0],
      description:
        "`experiment`: rolling back in vain by guardrails is bounded for all of them and all alternatives together; `each`: for each, which sees harm sooner",
    }),
  ),
  clear: Type.Optional(Type.Boolean({ description: "with `true`: no plan" })),
};

function perKpi(items: TSchema, description?: string) {
  return Type.Optional(Type.Array(items, description === undefined ? {} : { description }));
}

function share(description: string) {
  return Type.Optional(Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.String()], { description }));
}

/**
 * `null` when the form asks for no plan: `clear` is `true`. Without any `kpi` the default KPI is the primary one.
 * @throws SixpackError invalid-form
 */
export function planField(body: unknown): RawPlan | null {
  if (formField(body, "clear") === "true") return null;
  const kpis = rowsOf(body, "kpi");
  const column = (name: string): readonly string[] => {
    const values = rowsOf(body, name);
    // A decimal comma makes two of one: the values of all rows below would belong to the row above.
    if (values.length > Math.max(1, kpis.length)) {
      throw new SixpackError(
        "invalid-form",
        `Expected one \`${name}\` for each of ${kpis.length} KPIs, got ${values.length}. Decimals are written with a point`,
      );
    }
    return values;
  };
  const [roles, better, decidesOn] = [column("role"), column("better"), column("decides_on")];
  const [margins, units] = [column("margin"), column("margin_unit")];
  const inPercent = formValues(body, "numbers")[0] === "percent";
  const rows = kpis.map((kpi, index) => {
    const margin = marginOf(margins[index] ?? "", units[index] ?? "", {
      inPercent,
      isMean: decidesOn[index] === "mean",
    });
    return {
      role: roleOf(roles[index] ?? ""),
      raw: { kpi, better: better[index], decides_on: decidesOn[index], margin },
    };
  });
  const inRole = (wanted: string): RawPlannedKpi[] => rows.filter(({ role }) => role === wanted).map(({ raw }) => raw);
  const [primary, ...more] = inRole("primary");
  if (more.length > 0) {
    throw new SixpackError("invalid-form", `Expected one KPI with the role primary, got ${more.length + 1}`);
  }
  const one = (name: string) => formValues(body, name)[0];
  const share = (name: string) => (inPercent ? asPercent(one(name) ?? "") : one(name));
  // The page shows the fields of the figure that decides; those of the other are sent as they were filled in before.
  const shown = inPercent ? primary?.decides_on : undefined;
  return {
    primary,
    secondary: inRole("secondary"),
    guardrails: inRole("guardrail"),
    roll_back: one("roll_back"),
    baseline_rate: shown === "mean" ? undefined : share("baseline_rate"),
    baseline_mean: shown === "rate" ? undefined : one("baseline_mean"),
    baseline_deviation: shown === "rate" ? undefined : one("baseline_deviation"),
    minimum_uplift: share("minimum_uplift"),
    power: share("power"),
    participants: one("participants"),
  };
}

const PLAIN_NUMBER = /^\s*-?[\d.]+\s*$/;

function asPercent(text: string): string {
  return PLAIN_NUMBER.test(text) ? `${text.trim()}%` : text;
}

function marginOf(
  text: string,
  unit: string,
  { inPercent, isMean }: { readonly inPercent: boolean; readonly isMean: boolean },
): string {
  if (!inPercent || !PLAIN_NUMBER.test(text)) return text;
  if (unit !== "absolute") return asPercent(text);
  return isMean ? text : String(Number(text) / 100);
}

/** Left out it is the primary one, which is all that a small form asks for. */
function roleOf(raw: string): PlanRole | typeof KPI_UNPLANNED {
  if (raw === "") return "primary";
  const role = ROW_ROLES.find((candidate) => candidate === raw);
  if (role === undefined) {
    throw new SixpackError("invalid-form", `Expected \`role\` as one of ${PLAN_ROLES.join(", ")}, got ${quote(raw)}`);
  }
  return role;
}

/** One value per KPI. A form that is shown again has them in one text with commas, which none of them can hold. */
export function rowsOf(body: unknown, name: string): readonly string[] {
  return formValues(body, name).flatMap((value) => value.split(",").map((item) => item.trim()));
}
