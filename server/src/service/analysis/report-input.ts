/**
 * From an experiment and its counts to the question the statistics engine is asked. Pure: the same counts on the
 * same day are the same question, which is what answers are remembered by.
 */
import type { Counts } from "../../domain/counts.ts";
import { isAdaptive } from "../../domain/epochs.ts";
import { DEFAULT_KPI, type Experiment, kpiNumber } from "../../domain/experiment.ts";
import type { KpiName } from "../../domain/names.ts";
import { decidingKpi, type FrozenCell, hasFinalLook, type Plan, type PlannedKpi } from "../../domain/plan.ts";
import type { KpiSpec, PlanInput, ReportInput } from "../../stats/input.ts";
import type { Days } from "./days.ts";
import { epochCounts } from "./epoch-counts.ts";

/** What a report calls the KPI without a name; the blank keeps it apart from every KPI that has one. */
export const DEFAULT_KPI_LABEL = "conversion rate";

/** Most KPIs in one report, unless a plan names more; those beyond are analysed when they are asked for. */
export const KPIS_ANALYSED_MAX = 10;

export interface Question {
  /** Position of the alternative that all others are compared to. */
  readonly baseline: number;
  /** A KPI that has to be in the report; `undefined` asks for none in particular. */
  readonly kpi: KpiName | null | undefined;
  /** False for a range of days: a part of the data is described, and decides nothing. */
  readonly whole: boolean;
}

export interface Asked {
  readonly input: ReportInput;
  /** The KPIs of the report, in its order; `null` is the default one. */
  readonly kpis: readonly (KpiName | null)[];
}

export function reportInput(experiment: Experiment, counts: Counts, question: Question, days: Days): Asked {
  const { planning, noticed, alternatives } = experiment;
  const plan = question.whole ? planning.plan : null;
  const roles = rolesOf(experiment, counts, plan, question.kpi);
  const kpis = roles.map(({ kpi }) => kpi);
  const finalCells = question.whole && plan !== null ? (noticed.finalLook?.cells ?? null) : null;
  const cells = [...counts.cells()];
  const withValues = kpis.map((kpi) => hasValues(experiment, [...cells, ...(finalCells ?? [])], kpi));
  const planInput = planInputOf(experiment, plan);
  const input: ReportInput = {
    arms: alternatives.map(({ name }) => ({ name })),
    kpis: roles.map(({ spec }) => spec),
    epochs: epochCounts(experiment, cells, kpis, withValues),
    baseline: question.baseline,
    ...(planInput === null ? {} : { plan: planInput }),
    ...(finalCells === null ? {} : { finalLook: epochCounts(experiment, finalCells, kpis, withValues) }),
    settings: {
      tuningSize: planning.tuningSize,
      daysComplete: days.whole,
      recentDailyParticipants: days.recent,
      sampleRatioLatched: question.whole && noticed.sampleRatioMismatchAtMs !== null,
      adaptive: isAdaptive(experiment),
    },
  };
  return { input, kpis };
}

interface Role {
  readonly kpi: KpiName | null;
  readonly spec: KpiSpec;
}

/**
 * The KPIs of a report and their roles, the one that decides first: `decidingKpi`.
 */
function rolesOf(
  experiment: Experiment,
  counts: Counts,
  plan: Plan | null,
  asked: KpiName | null | undefined,
): readonly Role[] {
  const used = experiment.kpis.length === 0 || counts.total(DEFAULT_KPI).clients > 0;
  const known: readonly (KpiName | null)[] = used ? [null, ...experiment.kpis] : experiment.kpis;
  const roles: Role[] = [];
  if (plan === null) {
    const { kpi: first } = decidingKpi(null, experiment.kpis, used);
    roles.push({ kpi: first, spec: { name: labelOf(first), role: "primary" } });
  } else {
    roles.push(plannedRole(plan.primary, "primary"));
    for (const kpi of plan.secondary) roles.push(plannedRole(kpi, "secondary"));
    for (const kpi of plan.guardrails) {
      const { kpi: name, spec } = plannedRole(kpi, "guardrail");
      roles.push({ kpi: name, spec: { ...spec, margin: kpi.margin } });
    }
  }
  const explore = (kpi: KpiName | null) => {
    if (roles.some((role) => role.kpi === kpi)) return;
    roles.push({ kpi, spec: { name: labelOf(kpi), role: "secondary" } });
  };
  for (const kpi of known) if (roles.length < KPIS_ANALYSED_MAX) explore(kpi);
  if (asked !== undefined) explore(asked);
  return roles;
}

function plannedRole({ kpi, better, decidesOn }: PlannedKpi, role: KpiSpec["role"]): Role {
  return { kpi, spec: { name: labelOf(kpi), role, better, decidesOn } };
}

export function labelOf(kpi: KpiName | null): string {
  return kpi ?? DEFAULT_KPI_LABEL;
}

/** Values were sent with conversions of this KPI: only then is there a mean to speak of. */
function hasValues(experiment: Experiment, cells: readonly FrozenCell[], kpi: KpiName | null): boolean {
  const number = kpiNumber(experiment, kpi);
  return cells.some(({ metric, squares }) => metric === number && squares !== 0);
}

function planInputOf(experiment: Experiment, plan: Plan | null): PlanInput | null {
  if (plan === null || plan.size === null) return null;
  const { participants, baselineRate, minimumUplift, power } = plan.size;
  return {
    participants,
    baselineRate,
    minimumUplift: plan.primary.better === "higher" ? minimumUplift : -minimumUplift,
    power,
    finalLook: hasFinalLook(experiment.planning),
  };
}
