/**
 * A KPI as the rest of the code sees it, put together from the definition and the plan. Only this file does that.
 *
 *     kpisOf(experiment)               // the default KPI, then those that were reached
 *     kpiOf(experiment, "signup")      // also one that is only planned
 */
import type { Counts } from "./counts.ts";
import type { Experiment } from "./experiment.ts";
import { withChosenKpi } from "./experiment-kpis.ts";
import {
  awaitsPercentile,
  type Counted,
  DEFAULT_KPI,
  isOfMean,
  type KpiDefinition,
  partsOfLabel,
} from "./kpi-definition.ts";
import type { KpiName } from "./names.ts";
import { withNoticed } from "./noticed.ts";
import { type PlannedKpi, plannedKpis } from "./plan.ts";

export interface Kpi extends Omit<PlannedKpi, "kpi"> {
  /** `null` for the default KPI. */
  readonly name: KpiName | null;
  /** Its number in records and tallies; `null` before anybody reached it, so no tally has it. */
  readonly number: number | null;
  /** What people call it at the head of a row or table. */
  readonly label: string;
  /** The unit of its values, `€` or `min`; `null` if unknown. */
  readonly unit: string | null;
  /** By what it is counted; a plan may decide on another figure (`decidesOn`). */
  readonly counts: Counted;
  /** Its mean decides, and is to be capped by a percentile that was not taken yet. */
  readonly capAwaited: boolean;
}

/** One that was reached, or that has no name. */
interface CountedKpi extends Kpi {
  readonly number: number;
}

type Definition = Pick<Experiment, "kpis" | "planning">;

/** The default KPI and every one that was reached and not dropped, by their numbers. */
export function kpisOf(experiment: Definition): readonly [CountedKpi, ...CountedKpi[]] {
  const all = experiment.kpis.map((kpi, number) => ({ ...described(experiment, kpi), number }));
  const named = all.filter(({ number }) => number > 0 && experiment.kpis[number]?.dropped !== true);
  return [all[0] ?? defaultKpi(experiment), ...named];
}

export function defaultKpi(experiment: Definition): CountedKpi {
  return { ...kpiOf(experiment, null), number: 0 };
}

/** The KPI of that name; without a `number` where nobody reached it. */
export function kpiOf(experiment: Definition, name: KpiName | null): Kpi {
  const number = experiment.kpis.findIndex((kpi) => kpi.name === name);
  const kpi = experiment.kpis[number] ?? (name === null ? DEFAULT_KPI : { name });
  return { ...described(experiment, kpi), number: name !== null && number === -1 ? null : Math.max(0, number) };
}

/**
 * The one place that says which figure a KPI is shown and decided by: the plan's where it names the KPI, else what the KPI
 * counts.
 */
function described({ planning }: Definition, kpi: KpiDefinition): Omit<Kpi, "number"> {
  const { name, counts = "rate", better = "higher" } = kpi;
  const planned = plannedKpis(planning.plan).find((one) => one.kpi === name);
  const { text, unit } = partsOfLabel(kpi.label ?? kpiLabel(name));
  const decidesOn = planned?.decidesOn ?? (isOfMean(counts) ? "mean" : "rate");
  return {
    name,
    label: text,
    unit,
    counts,
    better: planned?.better ?? better,
    decidesOn,
    capAwaited: decidesOn === "mean" && awaitsPercentile(kpi),
  };
}

/** The KPI that a caller means, if the experiment knows it and it was not dropped. */
export function findKpi(experiment: Definition, name: string | null): CountedKpi | undefined {
  if (name === null) return defaultKpi(experiment);
  // Runs for every conversion, so it puts together only the one that is asked for.
  const number = experiment.kpis.findIndex((known) => known.name === name);
  const known = experiment.kpis[number];
  return known === undefined || known.dropped === true ? undefined : { ...described(experiment, known), number };
}

/** A KPI with less than this share of the conversions of the most used one counts as a stray call, not as a goal. */
const DECIDING_SHARE_MIN = 0.1;

/** Conversions after which a KPI counts as really used. */
const DECIDING_CONVERSIONS_MIN = 20;

/**
 * The KPI that decides: the primary one of the plan. Without a plan the first one that is really used, the default KPI
 * before those with names: a choice made on the alternatives together, which favours none. Once settled it stays,
 * whatever is sent later: no single call may change what a decision or a bandit rests on.
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

/** Whether it is still open by which figure some KPI counts. */
export function awaitsValues({ kpis }: Experiment): boolean {
  return kpis.some(({ counts }) => counts === undefined);
}

/** The definition in which KPIs that got values, and of which nobody said what they count, count their values. */
export function withFoundValues(experiment: Experiment, counts: Counts): Experiment {
  if (!awaitsValues(experiment)) return experiment;
  const found = new Set<number>();
  for (const { metric, squares } of counts.cells()) if (squares !== 0) found.add(metric);
  const isFound = ({ counts: known }: KpiDefinition, number: number) => known === undefined && found.has(number);
  if (!experiment.kpis.some(isFound)) return experiment;
  const kpis = experiment.kpis.map((kpi, number): KpiDefinition => {
    return isFound(kpi, number) ? { ...kpi, counts: "value" } : kpi;
  });
  return { ...experiment, kpis };
}

/**
 * The definition in which that KPI decides. Whether its rate or its mean decides is settled too: no single later call
 * may change it.
 */
export function withDecidingKpi(experiment: Experiment, name: KpiName | null, atMs: number): Experiment {
  const kpis = experiment.kpis.map((kpi): KpiDefinition => (kpi.name === name ? { counts: "rate", ...kpi } : kpi));
  return withNoticed({ ...experiment, kpis }, { decidingKpi: { name, atMs } });
}

/**
 * `after` with the note that another KPI decides than `before`, if anybody may have chosen it by its data, or has looked at the
 * other one's. @param counts of all alternatives together
 */
export function withChoiceNoted(before: Experiment, after: Experiment, counts: Counts): Experiment {
  const [was, is] = [before, after].map((experiment) => decidingKpi(experiment, counts));
  if (was === undefined || is === undefined || was.name === is.name) return after;
  const reached = Math.max(counts.total(was.number).clients, counts.total(is.number).clients);
  if (reached < DECIDING_CONVERSIONS_MIN) return after;
  return withChosenKpi(after, before.kpis.filter((_, number) => counts.total(number).clients > 0).length);
}

export function kpiLabel(name: string | null): string {
  return name ?? "Default KPI";
}

/** The same within a message that knows the name alone. */
export function kpiPhrase(name: string | null): string {
  return name ?? "the default KPI";
}

/** What people call it in words of their own; `null` where that is its name, but for capitals. */
export function ownLabel({ name, label }: Pick<Kpi, "name" | "label">): string | null {
  return label.toLowerCase() === kpiLabel(name).toLowerCase() ? null : label;
}

/** A KPI within a sentence. */
export function kpiWords(kpi: Pick<Kpi, "name" | "label">): string {
  return ownLabel(kpi) ?? kpiPhrase(kpi.name);
}

/** What a page calls a KPI that is shown by its mean. */
export function meanOf({ name, label, counts }: Pick<Kpi, "name" | "label" | "counts">): string {
  if (counts === "events") {
    return name === null && label === kpiLabel(null) ? "conversions per visitor" : `number of ${label}`;
  }
  return name === null && label === kpiLabel(null) ? "mean value per visitor" : `mean of ${label}`;
}
