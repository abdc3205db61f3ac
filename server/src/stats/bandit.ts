/**
 * Allocation that learns: weights follow the chance to be best, with a floor that keeps every arm observed, on a
 * posterior that is adjusted for epochs so that a drifting base rate does not lock in the wrong arm.
 * References: Thompson (1933); Scott (2010, 2015); Russo (2016) for top-two; Lai & Robbins (1985) for the bound.
 *
 * @example
 * const posteriors = epochAdjustedPosteriors([{ arms: [{ n: 500, x: 20 }, { n: 480, x: 31 }]}], [1, 1]);
 * const weights = thompsonWeights(posteriors, { goal: "earn", floor: floorFor(2) });
 * weights; // [0.08829, 0.9117]
 */
import { chancesToBeBest, jointOfRates } from "./bayes.ts";
import { valueRemainingSteps } from "./credible.ts";
import type { Better } from "./direction.ts";
import { type Beta, posteriorOf } from "./posterior.ts";
import type { Arm } from "./score.ts";
import type { Steps } from "./steps.ts";

/** A stretch of constant weights; `n` = 0 for an arm that took no clients. */
export interface BanditEpoch {
  readonly arms: readonly Arm[];
}

/** Least share of traffic per arm. */
const FLOOR_MIN = 0.02;
/** Least share of traffic that is split evenly over all arms together. */
const EXPLORE_MIN = 0.1;

/** Smallest floor that keeps both limits for k arms. */
export function floorFor(arms: number): number {
  return Math.min(1 / arms, Math.max(FLOOR_MIN, EXPLORE_MIN / arms));
}

/** p_i = f + (1 - k f) w_i; `floor` in [0, 1/k]. */
export function allocationFloor(chances: readonly number[], floor: number): number[] {
  return chances.map((chance) => floor + (1 - chances.length * floor) * chance);
}

/**
 * Beta posteriors on epoch-adjusted counts. Rates are modelled as epoch level × arm factor, fitted by iterative scaling
 * (the Poisson maximum likelihood); an arm's rate is its factor at the average level. A pooled count would credit an arm
 * that got its clients in good times; here an epoch compares only its own clients, as far as epochs differ at all: their
 * levels are shrunk to the mean by how much they vary beyond chance, so that a steady base rate costs no information
 * (Yates's recovery of inter-block information, 1940). Where they do differ, an arm's clients are worth the share of
 * their information that lies within epochs: none from an epoch that the arm had to itself. See docs/decisions.
 */
export function epochAdjustedPosteriors(epochs: readonly BanditEpoch[], prior: readonly [number, number]): Beta[] {
  const filled = epochs.map(({ arms }) => arms).filter((arms) => arms.some(({ n }) => n > 0));
  const arms = epochs[0]?.arms.map((_, arm) => total(filled.map((epoch) => epoch[arm] ?? NOBODY))) ?? [];
  const everyone = total(arms);
  if (filled.length <= 1 || everyone.x === 0) return arms.map((arm) => posteriorOf(arm, prior));
  const { levels, drift } = shrunkLevels(filled, arms);
  const sums = filled.map(total);
  const level = sums.reduce((sum, { n }, index) => sum + n * (levels[index] ?? 0), 0) / everyone.n;
  return arms.map(({ n, x }, arm) => {
    const expected = filled.reduce((sum, epoch, index) => sum + (epoch[arm]?.n ?? 0) * (levels[index] ?? 0), 0);
    if (expected === 0) return posteriorOf({ n, x }, prior);
    const kept = 1 - drift * (1 - withinShare(filled, sums, arm));
    const worth = (kept * expected) / level;
    const rate = Math.min(1, (level * x) / expected);
    return { a: prior[0] + worth * rate, b: prior[1] + worth * (1 - rate) };
  });
}

const NOBODY: Arm = { n: 0, x: 0 };

/** Epoch levels shrunk to their mean, and how much of them is drift rather than chance, in [0, 1]. */
function shrunkLevels(epochs: readonly (readonly Arm[])[], arms: readonly Arm[]) {
  const { levels, exposures } = fittedLevels(epochs, arms);
  let [exposure, weighted] = [0, 0];
  for (const [index, own] of exposures.entries()) {
    exposure += own;
    weighted += (levels[index] ?? 0) * own;
  }
  const mean = weighted / exposure;
  let [chiSquare, squares] = [0, 0];
  for (const [index, level] of levels.entries()) {
    const own = exposures[index] ?? 0;
    chiSquare += ((level - mean) * (level - mean) * own) / mean;
    squares += own * own;
  }
  // Moment estimate of the levels' relative variance beyond Poisson noise (DerSimonian & Laird 1986).
  const variance = Math.max(0, chiSquare - (levels.length - 1)) / (mean * (exposure - squares / exposure));
  const credibility = (own: number): number => (variance * mean * own) / (variance * mean * own + 1);
  return {
    levels: levels.map((level, index) => mean + credibility(exposures[index] ?? 0) * (level - mean)),
    drift: exposures.reduce((sum, own) => sum + (own / exposure) * credibility(own), 0),
  };
}

