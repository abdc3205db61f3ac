/**
 * A KPI as everything reads it: put together here, from the definition and the plan, and nowhere else.
 *
 *     kpisOf(experiment)               // the default KPI, then those that were reached
 *     kpiOf(experiment, "signup")      // also one that is only planned
 */
import type { Counts } from "./counts.ts";
import type { Experiment } from "./experiment.ts";
import type { KpiName } from "./names.ts";
import { type PlannedKpi, plannedKpis } from "./plan.ts";

export interface Kpi extends Omit<PlannedKpi, "kpi"> {
  /** `null` for the default KPI. */
  readonly name: KpiName | null;
  /** By which records and tallies count it; `null` before anybody reached it. No tally has that. */
  readonly number: number | null;
  /** What people call it at the head of a row or table. */
  readonly label: string;
}

/** One that was reached, or that has no name. */
export interface CountedKpi extends Kpi {
  readonly number: number;
}

type Definition = Pick<Experiment, "kpis" | "planning">;

/** The default KPI and every one that was reached, each at the position of its number. */
export function kpisOf(experiment: Definition): readonly [CountedKpi, ...CountedKpi[]] {
  const named = experiment.kpis.map((name, index) => ({ ...kpiOf(experiment, name), number: index + 1 }));
  return [defaultKpi(experiment), ...named];
}

export function defaultKpi(experiment: Definition): CountedKpi {
  return { ...kpiOf(experiment, null), number: 0 };
}

/** The KPI of that name; without a `number` where nobody reached it. */
export function kpiOf({ kpis, planning }: Definition, name: KpiName | null): Kpi {
  const index = name === null ? -1 : kpis.indexOf(name);
  const planned = plannedKpis(planning.plan).find(({ kpi }) => kpi === name);
  return {
    name,
    number: name !== null && index === -1 ? null : index + 1,
    label: kpiLabel(name),
    better: planned?.better ?? "higher",
    decidesOn: planned?.decidesOn ?? "rate",
  };
}

/** The KPI that a caller means, if the experiment knows it. */
export function findKpi(experiment: Definition, name: string | null): CountedKpi | undefined {
  if (name === null) return defaultKpi(experiment);
  // Every conversion asks: the other KPIs are not put together for it.
  const index = experiment.kpis.findIndex((known) => known === name);
  const known = experiment.kpis[index];
  return known === undefined ? undefined : { ...kpiOf(experiment, known), number: index + 1 };
}

/**
 * The KPI that decides: the primary one of the plan. Without a plan the default KPI if anybody reached it, else the
 * named one that was reached first: a choice made on the alternatives together, which favours none.
 */
export function decidingKpi(experiment: Definition, counts: Counts): Kpi {
  const { plan } = experiment.planning;
  const unnamed = defaultKpi(experiment);
  if (plan !== null) return kpiOf(experiment, plan.primary.kpi);
  return counts.total(unnamed.number).clients > 0 ? unnamed : kpiOf(experiment, experiment.kpis[0] ?? null);
}

export function kpiLabel(name: string | null): string {
  return name ?? "Default KPI";
}

/** The same within a sentence. */
export function kpiPhrase(name: string | null): string {
  return name ?? "the default KPI";
}
