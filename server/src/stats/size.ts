/**
 * How many participants are needed, what they would find, and how long it will take. For rates and for means alike.
 * References: Fleiss, Levin & Paik (2003) for the sample size with pooled variance under the null (= R power.prop.test);
 * the hybrid rule spends part of alpha on continuous looking, so the planned look is sized at the rest.
 *
 * @example
 * planSize({ baseline: { rate: 0.05 }, relativeMde: 0.2, alpha: 0.0425, power: 0.8 }, [1, 1]).participants; // 17125
 * // Revenue: 4.20 per participant, most of them 0, with a deviation of 31.
 * planSize({ baseline: { mean: 4.2, deviation: 31 }, relativeMde: 0.1, alpha: 0.0425, power: 0.8 }, [1, 1]).participants; // 198370
 */
import { type Better, gainOf } from "./direction.ts";
import { normalCdf, normalCritical, normalQuantile } from "./distributions.ts";
import type { Baseline } from "./input.ts";
import { findRoot } from "./roots.ts";

export interface SizeQuestion {
  readonly baseline: Baseline;
  /** Uplift to be found as a fraction of the baseline's size, negative for less; a rate it leads to must stay in (0, 1). */
  readonly relativeMde: number;
  readonly alpha: number;
  readonly power: number;
}

/** Chance to detect the uplift with so many participants in both arms; the opposite tail is left out. */
export function powerOf(question: Omit<SizeQuestion, "power">, sizes: Pair): number {
  const { distance, nullSpread, trueSpread } = contrast(question, sizes);
  return normalCdf((distance - normalCritical(question.alpha) * nullSpread) / trueSpread);
}

/** Largest uplift of a mean that is looked for: a millionfold. */
const MEAN_UPLIFT_MAX = 1e6;

/**
 * Smallest uplift that so many participants in both arms find with this power, as a fraction; below 0 where lower is better.
 * `null` where no rate that there can be is far enough away.
 */
export function minimumDetectableUplift(
  { baseline, alpha, power }: Omit<SizeQuestion, "relativeMde">,
  sizes: Pair,
  better: Better = "higher",
): number | null {
  if (!(Math.min(...sizes) > 0)) return null;
  const sign = gainOf(1, better);
  const missing = (uplift: number): number => power - powerOf({ baseline, relativeMde: sign * uplift, alpha }, sizes);
  const top = upliftMax(baseline, better);
  if (!(missing(top) <= 0)) return null;
  return sign * findRoot(missing, top * 1e-9, top);
}

interface PlanSize {
  /** All arms together, rounded up. */
  readonly participants: number;
  readonly perArm: readonly number[];
  /** Baseline with its smallest alternative: the pair for which the always-valid test is tuned. */
  readonly pair: number;
}

/**
 * Participants for k arms under any weights (all > 0). The pair of baseline and smallest alternative is sized with
 * Bonferroni's alpha / (k - 1) at its own shares; the other arms follow by their weights.
 */
export function planSize(question: SizeQuestion, weights: readonly number[], baselineArm = 0): PlanSize {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const control = weights[baselineArm] ?? 0;
  const others = weights.filter((weight, arm) => arm !== baselineArm && weight > 0);
  const smallest = Math.min(...others);
  const pair = pairSize({ ...question, alpha: question.alpha / others.length }, [control, smallest]);
  const participants = (pair * total) / (control + smallest);
  return {
    participants: Math.ceil(participants),
    perArm: weights.map((weight) => Math.ceil((participants * weight) / total)),
    pair: Math.ceil(pair),
  };
}

/** Of baseline and alternative: participants, or shares on any scale. */
type Pair = readonly [control: number, treatment: number];

/** Participants of both arms together, which share them like this; not rounded. */
export function pairSize(question: SizeQuestion, shares: Pair): number {
  const total = shares[0] + shares[1];
  const { distance, nullSpread, trueSpread } = contrast(question, [shares[0] / total, shares[1] / total]);
  const root = normalCritical(question.alpha) * nullSpread + normalQuantile(question.power) * trueSpread;
  return (root * root) / (distance * distance);
}

/** The difference to be found, and the standard error of the one that is seen: if nothing differs, and if this does. */
function contrast({ baseline, relativeMde }: Pick<SizeQuestion, "baseline" | "relativeMde">, [nc, nt]: Pair) {
  if ("rate" in baseline) {
    const [p1, p2] = [baseline.rate, baseline.rate * (1 + relativeMde)];
    const pooled = (nc * p1 + nt * p2) / (nc + nt);
    return {
      distance: Math.abs(p2 - p1),
      nullSpread: Math.sqrt(pooled * (1 - pooled) * (1 / nc + 1 / nt)),
      trueSpread: Math.sqrt((p1 * (1 - p1)) / nc + (p2 * (1 - p2)) / nt),
    };
  }
  // Orders that grow by a fifth also spread by a fifth more. Where a change adds the same to everybody, the power is higher.
  const { mean, deviation } = baseline;
  const treated = deviation * Math.max(1, 1 + relativeMde);
  const spread = Math.sqrt((deviation * deviation) / nc + (treated * treated) / nt);
  return { distance: Math.abs(mean * relativeMde), nullSpread: spread, trueSpread: spread };
}

/** An uplift that takes the rate almost to 1 or 0. */
function upliftMax(baseline: Baseline, better: Better): number {
  if (!("rate" in baseline)) return MEAN_UPLIFT_MAX;
  return better === "higher" ? (1 - 1e-12) / baseline.rate - 1 : 1 - 1e-12;
}

/** Beyond this a plan is better changed than waited for. */
const DAYS_LEFT_MAX = 90;

/** Days from now until the planned size, rounded so that the run is whole weeks. */
export type DaysLeft =
  | { readonly kind: "unknown"; readonly reason: "no-plan" | "no-recent-traffic" | "nobody-new" }
  | { readonly kind: "reached" }
  | { readonly kind: "estimated"; readonly days: number; readonly earliest: number; readonly latest: number | null }
  /** More than DAYS_LEFT_MAX. */
  | { readonly kind: "unlikely"; readonly days: number };

const DAYS_PER_WEEK = 7;

export interface Traffic {
  readonly participants: number;
  readonly planned: number;
  readonly daysComplete: number;
  /** The last complete days, at most seven; `null` while nobody new is taken in. */
  readonly recentDailyParticipants: readonly number[] | null;
}

/**
 * Days until the planned size at the recent rate, the whole run rounded up to weeks. Earliest and latest are two
 * standard errors of the daily mean away. Never computed from the observed effect.
 */
export function daysLeft({ participants, planned, daysComplete, recentDailyParticipants }: Traffic): DaysLeft {
  if (participants >= planned) return { kind: "reached" };
  if (recentDailyParticipants === null) return { kind: "unknown", reason: "nobody-new" };
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
