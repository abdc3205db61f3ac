/**
 * What can honestly be said of a bandit beside the report: the clients that were drawn evenly as a test of their own, what
 * the unequal shares brought, and whether it is time to stop. docs/statistics.md#bandits says why the usual figures
 * are hidden.
 */
import type { Counts } from "../../domain/counts.ts";
import { activeIndexes, isAdaptive, wasActive } from "../../domain/epochs.ts";
import { alternativeName, currentEpoch, type Experiment, takesNewClients } from "../../domain/experiment.ts";
import { decidingKpi, type Kpi, kpiWords } from "../../domain/kpi.ts";
import { BATCH_INTERVAL_MIN_MS, evidenceOf, mayShiftBy, participantsLeft } from "../../domain/policy/batches.ts";
import { posteriorsOf } from "../../domain/policy/evidence.ts";
import { isLearning, policyFields } from "../../domain/policy/policies.ts";
import { PARTICIPATION } from "../../domain/tally.ts";
import { percent } from "../../lib/text.ts";
import { BANDIT_DAYS_MIN, type StoppingAdvice, stoppingAdviceSteps } from "../../stats/bandit.ts";
import { asHints } from "../../stats/conclude.ts";
import { normalCritical } from "../../stats/distributions.ts";
import type { EpochCounts, ReportInput } from "../../stats/input.ts";
import type { KpiOutcome, Report } from "../../stats/report.ts";
import { type Saved, savedAgainstEqualShares } from "../../stats/saved.ts";
import type { Steps } from "../../stats/steps.ts";
import { named } from "../../stats/verdict-words.ts";
import { sharesIn } from "./allocation.ts";
import { specName } from "./report-input.ts";

