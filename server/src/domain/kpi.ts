/**
 * A KPI as everything reads it: put together here, from the definition and the plan, and nowhere else.
 *
 *     kpisOf(experiment)               // the default KPI, then those that were reached
 *     kpiOf(experiment, "signup")      // also one that is only planned
 */
import type { Counts } from "./counts.ts";
import type { Experiment } from "./experiment.ts";
import { isDropped } from "./experiment-kpis.ts";
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

type Definition = Pick<Experiment, "kpis" | "droppedKpis" | "planning">;

/** The default KPI and every one that was reached and not dropped, by their numbers. */
export function kpisOf(experiment: Definition): readonly [CountedKpi, ...CountedKpi[]] {
  const named = experiment.kpis.map((name, index) => ({ ...kpiOf(experiment, name), number: index + 1 }));
  return [defaultKpi(experiment), ...named.filter((_, index) => !isDropped(experiment, experiment.kpis[index] ?? ""))];
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

/** The KPI that a caller means, if the experiment knows it and it was not dropped. */
export function findKpi(experiment: Definition, name: string | null): CountedKpi | undefined {
  if (name === null) return defaultKpi(experiment);
  // Every conversion asks: the other KPIs are not put together for it.
  const index = experiment.kpis.findIndex((known) => known === name);
  const known = experiment.kpis[index];
  return known === undefined || isDropped(experiment, known)
    ? undefined
    : { ...kpiOf(experiment, known), number: index + 1 };
}

/** Share of the conversions of the most used KPI below which another is taken for a stray call, not for a goal. */
const DECIDING_SHARE_MIN = 0.1;

/** Conversions with which a KPI has shown that it is what people measure. */
const DECIDING_CONVERSIONS_MIN = 20;

/**
 * The KPI that decides: the primary one of the plan. Without a plan the first one that is really used, the default KPI
 * before those with names: a choice made on the alternatives together, which favours none. Once it is settled it stays,
 * whatever is sent later: a decision, and the shares of a bandit, must not hang on one call of anybody.
 */
export function decidingKpi(experiment: Definition & Pick<Experiment, "noticed">, counts: Counts): Kpi {
  const { planning, noticed } = experiment;
  if (planning.plan !== null) return kpiOf(experiment, planning.plan.primary.kpi);
  if (noticed.decidingKpi !== null) return kpiOf(experiment, noticed.decidingKpi.name);
  const used = kpisOf(experiment).map((kpi) => ({ kpi, clients: counts.total(kpi.number).clients }));
  const most = Math.max(...used.map(({ clients }) => clients));
  const first = used.find(({ clients }) => clients > 0 && clients >= DECIDING_SHARE_MIN * most);
  return first?.kpi ?? used[1]?.kpi ?? defaultKpi(experiment);
}

/** Whether the KPI that decides is still open. */
export function awaitsKpi({ planning, noticed }: Experiment): boolean {
  return planning.plan === null && noticed.decidingKpi === null;
}

/** The KPI that decides from now on, if it is settled by these counts. */
export function settledKpi(experiment: Experiment, counts: Counts): Kpi | undefined {
  if (!awaitsKpi(experiment)) return undefined;
  const kpi = decidingKpi(experiment, counts);
  return counts.total(kpi.number).clients >= DECIDING_CONVERSIONS_MIN ? kpi : undefined;
}

export function kpiLabel(name: string | null): string {
  return name ?? "Default KPI";
}

/** The same within a sentence. */
export function kpiPhrase(name: string | null): string {
  return name ?? "the default KPI";
}
