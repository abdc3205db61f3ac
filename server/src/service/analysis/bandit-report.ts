/**
 * What can honestly be said of a bandit beside the report: the slice that was drawn evenly as a test of its own, what
 * the unequal shares brought, and whether it is time to stop. docs/statistics.md#bandits says why the usual figures
 * are hidden.
 */
import { activeIndexes, isAdaptive, wasActive } from "../../domain/epochs.ts";
import { alternativeName, currentEpoch, type Epoch, type Experiment, kpiNumber } from "../../domain/experiment.ts";
import type { KpiName } from "../../domain/names.ts";
import type { FrozenCell } from "../../domain/plan.ts";
import { decidingKpi } from "../../domain/planning.ts";
import {
  BATCH_INTERVAL_MIN_MS,
  banditPosteriors,
  countParticipants,
  participantsLeft,
} from "../../domain/policy/thompson.ts";
import { PARTICIPATION } from "../../domain/tally.ts";
import { BANDIT_DAYS_MIN, type StoppingAdvice, stoppingAdviceSteps } from "../../stats/bandit.ts";
import type { EpochCounts, ReportInput } from "../../stats/input.ts";
import type { KpiOutcome, Report } from "../../stats/report.ts";
import { type Saved, savedAgainstEqualShares } from "../../stats/saved.ts";
import { normalCritical } from "../../stats/special.ts";
import type { Steps } from "../../stats/steps.ts";
import { sharesIn } from "./allocation.ts";
import { conversionsIn, type Folded } from "./fold.ts";
import { labelOf } from "./input.ts";

/** Why fixed-horizon figures and the labels of 2.7 are not shown once a bandit shared clients out. */
export const HIDDEN_REASON =
  "A bandit gave alternatives more clients because they did well at first. Tests for one planned look, and pooled rates, then claim differences that are not there.";

export interface BanditReport {
  /** What it goes by; `null` is the default KPI. */
  readonly kpi: KpiName | null;
  readonly better: "higher" | "lower";
  /** `null` when another policy is in force by now. */
  readonly goal: Epoch["goal"];
  /** Epochs of the policy, batches and changes by people. */
  readonly batches: number;
  /** When the weights may be recomputed next; `null` when it does not learn any more. */
  readonly nextBatch: { readonly participantsLeft: number; readonly notBeforeMs: number } | null;
  /** `null` before anybody reached the KPI. */
  readonly stopping: BanditAdvice | null;
  /** Clients drawn evenly: under equal shares all, under a bandit those within the floors. A clean test by itself. */
  readonly exploration: {
    readonly participants: number;
    /** Of all participants, in [0, 1]; `null` without any. */
    readonly share: number | null;
    readonly kpi: KpiOutcome;
  };
  /** Against equal shares, in conversions of the KPI that lie in its better direction. */
  readonly saved: Saved;
}

/** `arm` is a position in the stored order, and `chances` are in that order; `null` of a retired alternative. */
export interface BanditAdvice extends Omit<StoppingAdvice, "chances"> {
  readonly chances: readonly (number | null)[];
  /** What to do, a colon, and why. */
  readonly sentence: string;
}

/** What is asked of the statistics engine for the slice; the rest is put together from its answer. */
export interface BanditQuestion {
  readonly kpi: KpiName | null;
  readonly better: "higher" | "lower";
  readonly input: ReportInput;
}

/** `null` for an experiment that no bandit ever shared out. */
export function banditQuestion(
  experiment: Experiment,
  folded: Folded,
  settings: NonNullable<ReportInput["settings"]>,
  baseline: number,
): BanditQuestion | null {
  if (!isAdaptive(experiment)) return null;
  const { planning, kpis } = experiment;
  const { kpi, better } = decidingKpi(planning.plan, kpis, conversionsIn(folded.cells, 0) > 0);
  const input: ReportInput = {
    arms: experiment.alternatives.map(({ name }) => ({ name })),
    kpis: [{ name: labelOf(kpi), role: "primary", better }],
    epochs: evenEpochs(experiment, folded, kpiNumber(experiment, kpi)),
    baseline,
    // Its shares were fixed, so its own figures are those of any test.
    settings: { ...settings, adaptive: false },
  };
  return { kpi, better, input };
}

