/**
 * From an experiment and its counts to the question the statistics engine is asked. Pure: the same counts on the
 * same day are the same question, which is what answers are remembered by.
 */
import { conclusionsOn, type JudgedKpi } from "../../domain/conclusion.ts";
import type { Counts } from "../../domain/counts.ts";
import { isAdaptive } from "../../domain/epochs.ts";
import { decisionOf, type Experiment } from "../../domain/experiment.ts";
import { decidingKpi, findKpi, type Kpi, kpiOf, kpisOf, ownLabel } from "../../domain/kpi.ts";
import { dayText } from "../../domain/period.ts";
import { baselineOf, type FrozenCell, type Guardrail, hasFinalLook, type Planning } from "../../domain/plan.ts";
import { decidingSection } from "../../stats/cells.ts";
import type { KpiSpec, PlanInput, ReportInput } from "../../stats/input.ts";
import { type Lateness, latenessOf, ON_TIME } from "../../stats/lateness.ts";
import { changed } from "../../stats/pooling.ts";
import type { ReachedBefore } from "../../stats/standing.ts";
import { type Days, trafficOf } from "./days.ts";
import { epochCounts } from "./epoch-counts.ts";

/** What a report calls the KPI without a name. No named KPI can be called so, because of the blank. */
export const DEFAULT_KPI_LABEL = "conversion rate";
/** The same where it decides on a mean. */
const DEFAULT_KPI_MEAN_LABEL = "value per participant";
/** The same where it counts conversions. */
const DEFAULT_KPI_EVENTS_LABEL = "conversions per participant";

/** Most KPIs in one report, unless a plan names more; those beyond are analysed when they are asked for. */
const KPIS_ANALYSED_MAX = 10;

export interface Question {
  /** Position of the alternative that all others are compared to. */
  readonly baseline: number;
  /** Name of a KPI that has to be in the report, `null` for the default one; `undefined` asks for none in particular. */
  readonly kpi: string | null | undefined;
  /** False for a range of days: a part of the data is described, and decides nothing. */
  readonly whole: boolean;
}

export interface Asked {
  readonly input: ReportInput;
  /** The KPIs of the report, in its order. */
  readonly kpis: readonly Kpi[];
}

export function reportInput(asked: Experiment, counts: Counts, question: Question, days: Days): Asked {
  // A range of days has no plan.
  const experiment = question.whole ? asked : { ...asked, planning: { ...asked.planning, plan: null } };
  const { planning, noticed, alternatives } = experiment;
  const roles = rolesOf(experiment, counts, question.kpi);
  const kpis = roles.map(({ kpi }) => kpi);
  const finalCells = planning.plan === null ? null : (noticed.finalLook?.cells ?? null);
  const cells = [...counts.cells()];
  const withValues = kpis.map((kpi) => kpi.decidesOn === "mean" || hasValues([...cells, ...(finalCells ?? [])], kpi));
  const planInput = planInputOf(planning);
  const epochs = epochCounts(experiment, cells, kpis, withValues, counts);
  const specs = roles.map(({ spec }) => spec);
  const input: ReportInput = {
    arms: alternatives.map(({ name, retiredInEpoch }) => ({ name, retired: retiredInEpoch !== null })),
    kpis: specs,
    epochs,
    lateness: kpis.map((kpi) => latenessIn(counts, kpi, changed(epochs))),
    baseline: question.baseline,
    ...(planInput === null ? {} : { plan: planInput }),
    ...(finalCells === null ? {} : { finalLook: epochCounts(experiment, finalCells, kpis, withValues) }),
    ...(question.whole && question.baseline === 0
      ? {
          reached: reachedBefore(experiment, kpis),
          ...decidedBefore(experiment, kpis[0]),
        }
      : { describes: true }),
    settings: {
      tuningSize: planning.tuningSize,
      rollBack: planning.plan?.rollBack ?? "experiment",
      chosenAmong: planning.chosenAmong ?? 1,
      ...trafficOf(experiment, days),
      sampleRatioLatched: question.whole && noticed.sampleRatioMismatchAtMs !== null,
      adaptive: isAdaptive(experiment),
    },
  };
  return { input, kpis };
}

/** Within epochs where the report compares so. */
function latenessIn(counts: Counts, { number }: Kpi, stratified: boolean): Lateness {
  if (number === null) return ON_TIME;
  const cohorts = counts.cohorts.of(number, counts.total(number).clients);
  return latenessOf(stratified ? cohorts : [cohorts.flat()]);
}

