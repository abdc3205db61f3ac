/**
 * What the numbers of an experiment say: report, verdict, progress against the plan, and whether to trust them.
 *
 * Two facts are written down on the way, by compare-and-set: the counts at which the plan was first reached (they are the
 * planned look, and are never taken anew), and the first sample ratio alarm.
 */

import { isAdaptive } from "../../domain/epochs.ts";
import { SixpackError } from "../../domain/errors.ts";
import { alternativeIndex, type Experiment } from "../../domain/experiment.ts";
import { type KpiName, quote } from "../../domain/names.ts";
import type { Day } from "../../domain/period.ts";
import { hasFinalLook } from "../../domain/plan.ts";
import { withFinalLook, withSampleRatioLatched } from "../../domain/planning.ts";
import type { PlanReport, Report, Verdict } from "../../stats/report.ts";
import type { Store } from "../../store/store.ts";
import { changeDefinition } from "../change.ts";
import type { ServiceContext } from "../context.ts";
import { type AllocationEpoch, allocationOf } from "./allocation.ts";
import { type BanditReport, banditQuestion, banditReportSteps, HIDDEN_REASON } from "./bandit-report.ts";
import { type DayRange, type Folded, foldTallies } from "./fold.ts";
import { FoldCache } from "./fold-cache.ts";
import { type Health, healthOf } from "./health.ts";
import { reportInput } from "./input.ts";
import { ReportCache } from "./report-cache.ts";
import { Turns } from "./turns.ts";

export type AnalysisContext = Pick<ServiceContext, "store" | "clock">;

export interface AnalysisOptions {
  /** Name of the alternative that all others are compared to. @default the control */
  readonly baseline?: string | undefined;
  /** The KPI to show; it is in the report then. `null` is the default KPI. @default the one that decides */
  readonly kpi?: KpiName | null | undefined;
  /**
   * First and last day to look at. A range describes: it has no plan, no planned look, and no alarm is kept from it.
   * Conversions count on the day they happened, so an early convert of a late range may be of an earlier participant.
   */
  readonly from?: Day | undefined;
  readonly to?: Day | undefined;
}

export interface Analysis {
  /** The definition as stored now: it may be newer than the one asked about, by a frozen look or an alarm. */
  readonly experiment: Experiment;
  readonly report: Report;
  /** The same as `report.verdict`. */
  readonly verdict: Verdict;
  /** The same as `report.plan`. */
  readonly progress: PlanReport;
  /** The KPIs of `report.kpis`, in its order; `null` is the default one. */
  readonly kpis: readonly (KpiName | null)[];
  /** Position in `report.kpis` of the KPI asked for. */
  readonly shown: number;
  readonly range: DayRange;
  readonly health: Health;
  /** Epoch by epoch, who was to get which share. */
  readonly allocation: readonly AllocationEpoch[];
  /** `null` where no bandit ever shared clients out, and for a range of days. */
  readonly bandit: BanditReport | null;
  /** Why the figures for one planned look and the labels of 2.7 are not to be shown; `null` where they may be. */
  readonly hidden: string | null;
}

/**
 * @throws SixpackError unknown-alternative: `baseline` is none of the experiment's
 * @throws SixpackError store-unavailable, edit-conflict
 */
export async function analyse(
  context: AnalysisContext,
  experiment: Experiment,
  options: AnalysisOptions = {},
): Promise<Analysis> {
  const range: DayRange = { from: options.from ?? null, to: options.to ?? null };
  const folded = isWhole(range)
    ? (await memoryOf(context.store).folds.read(experiment)).folded
    : foldTallies(await context.store.readTallies(experiment), range);
  return analyseFolded(context, experiment, folded, range, options);
}

/** The same for tallies that were read already. */
export async function analyseFolded(
  context: AnalysisContext,
  asked: Experiment,
  folded: Folded,
  range: DayRange,
  options: AnalysisOptions,
): Promise<Analysis> {
  const { store, clock } = context;
  const baseline = options.baseline === undefined ? 0 : baselineIndex(asked, options.baseline);
  const whole = isWhole(range);
  const now = { nowMs: clock.nowMs(), today: clock.today() };
  let experiment = whole ? await frozen(context, asked, folded) : asked;
  const question = { baseline, kpi: options.kpi, whole };
  const { turns, reports } = memoryOf(store);
  const { kpis, asked: answer } = await turns.run(() => {
    const { input, kpis } = reportInput(experiment, folded, question, now);
    return { kpis, asked: reports.report(scopeOf(experiment), input) };
  });
  const report = await answer;
  const bandit = whole ? await banditOf(context, experiment, folded, report) : null;
  const { sampleRatio } = report;
  if (whole && sampleRatio.kind === "tested" && sampleRatio.alarm) experiment = await latched(context, experiment);
  return {
    experiment,
    report,
    verdict: report.verdict,
    progress: report.plan,
    kpis,
    shown: options.kpi === undefined ? 0 : Math.max(0, kpis.indexOf(options.kpi)),
    range,
    health: healthOf(experiment, folded, sampleRatio, now.today),
    allocation: allocationOf(experiment, folded),
    bandit,
    hidden: isAdaptive(experiment) ? HIDDEN_REASON : null,
  };
}

