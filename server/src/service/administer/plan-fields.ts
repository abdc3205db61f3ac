/** The fields of a plan: one value per KPI in `kpi`, `role`, `better`, `decides_on` and `margin`, in the same order. */
import { SixpackError } from "../../domain/errors.ts";
import { quote } from "../../domain/names.ts";
import type { RawPlan, RawPlannedKpi } from "../../domain/parse-plan.ts";

/** Roles of a KPI in a plan. */
export const PLAN_ROLES = ["primary", "secondary", "guardrail"] as const;
export type PlanRole = (typeof PLAN_ROLES)[number];
/** The role of a row that is there to be chosen from, and is no part of the plan. */
export const KPI_UNPLANNED = "none" as const;
export const ROW_ROLES = [...PLAN_ROLES, KPI_UNPLANNED] as const;

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
export function rowsOf(body: unknown, name: string): readonly string[] {
  return valuesOf(body, name).flatMap((value) => value.split(",").map((item) => item.trim()));
}

/** All values of a field, as text; numbers of a JSON body are written out. */
export function valuesOf(body: unknown, name: string): readonly string[] {
  if (typeof body !== "object" || body === null || !Object.hasOwn(body, name)) return [];
  const value: unknown = Reflect.get(body, name);
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((item) => (typeof item === "string" ? item : typeof item === "number" ? String(item) : ""));
}
