/** Which KPIs an experiment counts and decides on, and how conversions, plans and people change that. */
import { SixpackError } from "./errors.ts";
import { currentShares, type Experiment } from "./experiment.ts";
import { type KpiDefinition, type RawKpiSettings, withSettings } from "./kpi-definition.ts";
import { KPI_NUMBERS_MAX, KPIS_MAX, type KpiName, quote } from "./names.ts";
import { type Plan, planned, plannedKpis } from "./plan.ts";

type Kpis = Pick<Experiment, "kpis">;

/**
 * @param participants who took part so far: how much of the data the plan's maker may have seen
 * @throws SixpackError plan-carried-out once the planned look was made: another plan would be made to fit it
 */
export function withPlan(experiment: Experiment, plan: Plan | null, participants: number): Experiment {
  const { planning, noticed } = experiment;
  if (noticed.finalLook !== null) {
    throw new SixpackError(
      "plan-carried-out",
      `Expected ${experiment.name} to be short of its planned size, got ${noticed.finalLook.participants} visitors`,
    );
  }
  const counted = plan === null ? experiment : withoutDrops(experiment, plan);
  return { ...counted, planning: planned(planning, plan, participants, currentShares(experiment)) };
}

/** The definition in which the KPI that decides counts as chosen among so many: never fewer than the two. */
export function withChosenKpi(experiment: Experiment, among: number): Experiment {
  const { planning } = experiment;
  return { ...experiment, planning: { ...planning, chosenAmong: Math.max(2, among, planning.chosenAmong ?? 0) } };
}

/** Whoever plans for a KPI wants it counted. */
function withoutDrops(experiment: Experiment, plan: Plan): Experiment {
  const dropped = droppedKpis(experiment);
  const left = dropped.filter((kpi) => plannedKpis(plan).every((planned) => planned.kpi !== kpi));
  return left.length === dropped.length ? experiment : withDroppedKpis(experiment, left);
}

/** @throws SixpackError too-many-kpis */
export function withKpi(experiment: Experiment, kpi: KpiName): Experiment {
  const { kpis, name } = experiment;
  if (kpis.some((known) => known.name === kpi)) return experiment;
  if (namedKpis(experiment).length >= KPIS_MAX || kpis.length > KPI_NUMBERS_MAX) {
    throw new SixpackError("too-many-kpis", `Expected at most ${KPIS_MAX} KPIs in ${name}, got another: ${quote(kpi)}`);
  }
  return { ...experiment, kpis: [...kpis, { name: kpi }] };
}

/** What people say of a KPI that is there. @throws SixpackError invalid-form, unknown-kpi */
export function withKpiSettings(experiment: Experiment, name: string | null, raw: RawKpiSettings): Experiment {
  const number = experiment.kpis.findIndex((kpi) => kpi.name === name);
  const kpi = experiment.kpis[number];
  if (kpi === undefined) throw unknownKpi(experiment, name ?? "");
  return { ...experiment, kpis: experiment.kpis.with(number, withSettings(kpi, raw)) };
}

/** The named ones that count, as they came. */
export function namedKpis({ kpis }: Kpis): readonly KpiName[] {
  return kpis.flatMap(({ name, dropped }) => (name === null || dropped === true ? [] : [name]));
}

/** Those that a person took away, as they came. */
export function droppedKpis({ kpis }: Kpis): readonly KpiName[] {
  return kpis.flatMap(({ name, dropped }) => (name !== null && dropped === true ? [name] : []));
}

/** Of a name; `undefined` where the experiment never had it. */
export function kpiNamed({ kpis }: Kpis, name: string | null): KpiDefinition | undefined {
  return kpis.find((kpi) => kpi.name === name);
}

export function isDropped(experiment: Kpis, kpi: string): boolean {
  return kpiNamed(experiment, kpi)?.dropped === true;
}

/**
 * The definition in which these KPIs, and no others, are dropped. If one of them was the KPI that decides, that is open
 * again, and the next one counts as chosen.
 * @throws SixpackError too-many-kpis: too many would count then
 */
export function withDroppedKpis(experiment: Experiment, dropped: readonly string[]): Experiment {
  const { noticed, name } = experiment;
  const kpis = experiment.kpis.map(({ dropped: _, ...kpi }): KpiDefinition => {
    return kpi.name !== null && dropped.includes(kpi.name) ? { ...kpi, dropped: true } : kpi;
  });
  const next = { ...experiment, kpis };
  if (namedKpis(next).length > KPIS_MAX) {
    throw new SixpackError("too-many-kpis", `Expected at most ${KPIS_MAX} KPIs in ${name}. Drop another one first`);
  }
  const deciding = noticed.decidingKpi;
  const isOpen = deciding !== null && deciding.name !== null && isDropped(next, deciding.name);
  return isOpen ? withChosenKpi({ ...next, noticed: { ...noticed, decidingKpi: null } }, kpis.length) : next;
}

export function unknownKpi({ name }: Pick<Experiment, "name">, raw: string): SixpackError {
  return new SixpackError("unknown-kpi", `Expected a KPI of ${name}, got ${quote(raw)}`);
}
