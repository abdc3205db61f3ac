/**
 * How many participants are needed, what they would find, and how long it will take.
 * References: Fleiss, Levin & Paik (2003) for the sample size with pooled variance under the null (= R power.prop.test);
 * the hybrid rule spends part of alpha on continuous looking, so the planned look is sized at the rest.
 */
import type { DaysLeft } from "./report.ts";
import { findRoot } from "./roots.ts";
import { normalCdf, normalCritical, normalQuantile } from "./special.ts";

export interface SizeQuestion {
  /** Rate of the control, in (0, 1). */
  readonly baseline: number;
  /** Uplift to be found, as a fraction; the rate it leads to must stay below 1. */
  readonly relativeMde: number;
  readonly alpha: number;
  readonly power: number;
}

/** Participants per arm for two equal arms; not rounded. */
export function sampleSize({ baseline, relativeMde, alpha, power }: SizeQuestion): number {
  const p2 = baseline * (1 + relativeMde);
  const d = p2 - baseline;
  const root = normalCritical(alpha) * nullSpread(baseline, p2) + normalQuantile(power) * trueSpread(baseline, p2);
  return (root * root) / (d * d);
}

/** Chance to detect the uplift with so many participants per arm; the opposite tail is left out. */
export function powerOf(question: Omit<SizeQuestion, "power">, nPerArm: number): number {
  const { baseline, relativeMde, alpha } = question;
  const p2 = baseline * (1 + relativeMde);
  const reach = Math.abs(p2 - baseline) * Math.sqrt(nPerArm) - normalCritical(alpha) * nullSpread(baseline, p2);
  return normalCdf(reach / trueSpread(baseline, p2));
}

/** Smallest uplift that so many participants per arm find with this power; `null` when none below a rate of 1 is. */
export function minimumDetectableUplift(question: Omit<SizeQuestion, "relativeMde">, nPerArm: number): number | null {
  const { baseline } = question;
  const excess = (p2: number): number => sampleSize({ ...question, relativeMde: p2 / baseline - 1 }) - nPerArm;
  const top = 1 - 1e-12;
  if (!(nPerArm > 0) || !(excess(top) <= 0)) return null;
  return findRoot(excess, baseline * (1 + 1e-9), top) / baseline - 1;
}

export interface PlanSize {
  /** All arms together, rounded up. */
  readonly participants: number;
  readonly perArm: readonly number[];
  /** Baseline with its smallest alternative: the pair for which the always-valid test is tuned. */
  readonly pair: number;
}

/**
 * Participants for k arms under any weights (all > 0). The pair of baseline and smallest alternative is sized with
 * Bonferroni's alpha / (k - 1), and (1/w_c + 1/w_t)/4 for unequal shares; the other arms follow by their weights.
 */
export function planSize(question: SizeQuestion, weights: readonly number[], baselineArm = 0): PlanSize {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const control = weights[baselineArm] ?? 0;
  const others = weights.filter((weight, arm) => arm !== baselineArm && weight > 0);
  const smallest = Math.min(...others);
  const n = sampleSize({ ...question, alpha: question.alpha / others.length });
  const pairShare = control + smallest;
  const pair = 2 * n * ((pairShare / control + pairShare / smallest) / 4);
  const participants = (pair * total) / pairShare;
  return {
    participants: Math.ceil(participants),
    perArm: weights.map((weight) => Math.ceil((participants * weight) / total)),
    pair: Math.ceil(pair),
  };
}

/** Participants per arm of two equal arms that would carry the information of this pair. */
export function balancedSize(nControl: number, nTreatment: number): number {
  return nControl > 0 && nTreatment > 0 ? (2 * nControl * nTreatment) / (nControl + nTreatment) : 0;
}

/** Beyond this a plan is better changed than waited for. */
export const DAYS_LEFT_MAX = 90;
const DAYS_PER_WEEK = 7;

export interface Traffic {
  readonly participants: number;
  readonly planned: number;
  readonly daysComplete: number;
  /** The last complete days, at most seven. */
  readonly recentDailyParticipants: readonly number[];
}

/**
 * Days until the planned size at the recent rate, the whole run rounded up to weeks. Earliest and latest are two
 * standard errors of the daily mean away. Never computed from the observed effect.
 */
export function daysLeft({ participants, planned, daysComplete, recentDailyParticipants }: Traffic): DaysLeft {
  if (participants >= planned) return { kind: "reached" };
  const days = recentDailyParticipants.length;
  const mean = recentDailyParticipants.reduce((sum, count) => sum + count, 0) / Math.max(1, days);
  if (!(mean > 0)) return { kind: "unknown", reason: "no-recent-traffic" };
  const squares = recentDailyParticipants.reduce((sum, count) => sum + (count - mean) * (count - mean), 0);
  const variance = Math.max(mean, days > 1 ? squares / (days - 1) : 0);
  const twoErrors = 2 * Math.sqrt(variance / days);
  const until = (perDay: number): number => {
    const end = daysComplete + Math.ceil((planned - participants) / perDay);
    return Math.ceil(end / DAYS_PER_WEEK) * DAYS_PER_WEEK - daysComplete;
  };
  const expected = until(mean);
  if (expected > DAYS_LEFT_MAX) return { kind: "unlikely", days: expected };
  const slow = mean - twoErrors;
  return {
    kind: "estimated",
    days: expected,
    earliest: until(mean + twoErrors),
    latest: slow > 0 ? until(slow) : null,
  };
}

function nullSpread(p1: number, p2: number): number {
  const middle = (p1 + p2) / 2;
  return Math.sqrt(2 * middle * (1 - middle));
}

function trueSpread(p1: number, p2: number): number {
  return Math.sqrt(p1 * (1 - p1) + p2 * (1 - p2));
}
