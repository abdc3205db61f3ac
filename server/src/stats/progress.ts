/** Where the experiment stands against its plan. */
import { alwaysValidCritical } from "./always-valid.ts";
import type { Better } from "./direction.ts";
import { normalTwoSidedP } from "./distributions.ts";
import {
  type Baseline,
  type DecidesOn,
  type EpochCounts,
  type PlanInput,
  POWER_DEFAULT,
  type Settings,
} from "./input.ts";
import type { Levels, PlanReport } from "./report.ts";
import { daysLeft, minimumDetectableUplift, planSize, powerOf } from "./size.ts";

export interface ProgressInput {
  readonly plan: PlanInput | undefined;
  readonly settings: Settings;
  readonly levels: Levels;
  readonly epochs: readonly EpochCounts[];
  readonly baseline: number;
  readonly finalLookGiven: boolean;
  /** Whether all arms together have enough for the planned look, or it has waited for that. */
  readonly isLookReady: boolean;
  /** The KPI that decides. */
  readonly decidesOn: DecidesOn;
  readonly better: Better;
  /** The baseline as it was seen on that KPI, `null` where nothing could be found from it. */
  readonly seen: Baseline | null;
  /** By what late conversions widen the always-valid test of that KPI, at least 1. */
  readonly widening: number;
}

export function progressOf(input: ProgressInput): PlanReport {
  const { plan, settings, epochs } = input;
  const participants = totalParticipants(epochs);
  const reached = isReached(input);
  const lookAwaited = isLookAwaited(input);
  const shared = {
    participants,
    horizonReached: reached,
    lookAwaited,
    freezeNow: reached && input.isLookReady && lookAwaited,
    detectableUplift: detectable(input),
  };
  if (plan === undefined) {
    return {
      ...shared,
      participantsPlanned: null,
      progress: null,
      minimumUplift: null,
      participantsNeededPerArm: null,
      powerPlanned: null,
      daysLeft: { kind: "unknown", reason: "no-plan" },
    };
  }
  return {
    ...shared,
    participantsPlanned: plan.participants,
    progress: Math.min(1, participants / plan.participants),
    minimumUplift: plan.minimumUplift,
    participantsNeededPerArm: needed(input, plan),
    powerPlanned: plannedPower(input, plan),
    daysLeft: daysLeft({
      participants,
      planned: plan.participants,
      daysComplete: settings.daysComplete,
      recentDailyParticipants: settings.recentDailyParticipants,
    }),
  };
}

export function totalParticipants(epochs: readonly EpochCounts[]): number {
  return epochs.reduce((sum, epoch) => sum + epoch.participants.reduce((all, count) => all + count, 0), 0);
}

/** Level of the planned look, shared among the comparisons. */
function lookLevel({ levels, settings }: ProgressInput, alternatives: number): number {
  return (levels.final > 0 ? levels.final : levels.alpha) / (Math.max(1, alternatives) * settings.chosenAmong);
}

function currentWeights({ epochs, baseline }: ProgressInput): {
  readonly weights: readonly number[];
  readonly others: readonly number[];
} {
  const weights = epochs.at(-1)?.weights ?? [];
  return { weights, others: weights.filter((weight, arm) => arm !== baseline && weight > 0) };
}

/** What the plan asks; `null` where it was made for a rate and a mean decides, or the other way round. */
function questionOf({ decidesOn }: ProgressInput, { baseline, minimumUplift, power = POWER_DEFAULT }: PlanInput) {
  if ("rate" in baseline !== (decidesOn === "rate")) return null;
  if ("rate" in baseline) {
    const reached = baseline.rate * (1 + minimumUplift);
    if (reached <= 0 || reached >= 1) return null;
  }
  return { baseline, relativeMde: minimumUplift, power };
}

function needed(input: ProgressInput, plan: PlanInput): readonly number[] | null {
  const { weights, others } = currentWeights(input);
  const question = questionOf(input, plan);
  if (question === null || (weights[input.baseline] ?? 0) <= 0 || others.length === 0) return null;
  return planSize({ ...question, alpha: lookLevel(input, 1) }, weights, input.baseline).perArm;
}

function plannedPower(input: ProgressInput, plan: PlanInput): number | null {
  const { weights, others } = currentWeights(input);
  const question = questionOf(input, plan);
  const control = weights[input.baseline] ?? 0;
  if (question === null || control <= 0 || others.length === 0) return null;
  const scale = plan.participants / weights.reduce((sum, weight) => sum + weight, 0);
  const alpha = lookLevel(input, others.length);
  return powerOf({ ...question, alpha }, [control * scale, Math.min(...others) * scale]);
}

/**
 * Level of one look that is as strict as the test that decides today: the planned look once its size is reached, and looking at
 * any time before it, after it and without one.
 */
function levelToday(
  { levels, settings, widening, ...input }: ProgressInput,
  alternatives: number,
  pairSize: number,
): number {
  const comparisons = alternatives * settings.chosenAmong;
  if (isLookAwaited({ levels, ...input }) && isReached(input)) return levels.final / comparisons;
  const tuning = { plannedN: settings.tuningSize, alpha: levels.continuous, widening };
  return normalTwoSidedP(alwaysValidCritical(pairSize, tuning, levels.continuous / comparisons));
}

function isLookAwaited({ plan, levels, finalLookGiven }: Pick<ProgressInput, "plan" | "levels" | "finalLookGiven">) {
  return plan !== undefined && levels.final > 0 && !finalLookGiven;
}

function isReached({ plan, epochs }: Pick<ProgressInput, "plan" | "epochs">): boolean {
  return plan !== undefined && totalParticipants(epochs) >= plan.participants;
}

/** From the smallest alternative that has participants. */
function detectable(input: ProgressInput): number | null {
  const { epochs, baseline, seen, plan, better } = input;
  const counts = (epochs[0]?.participants ?? []).map((_, arm) =>
    epochs.reduce((sum, epoch) => sum + (epoch.participants[arm] ?? 0), 0),
  );
  const others = counts.filter((count, arm) => arm !== baseline && count > 0);
  if (seen === null || others.length === 0) return null;
  const pair = [counts[baseline] ?? 0, Math.min(...others)] as const;
  const alpha = levelToday(input, others.length, pair[0] + pair[1]);
  const question = { baseline: seen, alpha, power: plan?.power ?? POWER_DEFAULT };
  return minimumDetectableUplift(question, pair, better);
}
