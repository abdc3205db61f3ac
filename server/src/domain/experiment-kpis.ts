/** Which KPIs an experiment counts and decides on: what a first conversion, a plan, and people who drop one make of its definition. */
import { SixpackError } from "./errors.ts";
import { currentShares, type Experiment } from "./experiment.ts";
import { KPI_NUMBERS_MAX, KPIS_MAX, type KpiName, quote } from "./names.ts";
import { type Plan, planned, plannedKpis } from "./plan.ts";

/**
 * @param participants who took part so far: how much of the data the plan's maker may have seen
 * @throws SixpackError plan-carried-out once the planned look was made: another plan would be made to fit it
 */
export function withPlan(experiment: Experiment, plan: Plan | null, participants: number): Experiment {
  const { planning, noticed } = experiment;
  if (noticed.finalLook !== null) {
    throw new SixpackError(
      "plan-carried-out",
      `Expected ${experiment.name} to be short of its planned size, got ${noticed.finalLook.participants} participants`,
    );
  }
  const counted = plan === null ? experiment : withoutDrops(experiment, plan);
  return { ...counted, planning: planned(planning, plan, participants, currentShares(experiment)) };
}

/** Whoever plans for a KPI wants it counted. */
function withoutDrops(experiment: Experiment, plan: Plan): Experiment {
  const { droppedKpis = [] } = experiment;
  const left = droppedKpis.filter((kpi) => plannedKpis(plan).every((planned) => planned.kpi !== kpi));
  return left.length === droppedKpis.length ? experiment : withDroppedKpis(experiment, left);
}

/** @throws SixpackError too-many-kpis */
export function withKpi(experiment: Experiment, kpi: KpiName): Experiment {
  const { kpis, droppedKpis = [], name } = experiment;
  if (kpis.includes(kpi)) return experiment;
  if (kpis.length - droppedKpis.length >= KPIS_MAX || kpis.length >= KPI_NUMBERS_MAX) {
    throw new SixpackError("too-many-kpis", `Expected at most ${KPIS_MAX} KPIs in ${name}, got another: ${quote(kpi)}`);
  }
  return { ...experiment, kpis: [...kpis, kpi] };
}

export function isDropped({ droppedKpis }: Pick<Experiment, "droppedKpis">, kpi: string): boolean {
  return droppedKpis?.some((dropped) => dropped === kpi) === true;
}

/**
 * The definition in which these KPIs, and no others, are dropped. What was settled for one of them is open again.
 * @throws SixpackError too-many-kpis: too many would count then
 */
export function withDroppedKpis(experiment: Experiment, dropped: readonly KpiName[]): Experiment {
  const { droppedKpis: _, ...rest } = experiment;
  const { kpis, noticed, name } = experiment;
  const kept = kpis.filter((kpi) => dropped.includes(kpi));
  if (kpis.length - kept.length > KPIS_MAX) {
    throw new SixpackError("too-many-kpis", `Expected at most ${KPIS_MAX} KPIs in ${name}. Drop another one first`);
  }
  const deciding = noticed.decidingKpi;
  const isOpen = deciding !== null && deciding.name !== null && kept.includes(deciding.name);
  return {
    ...rest,
    ...(kept.length === 0 ? {} : { droppedKpis: kept }),
    noticed: isOpen ? { ...noticed, decidingKpi: null } : noticed,
  };
}