/** The terms on which a KPI of an experiment is judged. */
export function judgedOn(experiment: Pick<Experiment, "planning" | "kpis">, kpi: Kpi): JudgedKpi {
  const { name, better, decidesOn, counts, number } = kpi;
  const guardrail = experiment.planning.plan?.guardrails.find((one) => one.kpi === name);
  const terms = { kpi: name, better, decidesOn, margin: guardrail?.margin ?? null };
  if (decidesOn === "rate") return terms;
  const cap = number === null ? undefined : experiment.kpis[number]?.cap?.amount;
  return { ...terms, ...(counts === "events" ? { counts } : {}), ...(cap === undefined ? {} : { cap }) };
}

function reachedBefore(experiment: Experiment, kpis: readonly Kpi[]): readonly ReachedBefore[] {
  const { conclusions } = experiment.noticed;
  return kpis.flatMap((kpi, index) =>
    (kpi.capAwaited ? [] : conclusionsOn(conclusions, judgedOn(experiment, kpi))).map((one) => {
      const { alternative, day, says, by, p, participants, difference, uplift } = one;
      return { kpi: index, arm: alternative, on: dayText(day), says, by, p, participants, difference, uplift };
    }),
  );
}

/** Terms that people changed after they decided are another question, of which nothing had been concluded. */
function decidedBefore(experiment: Experiment, kpi: Kpi | undefined): Pick<ReportInput, "decided"> {
  const record = decisionOf(experiment);
  if (record === undefined) return {};
  const { better, decidesOn, arms } = record;
  const isSame = kpi?.name === record.kpi && kpi.better === better && decidingSection(kpi) === decidesOn;
  return { decided: isSame ? arms.map(({ conclusion }) => conclusion) : [] };
}

interface Role {
  readonly kpi: Kpi;
  readonly spec: KpiSpec;
}

/** The KPIs of a report and their roles, the one that decides first. */
function rolesOf(experiment: Experiment, counts: Counts, asked: string | null | undefined): readonly Role[] {
  const { plan } = experiment.planning;
  const roles: Role[] = [roleOf(decidingKpi(experiment, counts), "primary")];
  for (const { kpi } of plan?.secondary ?? []) roles.push(roleOf(kpiOf(experiment, kpi), "secondary"));
  for (const { kpi, margin } of plan?.guardrails ?? []) {
    roles.push(roleOf(kpiOf(experiment, kpi), "guardrail", margin));
  }
  const explore = (kpi: Kpi | undefined) => {
    if (kpi === undefined || roles.some((role) => role.kpi.name === kpi.name)) return;
    roles.push(roleOf(kpi, "secondary"));
  };
  const [unnamed, ...named] = kpisOf(experiment);
  const isUsed = named.length === 0 || counts.total(unnamed.number).clients > 0;
  for (const kpi of isUsed ? [unnamed, ...named] : named) if (roles.length < KPIS_ANALYSED_MAX) explore(kpi);
  if (asked !== undefined) explore(findKpi(experiment, asked));
  return roles;
}

function roleOf(kpi: Kpi, role: KpiSpec["role"], margin?: Guardrail["margin"]): Role {
  const { better, decidesOn, capAwaited, unit } = kpi;
  const label = ownLabel(kpi);
  const more = {
    ...(label === null ? {} : { label }),
    ...(unit === null ? {} : { unit }),
    ...(capAwaited ? { capAwaited } : {}),
    ...(margin === undefined ? {} : { margin }),
  };
  return { kpi, spec: { name: specName(kpi), role, better, decidesOn, ...more } };
}

export function specName({ name, decidesOn, counts }: Pick<Kpi, "name" | "decidesOn" | "counts">): string {
  if (name !== null) return name;
  if (decidesOn === "rate") return DEFAULT_KPI_LABEL;
  return counts === "events" ? DEFAULT_KPI_EVENTS_LABEL : DEFAULT_KPI_MEAN_LABEL;
}

/** Values were sent with conversions of this KPI: only then is there a mean to speak of. */
function hasValues(cells: readonly FrozenCell[], { number }: Kpi): boolean {
  return cells.some(({ metric, squares }) => metric === number && squares !== 0);
}

function planInputOf(planning: Planning): PlanInput | null {
  const { plan } = planning;
  if (plan === null || plan.size === null) return null;
  const { participants, minimumUplift, power } = plan.size;
  return {
    participants,
    baseline: baselineOf(plan.size),
    minimumUplift: plan.primary.better === "higher" ? minimumUplift : -minimumUplift,
    power,
    finalLook: hasFinalLook(planning),
  };
}
