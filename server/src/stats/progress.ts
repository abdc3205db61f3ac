/** Where the experiment stands against its plan. */
import { alwaysValidCritical } from "./always-valid.ts";
import type { EpochCounts, PlanInput, Settings } from "./input.ts";
import { POWER_DEFAULT } from "./input.ts";
import type { Levels, PlanReport } from "./report.ts";
import { balancedSize, daysLeft, minimumDetectableUplift, planSize, powerOf } from "./size.ts";
import { normalTwoSidedP } from "./special.ts";

export interface ProgressInput {
  readonly plan: PlanInput | undefined;
  readonly settings: Settings;
  readonly levels: Levels;
  readonly epochs: readonly EpochCounts[];
  readonly baseline: number;
  readonly finalLookGiven: boolean;
  /** Whether all arms together have enough for the planned look, or it has waited for that. */
  readonly isLookReady: boolean;
  /** Observed rate of the baseline on the deciding KPI, `null` when that is not a rate. */
  readonly baselineRate: number | null;
}

export function progressOf(input: ProgressInput): PlanReport {
  const { plan, settings, epochs, levels } = input;
  const participants = totalParticipants(epochs);
  const reached = plan !== undefined && participants >= plan.participants;
  const shared = {
    participants,
    horizonReached: reached,
    freezeNow: reached && input.isLookReady && !input.finalLookGiven && levels.final > 0,
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

/** Level of the planned look, shared among the alternatives. */
function lookLevel({ levels }: ProgressInput, alternatives: number): number {
  return (levels.final > 0 ? levels.final : levels.alpha) / Math.max(1, alternatives);
}

function currentWeights({ epochs, baseline }: ProgressInput): {
  readonly weights: readonly number[];
  readonly others: readonly number[];
} {
  const weights = epochs.at(-1)?.weights ?? [];
  return { weights, others: weights.filter((weight, arm) => arm !== baseline && weight > 0) };
}

function needed(input: ProgressInput, plan: PlanInput): readonly number[] | null {
  const { weights, others } = currentWeights(input);
  const reachable = plan.baselineRate * (1 + plan.minimumUplift);
  if ((weights[input.baseline] ?? 0) <= 0 || others.length === 0 || reachable <= 0 || reachable >= 1) return null;
  const question = {
    baseline: plan.baselineRate,
    relativeMde: plan.minimumUplift,
    alpha: lookLevel(input, 1),
    power: plan.power ?? POWER_DEFAULT,
  };
  return planSize(question, weights, input.baseline).perArm;
}

function plannedPower(input: ProgressInput, plan: PlanInput): number | null {
  const { weights, others } = currentWeights(input);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const size = balancedSize(
    (plan.participants * (weights[input.baseline] ?? 0)) / total,
    (plan.participants * Math.min(...others)) / total,
  );
  const reachable = plan.baselineRate * (1 + plan.minimumUplift);
  if (!(size > 0) || others.length === 0 || reachable <= 0 || reachable >= 1) return null;
  const alpha = lookLevel(input, others.length);
  return powerOf({ baseline: plan.baselineRate, relativeMde: plan.minimumUplift, alpha }, size);
}

/** Level of one look that is as strict as the test that will decide: the planned look, or looking at any time. */
function decidingLevel(input: ProgressInput, alternatives: number, pairSize: number): number {
  const { levels, settings, finalLookGiven } = input;
  if (levels.final > 0 && !finalLookGiven) return lookLevel(input, alternatives);
  const tuning = { plannedN: settings.tuningSize, alpha: levels.continuous };
  return normalTwoSidedP(alwaysValidCritical(pairSize, tuning, levels.continuous / Math.max(1, alternatives)));
}

/** From the smallest alternative that has participants. */
function detectable(input: ProgressInput): number | null {
  const { epochs, baseline, baselineRate, plan } = input;
  if (baselineRate === null || baselineRate <= 0 || baselineRate >= 1) return null;
  const counts = (epochs[0]?.participants ?? []).map((_, arm) =>
    epochs.reduce((sum, epoch) => sum + (epoch.participants[arm] ?? 0), 0),
  );
  const others = counts.filter((count, arm) => arm !== baseline && count > 0);
  if (others.length === 0) return null;
  const pair = [counts[baseline] ?? 0, Math.min(...others)] as const;
  const size = balancedSize(...pair);
  const alpha = decidingLevel(input, others.length, pair[0] + pair[1]);
  return minimumDetectableUplift({ baseline: baselineRate, alpha, power: plan?.power ?? POWER_DEFAULT }, size);
}
