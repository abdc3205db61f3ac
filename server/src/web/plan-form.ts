/** The form of a plan: one value per KPI in `kpi`, `role`, `better`, `decides_on` and `margin`, in the same order. */
import { SixpackError } from "../domain/errors.ts";
import type { Experiment } from "../domain/experiment.ts";
import { type KpiName, quote } from "../domain/names.ts";
import type { RawPlan, RawPlannedKpi } from "../domain/parse-plan.ts";
import type { Guardrail, Plan, PlannedKpi } from "../domain/plan.ts";

/** Roles of a KPI in a plan. */
export const PLAN_ROLES = ["primary", "secondary", "guardrail"] as const;
export type PlanRole = (typeof PLAN_ROLES)[number];
/** The role of a row that is there to be chosen from, and is no part of the plan. */
export const KPI_UNPLANNED = "none" as const;
export const ROW_ROLES = [...PLAN_ROLES, KPI_UNPLANNED] as const;

/** A form as it is filled in: texts, whether or not they make a plan. */
export interface PlanDraft {
  readonly baselineRate: string;
  readonly minimumUplift: string;
  readonly power: string;
  readonly rows: readonly PlanDraftRow[];
}

export interface PlanDraftRow {
  /** Empty for the default KPI. */
  readonly kpi: string;
  readonly role: string;
  readonly better: string;
  readonly decidesOn: string;
  readonly margin: string;
}

/** Usual chance to find what is looked for. */
const POWER_USUAL = 0.8;

/** The plan in force. Without one, a KPI is proposed as the one that decides. */
export function planDraftOf({ kpis, planning: { plan } }: Experiment, proposed: KpiName | null): PlanDraft {
  const size = plan?.size ?? null;
  const planned = plan === null ? [] : rowsOfPlan(plan);
  const left = [null, ...kpis].filter((kpi) => !planned.some((row) => row.kpi === (kpi ?? "")));
  return {
    baselineRate: percent(size?.baselineRate),
    minimumUplift: percent(size?.minimumUplift),
    power: percent(size?.power ?? POWER_USUAL),
    rows: [
      ...planned,
      ...left.map((kpi): PlanDraftRow => {
        const role = plan === null && kpi === proposed ? "primary" : KPI_UNPLANNED;
        return { kpi: kpi ?? "", role, better: "", decidesOn: "", margin: "" };
      }),
    ],
  };
}

function rowsOfPlan({ primary, secondary, guardrails }: Plan): readonly PlanDraftRow[] {
  const row = (role: PlanRole, { kpi, better, decidesOn }: PlannedKpi, margin = ""): PlanDraftRow => {
    return { kpi: kpi ?? "", role, better, decidesOn, margin };
  };
  return [
    row("primary", primary),
    ...secondary.map((planned) => row("secondary", planned)),
    ...guardrails.map((planned) => row("guardrail", planned, marginText(planned.margin))),
  ];
}

function marginText({ kind, value }: Guardrail["margin"]): string {
  return kind === "relative" ? percent(value) : String(value);
}

function percent(value: number | undefined): string {
  return value === undefined ? "" : `${Number((value * 100).toPrecision(6))}%`;
}

/** What was sent, to be shown again. A second row without a name was left blank, and is left out. */
export function planDraftIn(body: unknown): PlanDraft {
  const one = (name: string) => valuesOf(body, name)[0] ?? "";
  const columns = ["role", "better", "decides_on", "margin"].map((name) => rowsOf(body, name));
  const kpis = rowsOf(body, "kpi");
  const rows = kpis.map((kpi, index) => {
    const [role = "", better = "", decidesOn = "", margin = ""] = columns.map((column) => column[index] ?? "");
    return { kpi, role, better, decidesOn, margin };
  });
  return {
    baselineRate: one("baseline_rate"),
    minimumUplift: one("minimum_uplift"),
    power: one("power"),
    rows: rows.filter(({ kpi }, index) => kpi !== "" || kpis.indexOf("") === index),
  };
}

/**
 * `null` when the form asks for no plan: `clear` is `true`. Without any `kpi` the default KPI is the primary one.
 * @throws SixpackError invalid-form
 */
export function planField(body: unknown): RawPlan | null {
  if (valuesOf(body, "clear")[0] === "true") return null;
  const [roles, better, decidesOn, margins] = [
    rowsOf(body, "role"),
    rowsOf(body, "better"),
    rowsOf(body, "decides_on"),
    rowsOf(body, "margin"),
  ];
  const rows = rowsOf(body, "kpi").map((kpi, index) => ({
    role: roleOf(roles[index] ?? ""),
    raw: { kpi, better: better[index], decides_on: decidesOn[index], margin: margins[index] },
  }));
  const inRole = (wanted: string): RawPlannedKpi[] => rows.filter(({ role }) => role === wanted).map(({ raw }) => raw);
  const [primary, ...more] = inRole("primary");
  if (more.length > 0) {
    throw new SixpackError("invalid-form", `Expected one KPI with the role primary, got ${more.length + 1}`);
  }
  const one = (name: string) => valuesOf(body, name)[0];
  return {
    primary,
    secondary: inRole("secondary"),
    guardrails: inRole("guardrail"),
    baseline_rate: one("baseline_rate"),
    minimum_uplift: one("minimum_uplift"),
    power: one("power"),
    participants: one("participants"),
  };
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
function rowsOf(body: unknown, name: string): readonly string[] {
  return valuesOf(body, name).flatMap((value) => value.split(",").map((item) => item.trim()));
}

/** All values of a field, as text; numbers of a JSON body are written out. */
function valuesOf(body: unknown, name: string): readonly string[] {
  if (typeof body !== "object" || body === null || !Object.hasOwn(body, name)) return [];
  const value: unknown = Reflect.get(body, name);
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((item) => (typeof item === "string" ? item : typeof item === "number" ? String(item) : ""));
}