export interface BanditReport {
  /** What it goes by. */
  readonly kpi: Kpi;
  /** Why it keeps shares equal: the mean of its KPI decides; `null` where the rate does. A reason, a colon, and what to do. */
  readonly caution: string | null;
  /** `null` when another policy is in force by now. */
  readonly goal: string | null;
  /** Epochs of the policy: batches, and changes by people. */
  readonly batches: number;
  /** When the weights may be recomputed next; `null` when it does not learn any more. */
  readonly nextBatch: { readonly participantsLeft: number; readonly notBeforeMs: number } | null;
  /** `null` before anybody reached the KPI, and where it keeps shares equal. */
  readonly stopping: BanditAdvice | null;
  /** Clients drawn evenly: under equal shares all, under a bandit those within the floors. A clean test by itself, which hints. */
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
interface BanditAdvice extends Omit<StoppingAdvice, "chances"> {
  readonly chances: readonly (number | null)[];
  /** What to do, a colon, and why. */
  readonly sentence: string;
}

/** The question to the statistics engine about the evenly drawn clients. The rest is computed from its answer. */
interface BanditQuestion {
  readonly kpi: Kpi;
  readonly input: ReportInput;
}

/** `null` for an experiment that no bandit ever shared out. */
export function banditQuestion(
  experiment: Experiment,
  counts: Counts,
  settings: NonNullable<ReportInput["settings"]>,
  baseline: number,
): BanditQuestion | null {
  if (!isAdaptive(experiment)) return null;
  const kpi = decidingKpi(experiment, counts);
  const input: ReportInput = {
    arms: experiment.alternatives.map(({ name }) => ({ name })),
    kpis: [{ name: specName({ ...kpi, decidesOn: "rate" }), role: "primary", better: kpi.better }],
    epochs: evenEpochs(experiment, counts, kpi),
    baseline,
    // Its shares were fixed, so its own figures are those of any test.
    settings: { ...settings, adaptive: false },
  };
  return { kpi, input };
}

/** @param explored the report on `question.input` */
export function* banditReportSteps(
  experiment: Experiment,
  counts: Counts,
  { kpi }: BanditQuestion,
  explored: Report,
): Steps<BanditReport> {
  const { policy, weights, startedAtMs } = currentEpoch(experiment);
  const participants = explored.arms.reduce((sum, arm) => sum + arm.participants, 0);
  const shifts = mayShiftBy(kpi);
  const rests = !takesNewClients(experiment) || (!shifts && weights === null);
  const [outcome] = explored.kpis;
  return {
    kpi,
    caution: shifts ? null : cautionOf(kpi),
    goal: policyFields(policy).goal,
    batches: experiment.epochs.filter((epoch) => isLearning(epoch.policy)).length,
    nextBatch:
      !isLearning(policy) || rests
        ? null
        : {
            participantsLeft: shifts ? Math.max(0, participantsLeft(experiment, counts)) : 0,
            notBeforeMs: startedAtMs + BATCH_INTERVAL_MIN_MS,
          },
    stopping:
      !shifts || counts.total(kpi.number).clients === 0
        ? null
        : yield* adviceOf(experiment, counts, kpi, explored.settings.daysComplete),
    exploration: {
      participants,
      share: counts.participants === 0 ? null : participants / counts.participants,
      kpi: asHints(
        outcome ?? { kind: "no-inference", reason: "malformed-input", detail: "", name: "", role: "primary" },
      ),
    },
    saved: savedOf(experiment, counts, kpi),
  };
}

function cautionOf(kpi: Kpi): string {
  return `Shares stay equal: the mean of ${kpiWords(kpi)} decides, and a bandit shifts traffic by rates only. To let it, decide by the rate.`;
}

function* adviceOf(
  experiment: Experiment,
  counts: Counts,
  kpi: Kpi,
  daysComplete: number,
): Steps<BanditReport["stopping"]> {
  const advice = yield* stoppingAdviceSteps(
    posteriorsOf(evidenceOf(experiment, counts, kpi)),
    daysComplete,
    kpi.better,
  );
  const active = activeIndexes(experiment);
  const arm = active[advice.arm] ?? 0;
  const chances = experiment.alternatives.map((_, index) => advice.chances[active.indexOf(index)] ?? null);
  const sentence = adviceSentence(named(alternativeName(experiment, arm)), kpi, advice);
  return { ...advice, arm, chances, sentence };
}

/** Value remaining is a part of the best one's rate: with luck many times of it, and never a chance. */
function adviceSentence(
  name: string,
  { better }: Kpi,
  { stop, isSettled, chanceToBeBest, valueRemaining }: StoppingAdvice,
): string {
  const best = `${name} is the best with a chance of ${chance(chanceToBeBest)}`;
  if (stop) return `Stop: ${best}, and little is left to gain.`;
  if (isSettled) return `Go on until ${BANDIT_DAYS_MIN} days are complete: so far ${best}, and little is left to gain.`;
  const left = `${valueRemaining >= 1 ? (100 * valueRemaining).toFixed(0) : (100 * valueRemaining).toFixed(1)}%`;
  return `Go on: ${best}, and another could still be ${left} ${better === "higher" ? "higher" : "lower"}.`;
}

/** The evenly drawn clients of each epoch that has any. */
function evenEpochs(experiment: Experiment, counts: Counts, kpi: Kpi): readonly EpochCounts[] {
  const { alternatives, epochs } = experiment;
  const isEven = (number: number) => {
    const epoch = epochs[number];
    return epoch !== undefined && epoch.weights === null && !isLearning(epoch.policy);
  };
  // Under equal shares everybody was drawn evenly.
  const drawn = (epoch: number) => (isEven(epoch) ? counts : counts.explored);
  const joined = [...counts.epochs().filter(isEven), ...counts.explored.epochs()].sort((a, b) => a - b);
  return (joined.length === 0 ? [epochs.length - 1] : joined).map((epoch) => ({
    // Equal whatever the traffic fraction, so that epochs with the same alternatives are added up.
    weights: alternatives.map((alternative) => (wasActive(alternative, epoch) ? 1 : 0)),
    participants: alternatives.map((_, index) => drawn(epoch).at(epoch, index, PARTICIPATION).clients),
    kpis: [alternatives.map((_, index) => ({ conversions: drawn(epoch).at(epoch, index, kpi.number).clients }))],
  }));
}

/** Over the epochs in which the bandit had weights of its own. */
function savedOf(experiment: Experiment, counts: Counts, kpi: Kpi): Saved {
  const { alternatives, epochs } = experiment;
  const learned = counts.epochs().filter((number) => {
    const epoch = epochs[number];
    return epoch !== undefined && epoch.weights !== null && isLearning(epoch.policy);
  });
  const offered = learned.map((epoch) => ({
    arms: sharesIn(experiment, epoch).flatMap((share, index) => {
      const alternative = alternatives[index];
      if (alternative === undefined || !wasActive(alternative, epoch)) return [];
      return {
        share,
        n: counts.at(epoch, index, PARTICIPATION).clients,
        x: counts.at(epoch, index, kpi.number).clients,
      };
    }),
  }));
  const { estimate, interval } = savedAgainstEqualShares(offered, normalCritical(0.05));
  if (kpi.better === "higher") return { estimate, interval };
  return { estimate: -estimate, interval: { lower: -interval.upper, upper: -interval.lower } };
}

function chance(share: number): string {
  // Nothing is certain, whatever the digits.
  return share > 0.999 ? ">99.9%" : percent(share);
}
