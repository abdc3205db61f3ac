/** What a decision rests on: the KPI that decides, and the comparisons of arms that still take clients. */
import type { Evidence, KpiReport } from "./report.ts";
import { decidingArms } from "./shown.ts";
import type { Compared } from "./verdict-words.ts";

/** Whole days before anything but a mismatch or harm is said: a week has every weekday once. */
export const DAYS_MIN = 7;

/** The first primary KPI, else the first goal. */
export function decisionKpi({ kpis }: Pick<Evidence, "kpis">): KpiReport | null {
  const goals = kpis.filter((kpi) => kpi.kind === "analysed" && kpi.family === "goal");
  const goal = goals.find((kpi) => kpi.role === "primary") ?? goals[0];
  return goal?.kind === "analysed" ? goal : null;
}

/** Whether there are enough whole days to say that something is better. */
export function mayShip({ settings }: Pick<Evidence, "settings">): boolean {
  return settings.daysComplete >= DAYS_MIN;
}

/** Arms that take no clients any more are left out: there is nothing to decide about them. */
export function comparisons({ arms }: Evidence, kpi: KpiReport): Compared[] {
  return decidingArms(kpi).flatMap(({ name, comparison }, arm) =>
    comparison.kind === "compared" && arms[arm]?.retired !== true ? [{ arm, name, kpi, comparison }] : [],
  );
}

/** The comparisons that can stop an experiment: of the KPI that decides, and of guardrails. */
export function watched(evidence: Evidence, kpi: KpiReport | null): Compared[] {
  return evidence.kpis.flatMap((each) =>
    each.kind === "analysed" && (each === kpi || each.role !== "secondary") ? comparisons(evidence, each) : [],
  );
}