const SCALING_STEPS_MAX = 50;
const SCALING_TOLERANCE = 1e-9;

/** Level of each epoch when conversions are level × exposure, and exposure is clients × arm factor. Plain loops: fitted often. */
function fittedLevels(epochs: readonly (readonly Arm[])[], arms: readonly Arm[]) {
  const k = arms.length;
  const clients = Float64Array.from(
    { length: epochs.length * k },
    (_, cell) => epochs[Math.floor(cell / k)]?.[cell % k]?.n ?? 0,
  );
  const conversions = epochs.map((epoch) => total(epoch).x);
  const levels = new Float64Array(epochs.length);
  const exposures = new Float64Array(epochs.length);
  const factors = new Float64Array(k).fill(1);
  const expected = new Float64Array(k);
  for (let step = 0; step < SCALING_STEPS_MAX; step++) {
    expected.fill(0);
    for (let epoch = 0; epoch < epochs.length; epoch++) {
      let exposure = 0;
      for (let arm = 0; arm < k; arm++) exposure += (clients[epoch * k + arm] ?? 0) * (factors[arm] ?? 0);
      const level = (conversions[epoch] ?? 0) / Math.max(exposure, Number.MIN_VALUE);
      exposures[epoch] = exposure;
      levels[epoch] = level;
      for (let arm = 0; arm < k; arm++) expected[arm] = (expected[arm] ?? 0) + (clients[epoch * k + arm] ?? 0) * level;
    }
    let moved = 0;
    for (let arm = 0; arm < k; arm++) {
      const promised = expected[arm] ?? 0;
      const next = promised > 0 ? (arms[arm]?.x ?? 0) / promised : 1;
      moved = Math.max(moved, Math.abs(next - (factors[arm] ?? 0)));
      factors[arm] = next;
    }
    if (moved < SCALING_TOLERANCE) break;
  }
  return { levels, exposures };
}

/** Information about one arm against the others within epochs, as a share of what pooling would count. In [0, 1]. */
function withinShare(epochs: readonly (readonly Arm[])[], sums: readonly Arm[], arm: number): number {
  let [inside, own, all] = [0, 0, 0];
  for (const [index, epoch] of epochs.entries()) {
    const { n, x } = sums[index] ?? NOBODY;
    const share = (epoch[arm]?.n ?? 0) / n;
    inside += x * share * (1 - share);
    own += x * share;
    all += x;
  }
  const pooled = (own * (all - own)) / all;
  return pooled > 0 ? Math.min(1, inside / pooled) : 0;
}

function total(arms: readonly Arm[]): Arm {
  let [n, x] = [0, 0];
  for (const arm of arms) {
    n += arm.n;
    x += arm.x;
  }
  return { n, x };
}

/** `earn`: traffic goes to the best arm. `learn`: it also goes to its rivals, to tell them apart sooner. */
export type BanditGoal = "earn" | "learn";

interface AllocationRule {
  readonly goal: BanditGoal;
  /** Least share per arm, in [0, 1/k]. */
  readonly floor: number;
  /** @default "higher" */
  readonly better?: Better;
}

/** Weights of the next batch, summing to 1. */
export function thompsonWeights(posteriors: readonly Beta[], { goal, floor, better }: AllocationRule): number[] {
  const chances = normalised(chancesToBeBest(jointOfRates(posteriors, better)));
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
/** Least chance to be best of the arm that is stopped on. */
export const CHANCE_TO_STOP = 0.95;

export interface StoppingAdvice {
  readonly stop: boolean;
  /** Whether only the days are missing. */
  readonly isSettled: boolean;
  readonly arm: number;
  readonly chanceToBeBest: number;
  /** Of every arm, summing to 1. */
  readonly chances: readonly number[];
  /** 95 % quantile of what another arm could still add, relative to the best. */
  readonly valueRemaining: number;
}

/**
 * Stop when the best arm is best with chance .95, after two weeks: with that certainty nothing is left to gain. Pauses: what
 * remains to be gained takes ten milliseconds with twenty arms.
 */
export function* stoppingAdviceSteps(
  posteriors: readonly Beta[],
  daysComplete: number,
  better: Better = "higher",
): Steps<StoppingAdvice> {
  const { bestArm, chances, valueRemaining } = yield* valueRemainingSteps(posteriors, CHANCE_TO_STOP, better);
  const chance = chances[bestArm] ?? 0;
  const isSettled = chance >= CHANCE_TO_STOP;
  return {
    stop: isSettled && daysComplete >= BANDIT_DAYS_MIN,
    isSettled,
    arm: bestArm,
    chanceToBeBest: chance,
    chances,
    valueRemaining,
  };
}
