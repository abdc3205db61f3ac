/**
 * What the server notices by itself, each fact once in a life: the counts at which the plan was first reached, the
 * first sample ratio alarm, the KPI that decides where nobody planned one, and what looks concluded. Only
 * `service/analysis/notebook.ts` writes them down.
 */
import { isAdaptive } from "./epochs.ts";
import type { Experiment, Noticed } from "./experiment.ts";
import { FACT_KINDS, FACTS_MAX, type Fact, type FactKind, type NewFact } from "./fact.ts";
import { awaitsPercentile } from "./kpi-definition.ts";
import { hasFinalLook, isPlanned } from "./plan.ts";

/** Whether an experiment still waits for its planned look. While a winner is set, everybody gets it, and data compare nothing. */
export function awaitsLook(experiment: Experiment): boolean {
  const { planning, noticed, winner } = experiment;
  if (winner !== null) return false;
  // A planned look needs fixed weights: a bandit's follow the results.
  return planning.plan?.size != null && noticed.finalLook === null && hasFinalLook(planning) && !isAdaptive(experiment);
}

/**
 * Whether so many participants reach the planned size; the look is taken once they also have enough to say, and once the
 * percentiles are known by which planned KPIs are to be capped: it is of the figures that were asked for, or not at all.
 */
export function isLookDue(experiment: Experiment, participants: number): boolean {
  const { planning, kpis } = experiment;
  const size = planning.plan?.size?.participants ?? Number.POSITIVE_INFINITY;
  if (!awaitsLook(experiment) || participants < size) return false;
  return !kpis.some((kpi) => awaitsPercentile(kpi) && isPlanned(experiment, kpi.name));
}

/** Whether a sample ratio alarm would be the first. */
export function awaitsAlarm({ noticed, alternatives }: Experiment): boolean {
  return noticed.sampleRatioMismatchAtMs === null && alternatives.length > 1;
}

/** The definition with these of the noticed facts in it. */
export function withNoticed(experiment: Experiment, fact: Partial<Noticed>): Experiment {
  return { ...experiment, noticed: { ...experiment.noticed, ...fact } };
}

/** Adds the facts that the definition doesn't have yet; returns it unchanged if it has all. */
export function withFacts(experiment: Experiment, found: readonly NewFact[], atMs: number): Experiment {
  const { facts = [] } = experiment.noticed;
  const fresh = found.filter((one) => !facts.some(({ kind, subject }) => kind === one.kind && subject === one.subject));
  if (fresh.length === 0) return experiment;
  const all = [...facts, ...fresh.map((one): Fact => ({ ...one, atMs, untold: true }))];
  return withNoticed(experiment, { facts: FACT_KINDS.reduce(withoutOldest, all) });
}

function withoutOldest(facts: readonly Fact[], kind: FactKind): readonly Fact[] {
  const dropped = new Set(facts.filter((fact) => fact.kind === kind).slice(0, -FACTS_MAX));
  return dropped.size === 0 ? facts : facts.filter((fact) => !dropped.has(fact));
}

export function untoldFacts({ noticed }: Pick<Experiment, "noticed">): readonly Fact[] {
  return (noticed.facts ?? []).filter(({ untold }) => untold === true);
}

/** Marks these facts as told. */
export function withTold(experiment: Experiment, told: readonly Fact[]): Experiment {
  const facts = (experiment.noticed.facts ?? []).map(({ untold, ...fact }): Fact => {
    const isTold = told.some(
      ({ kind, subject, atMs }) => kind === fact.kind && subject === fact.subject && atMs === fact.atMs,
    );
    return isTold || untold === undefined ? fact : { ...fact, untold };
  });
  return withNoticed(experiment, { facts });
}