/** Its two parts are pieces of work of their own: the slice is a report like any other. */
async function banditOf(
  { store }: AnalysisContext,
  experiment: Experiment,
  folded: Folded,
  { settings, baseline }: Report,
): Promise<BanditReport | null> {
  const { turns, reports, bandits } = memoryOf(store);
  const question = banditQuestion(experiment, folded, settings, baseline);
  if (question === null) return null;
  const slice = await reports.report(`${scopeOf(experiment)}:explored`, question.input);
  const known = bandits.get(folded);
  if (known !== undefined && known.slice === slice && known.version === experiment.version) return known.bandit;
  const bandit = await turns.runSteps(banditReportSteps(experiment, folded, question, slice));
  bandits.set(folded, { version: experiment.version, slice, bandit });
  return bandit;
}

/** What is remembered of a store: incarnations are unique within it, and it all goes when the store goes. */
interface Memory {
  readonly turns: Turns;
  readonly reports: ReportCache;
  readonly folds: FoldCache;
  /** By the counts they were made of: whether to stop takes milliseconds to say. */
  readonly bandits: WeakMap<
    Folded,
    { readonly version: number; readonly slice: Report; readonly bandit: BanditReport }
  >;
}

const MEMORIES = new WeakMap<Store, Memory>();

export function memoryOf(store: Store): Memory {
  const known = MEMORIES.get(store);
  if (known !== undefined) return known;
  const turns = new Turns();
  const folds = new FoldCache(store, turns);
  const memory: Memory = { turns, reports: new ReportCache(turns), folds, bandits: new WeakMap() };
  MEMORIES.set(store, memory);
  return memory;
}

function isWhole({ from, to }: DayRange): boolean {
  return from === null && to === null;
}

function scopeOf({ name, incarnation }: Experiment): string {
  return `${name}:${incarnation}`;
}

/** The definition, with the counts at hand as its planned look if they are the first to reach the plan. */
async function frozen(context: AnalysisContext, experiment: Experiment, folded: Folded): Promise<Experiment> {
  if (!isDue(experiment, folded.participants)) return experiment;
  const { cells, participants } = folded;
  const look = { atMs: context.clock.nowMs(), participants, cells };
  return change(context, experiment, (stored) =>
    // The plan may have been changed meanwhile to a larger one.
    isDue(stored, participants) ? withFinalLook(stored, look) : stored,
  );
}

export function isDue(experiment: Experiment, participants: number): boolean {
  // Weights that follow the results leave no look of a fixed size.
  if (isAdaptive(experiment)) return false;
  const { planning } = experiment;
  const size = planning.plan?.size ?? null;
  return size !== null && planning.finalLook === null && participants >= size.participants && hasFinalLook(planning);
}

/** The definition with the sample ratio alarm written down. */
export function latched(context: AnalysisContext, experiment: Experiment): Promise<Experiment> {
  const nowMs = context.clock.nowMs();
  return experiment.planning.sampleRatioLatchedAtMs === null
    ? change(context, experiment, (stored) => withSampleRatioLatched(stored, nowMs))
    : Promise.resolve(experiment);
}

/** A change by the server to this life only: after a reset or delete the counts at hand belong to no definition. */
async function change(
  { store }: AnalysisContext,
  experiment: Experiment,
  step: (stored: Experiment) => Experiment,
): Promise<Experiment> {
  const stored = await changeDefinition(store, experiment.name, (found) =>
    found.incarnation === experiment.incarnation ? step(found) : found,
  );
  return stored?.incarnation === experiment.incarnation ? stored : experiment;
}

/** @throws SixpackError unknown-alternative */
function baselineIndex(experiment: Experiment, name: string): number {
  const index = alternativeIndex(experiment, name);
  if (index === -1) {
    const names = experiment.alternatives.map((alternative) => alternative.name).join(", ");
    throw new SixpackError("unknown-alternative", `Expected \`baseline\` as one of ${names}, got ${quote(name)}`);
  }
  return index;
}