/** @param slice the report on `question.input` */
export function* banditReportSteps(
  experiment: Experiment,
  folded: Folded,
  { kpi, better }: BanditQuestion,
  slice: Report,
): Steps<BanditReport> {
  const { goal, policy, startedAtMs } = currentEpoch(experiment);
  const number = kpiNumber(experiment, kpi);
  const tallies = folded.cells.map((cell) => ({ ...cell, assignment: cell.alternative }));
  const explored = slice.arms.reduce((sum, { participants }) => sum + participants, 0);
  const { total } = countParticipants(experiment, tallies);
  const rests = experiment.paused || experiment.archived || experiment.winner !== null;
  const [outcome] = slice.kpis;
  return {
    kpi,
    better,
    goal,
    batches: experiment.epochs.filter((epoch) => epoch.policy === "thompson").length,
    nextBatch:
      policy !== "thompson" || rests
        ? null
        : {
            participantsLeft: Math.max(0, participantsLeft(experiment, tallies)),
            notBeforeMs: startedAtMs + BATCH_INTERVAL_MIN_MS,
          },
    stopping:
      conversionsIn(folded.cells, number) === 0
        ? null
        : yield* adviceOf(experiment, tallies, number, better, slice.settings.daysComplete),
    exploration: {
      participants: explored,
      share: total === 0 ? null : explored / total,
      kpi: outcome ?? { kind: "no-inference", reason: "malformed-input", detail: "", name: "", role: "primary" },
    },
    saved: savedOf(experiment, folded.cells, number, better),
  };
}

function* adviceOf(
  experiment: Experiment,
  tallies: Parameters<typeof banditPosteriors>[1],
  kpi: number,
  better: "higher" | "lower",
  daysComplete: number,
): Steps<BanditReport["stopping"]> {
  const advice = yield* stoppingAdviceSteps(banditPosteriors(experiment, tallies, kpi), daysComplete, better);
  const active = activeIndexes(experiment);
  const arm = active[advice.arm] ?? 0;
  const chances = experiment.alternatives.map((_, index) => advice.chances[active.indexOf(index)] ?? null);
  const sentence = adviceSentence(alternativeName(experiment, arm), advice);
  return { ...advice, arm, chances, sentence };
}

function adviceSentence(name: string, { stop, isSettled, chanceToBeBest, valueRemaining }: StoppingAdvice): string {
  const best = `${name} is the best with a chance of ${percent(chanceToBeBest)}`;
  if (stop) return `Stop: ${best}, and little is left to gain.`;
  if (isSettled) return `Go on until ${BANDIT_DAYS_MIN} days are complete: so far ${best}, and little is left to gain.`;
  return `Go on: ${best}, and another could still be ${percent(valueRemaining)} better.`;
}

/** The evenly drawn clients of each epoch that has any. */
function evenEpochs(experiment: Experiment, { cells, explored }: Folded, kpi: number): readonly EpochCounts[] {
  const { alternatives, epochs } = experiment;
  const counts = new Map<number, { participants: number[]; conversions: number[] }>();
  const all = cells.filter(({ epoch }) => epochs[epoch]?.policy === "uniform");
  for (const { epoch, alternative, metric, clients } of [...all, ...explored]) {
    const row = counts.get(epoch) ?? {
      participants: alternatives.map(() => 0),
      conversions: alternatives.map(() => 0),
    };
    counts.set(epoch, row);
    if (metric === PARTICIPATION) row.participants[alternative] = (row.participants[alternative] ?? 0) + clients;
    else if (metric === kpi) row.conversions[alternative] = (row.conversions[alternative] ?? 0) + clients;
  }
  const numbers = counts.size === 0 ? [epochs.length - 1] : [...counts.keys()].sort((a, b) => a - b);
  return numbers.map((epoch) => ({
    // Equal whatever the traffic fraction, so that epochs with the same alternatives are added up.
    weights: alternatives.map((alternative) => (wasActive(alternative, epoch) ? 1 : 0)),
    participants: counts.get(epoch)?.participants ?? alternatives.map(() => 0),
    kpis: [(counts.get(epoch)?.conversions ?? alternatives.map(() => 0)).map((conversions) => ({ conversions }))],
  }));
}

/** Over the epochs in which the bandit had weights of its own. */
function savedOf(experiment: Experiment, cells: readonly FrozenCell[], kpi: number, better: "higher" | "lower"): Saved {
  const learned = experiment.epochs.map(({ policy, weights }) => policy === "thompson" && weights !== null);
  const epochs = new Map<number, { share: number; n: number; x: number }[]>();
  for (const { epoch, alternative, metric, clients } of cells) {
    if (learned[epoch] !== true) continue;
    const arms = epochs.get(epoch) ?? sharesIn(experiment, epoch).map((share) => ({ share, n: 0, x: 0 }));
    epochs.set(epoch, arms);
    const arm = arms[alternative];
    if (arm === undefined) continue;
    if (metric === PARTICIPATION) arm.n += clients;
    else if (metric === kpi) arm.x += clients;
  }
  const offered = [...epochs].map(([epoch, arms]) => ({
    arms: arms.filter((_, index) => wasActive(experiment.alternatives[index] ?? NEVER, epoch)),
  }));
  const { estimate, interval } = savedAgainstEqualShares(offered, normalCritical(0.05));
  if (better === "higher") return { estimate, interval };
  return { estimate: -estimate, interval: { lower: -interval.upper, upper: -interval.lower } };
}

const NEVER = { addedInEpoch: Number.POSITIVE_INFINITY, retiredInEpoch: null };

function percent(share: number): string {
  // Nothing is certain, whatever the digits.
  if (share > 0.999) return ">99.9%";
  return `${(100 * share).toFixed(1)}%`;
}
