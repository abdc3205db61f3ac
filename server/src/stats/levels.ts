/** Which claims are one family, and how much of alpha each family may err. */
import { type KpiSpec, type ReportInput, SETTINGS_DEFAULT, type Settings } from "./input.ts";
import type { KpiReport, Levels } from "./report.ts";

type Roled = Pick<KpiSpec, "role">;

/** Of a question, or of the report that answers it. */
interface Compared {
  readonly arms: readonly unknown[];
  readonly kpis: readonly Roled[];
  readonly settings?: Partial<Pick<Settings, "chosenAmong">>;
}

/**
 * All claims of an experiment together err at alpha. A plan splits it between looking at any time and one final look (a late
 * plan and adaptive weights have none), and harm to guardrails is paid for out of the part for looking at any time.
 */
export function levelsOf(
  { plan, kpis }: Pick<ReportInput, "plan" | "kpis">,
  { alpha, alphaContinuous, adaptive, rollBack }: Settings,
): Levels {
  const hasLook = plan !== undefined && plan.finalLook !== false && !adaptive;
  const anyTime = hasLook ? alphaContinuous : alpha;
  const final = hasLook ? alpha - alphaContinuous : 0;
  if (!kpis.some(({ role }) => role === "guardrail")) return { alpha, continuous: anyTime, final, harm: 0 };
  if (rollBack === "each") return { alpha, continuous: anyTime, final, harm: alpha };
  const harm = Math.min(alphaContinuous, alpha) / 2;
  return { alpha, continuous: anyTime - harm, final, harm };
}

/** Goals are the primary KPIs, or all secondary ones where no primary is named. */
export function familyOf(spec: Roled, all: readonly Roled[]): KpiReport["family"] {
  if (spec.role === "guardrail") return "guardrail";
  return spec.role === "primary" || !all.some(({ role }) => role === "primary") ? "goal" : "exploratory";
}

/** Among how many comparisons the level of a family is shared out: 1 where each guardrail rolls back by itself. */
export function familySize(
  compared: Compared,
  family: KpiReport["family"] = "goal",
  { rollBack }: Pick<Settings, "rollBack"> = SETTINGS_DEFAULT,
): number {
  return family === "guardrail" && rollBack === "each" ? 1 : Math.max(1, comparisonsOf(family, compared));
}

/** How many comparisons a family plans, also those that cannot be made yet, and those on KPIs that were passed over. */
export function comparisonsOf(family: KpiReport["family"], { arms, kpis, settings }: Compared): number {
  const chosenAmong = family === "goal" ? (settings?.chosenAmong ?? 1) : 1;
  return (arms.length - 1) * kpis.filter((kpi) => familyOf(kpi, kpis) === family).length * chosenAmong;
}
