/**
 * Allocation that learns: weights follow the chance to be best, with a floor that keeps every arm observed, on a
 * posterior that is adjusted for epochs so that a drifting base rate does not lock in the wrong arm.
 * References: Thompson (1933); Scott (2010, 2015); Russo (2016) for top-two; Lai & Robbins (1985) for the bound.
 *
 * @example
 * const posteriors = epochAdjustedPosteriors([{ arms: [{ n: 500, x: 20 }, { n: 480, x: 31 }], share: 1 }], [1, 1]);
 * const weights = thompsonWeights(posteriors, { goal: "earn", floor: floorFor(2) });
 */
import { chancesToBeBest, jointOfRates } from "./bayes.ts";
import { valueRemaining } from "./credible.ts";
import { type Beta, posteriorOf } from "./posterior.ts";
import type { Arm } from "./score.ts";

/** A stretch of constant weights; `n` = 0 for an arm that took no clients. */
export interface BanditEpoch {
  readonly arms: readonly Arm[];
  /** Share of traffic in this epoch, any positive scale. @default its participants */
  readonly share?: number;
}

/** Least share of traffic per arm. */
export const FLOOR_MIN = 0.02;
/** Least share of traffic that is split evenly over all arms together. */
export const EXPLORE_MIN = 0.1;

/** Smallest floor that keeps both limits for k arms. */
export function floorFor(arms: number): number {
  return Math.min(1 / arms, Math.max(FLOOR_MIN, EXPLORE_MIN / arms));
}

/** p_i = f + (1 - k f) w_i; `floor` in [0, 1/k]. */
export function allocationFloor(chances: readonly number[], floor: number): number[] {
  return chances.map((chance) => floor + (1 - chances.length * floor) * chance);
}

/**
 * Beta posteriors on epoch-adjusted counts. Each epoch's rate, with one pseudo-client at that epoch's mean, enters with
 * the epoch's share W of traffic: m = sum W r, v = sum W^2 r (1-r)/(n+1), nu = m(1-m)/v - 1 clients' worth. Epochs in
 * which an arm took no clients are left out for it, and its rate is scaled by what the others' means did meanwhile.
 */
export function epochAdjustedPosteriors(epochs: readonly BanditEpoch[], prior: readonly [number, number]): Beta[] {
  const filled = epochs.filter(({ arms }) => arms.some(({ n }) => n > 0));
  const arms = epochs[0]?.arms.map((_, arm) => arm) ?? [];
  return arms.map((arm) => {
    const own = filled.filter((epoch) => (epoch.arms[arm]?.n ?? 0) > 0);
    const pooled = total(own.map((epoch) => epoch.arms[arm] ?? { n: 0, x: 0 }));
    if (filled.length <= 1 || own.length === 0) return posteriorOf(pooled, prior);
    return adjusted(arm, own, filled, pooled, prior);
  });
}

function adjusted(
  arm: number,
  own: readonly BanditEpoch[],
  all: readonly BanditEpoch[],
  pooled: Arm,
  prior: readonly [number, number],
): Beta {
  const scale = meanRate(all) / meanRate(own);
  const shares = own.reduce((sum, epoch) => sum + shareOf(epoch), 0);
  let mean = 0;
  let variance = 0;
  for (const epoch of own) {
    const share = shareOf(epoch) / shares;
    const { n, x } = epoch.arms[arm] ?? { n: 0, x: 0 };
    const everyone = total(epoch.arms);
    const rate = (x + everyone.x / everyone.n) / (n + 1);
    mean += share * rate;
    variance += (share * share * rate * (1 - rate)) / (n + 1);
  }
  mean = Math.min(1, Number.isFinite(scale) ? mean * scale : mean);
  variance *= Number.isFinite(scale) ? scale * scale : 1;
  // More precision than the arm has clients would be an artefact of epochs without conversions.
  const worth = variance > 0 ? Math.min(pooled.n, Math.max(0, (mean * (1 - mean)) / variance - 1)) : pooled.n;
  return { a: prior[0] + mean * worth, b: prior[1] + (1 - mean) * worth };
}

function meanRate(epochs: readonly BanditEpoch[]): number {
  const shares = epochs.reduce((sum, epoch) => sum + shareOf(epoch), 0);
  return epochs.reduce((sum, epoch) => {
    const everyone = total(epoch.arms);
    return sum + (shareOf(epoch) / shares) * (everyone.x / everyone.n);
  }, 0);
}

function shareOf(epoch: BanditEpoch): number {
  return epoch.share ?? total(epoch.arms).n;
}

function total(arms: readonly Arm[]): Arm {
  return arms.reduce((sum, arm) => ({ n: sum.n + arm.n, x: sum.x + arm.x }), { n: 0, x: 0 });
}

/** `earn`: traffic goes to the best arm. `learn`: it also goes to its rivals, to tell them apart sooner. */
export type BanditGoal = "earn" | "learn";

export interface AllocationRule {
  readonly goal: BanditGoal;
  /** Least share per arm, in [0, 1/k]. */
  readonly floor: number;
}

/** Weights of the next batch, summing to 1. */
export function thompsonWeights(posteriors: readonly Beta[], { goal, floor }: AllocationRule): number[] {
  const chances = normalised(chancesToBeBest(jointOfRates(posteriors)));
  return allocationFloor(goal === "learn" ? topTwoWeights(chances) : chances, floor);
}

/** Chance that the second draw of top-two sampling keeps the first. */
const TOP_TWO_STAY = 0.5;

/** Top-two Thompson: w_i (b + (1-b) sum_{j≠i} w_j/(1-w_j)), with b = 1/2. */
export function topTwoWeights(chances: readonly number[]): number[] {
  const odds = chances.map((chance, arm) => {
    const rest = chances.reduce((sum, other, index) => (index === arm ? sum : sum + other), 0);
    return rest > 0 ? chance / rest : 0;
  });
  const oddsTotal = odds.reduce((sum, odd) => sum + odd, 0);
  const weights = chances.map(
    (chance, arm) => chance * (TOP_TWO_STAY + (1 - TOP_TWO_STAY) * (oddsTotal - (odds[arm] ?? 0))),
  );
  return normalised(weights);
}

function normalised(values: readonly number[]): number[] {
  const sum = values.reduce((all, value) => all + value, 0);
  return sum > 0 ? values.map((value) => value / sum) : values.map(() => 1 / values.length);
}

/** Days before which a bandit is not stopped: two whole weeks. */
export const BANDIT_DAYS_MIN = 14;
const CHANCE_TO_STOP = 0.95;
const VALUE_TO_STOP = 0.01;

export interface StoppingAdvice {
  readonly stop: boolean;
  readonly arm: number;
  readonly chanceToBeBest: number;
  /** 95 % quantile of what another arm could still add, relative to the best. */
  readonly valueRemaining: number;
}

/** Stop when the best arm is best with chance .95 and at most 1 % is left to gain, after two weeks. */
export function stoppingAdvice(posteriors: readonly Beta[], daysComplete: number): StoppingAdvice {
  const remaining = valueRemaining(posteriors, CHANCE_TO_STOP);
  const chance = chancesToBeBest(jointOfRates(posteriors))[remaining.bestArm] ?? 0;
  return {
    stop: daysComplete >= BANDIT_DAYS_MIN && chance >= CHANCE_TO_STOP && remaining.valueRemaining < VALUE_TO_STOP,
    arm: remaining.bestArm,
    chanceToBeBest: chance,
    valueRemaining: remaining.valueRemaining,
  };
}
