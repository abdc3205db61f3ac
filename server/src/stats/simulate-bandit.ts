/**
 * What a learning policy would do: conversions lost to exploring (regret), how often it ends on the wrong arm (lock-in),
 * and how often each way of reading its results claims a difference that is not there.
 */
import { type BanditEpoch, type BanditGoal, epochAdjustedPosteriors, thompsonWeights } from "./bandit.ts";
import { normalCritical } from "./distributions.ts";
import { posteriorOf } from "./posterior.ts";
import { binomialFrom, type Random } from "./random.ts";
import { type SharedEpoch, savedAgainstEqualShares } from "./saved.ts";
import { type Arm, twoProportionZ } from "./score.ts";
import type { Progress } from "./simulate.ts";
import { cmhStratified, informative } from "./stratified.ts";

export interface BanditSimulationInput {
  /** True rate of every arm; the first is the control. */
  readonly rates: readonly number[];
  /** Clients of one run. */
  readonly users: number;
  /** Number of batches of equal size, or the size of each; the weights are recomputed after every one. */
  readonly batches: number | readonly number[];
  readonly runs: number;
  readonly goal: BanditGoal;
  /** Least share per arm. */
  readonly floor: number;
  /** Whether the posterior is adjusted for epochs; false is textbook Thompson sampling. */
  readonly adjusted: boolean;
  /** Position of the arm that claims compare with the control. @default 1 */
  readonly compared?: number;
  /** Factor on all rates at a time in [0, 1]. @default constant 1 */
  readonly drift?: (time: number) => number;
  /** @default 0.05 */
  readonly alpha?: number;
}

export interface BanditSimulationResult {
  /** Mean conversions lost against always the best arm. */
  readonly regret: number;
  /** Standard error of that mean. */
  readonly regretError: number;
  /** The same for equal shares throughout. */
  readonly regretUniform: number;
  /** Share of runs in which a worse arm held more than LOCK_IN_SHARE of the last batch's free traffic. */
  readonly lockIn: number;
  /** Mean share of the best arms together in the free traffic after the last batch. */
  readonly bestShare: number;
  /** Share of runs that claim a difference from the control at the end, by three readings of the data. */
  readonly claims: { readonly pooled: number; readonly stratified: number; readonly explore: number };
  /** Conversions beyond those of equal shares: mean truth, mean estimate, and share of runs whose interval holds the truth. */
  readonly saved: { readonly truth: number; readonly estimate: number; readonly covered: number };
}

const LOCK_IN_SHARE = 0.95;
const PRIOR = [1, 1] as const;

/** Yields after every run. */
export function* simulateBandit(
  input: BanditSimulationInput,
  random: Random,
): Generator<Progress, BanditSimulationResult, void> {
  const { alpha = 0.05, compared = 1 } = input;
  const sizes = sizesOf(input);
  const best = Math.max(...input.rates);
  const mean = input.rates.reduce((sum, rate) => sum + rate, 0) / input.rates.length;
  let regretSquares = 0;
  let [regret, regretUniform, lockIn, bestShare, pooled, stratified, explore] = [0, 0, 0, 0, 0, 0, 0];
  let [truth, estimate, covered] = [0, 0, 0];
  for (let run = 0; run < input.runs; run++) {
    const played = play(input, sizes, random);
    regret += played.regret;
    regretSquares += played.regret * played.regret;
    regretUniform += played.exposure * (best - mean);
    lockIn += played.shares.some((share, arm) => share > LOCK_IN_SHARE && (input.rates[arm] ?? 0) < best) ? 1 : 0;
    bestShare += played.shares.reduce((sum, share, arm) => (input.rates[arm] === best ? sum + share : sum), 0);
    const all = played.epochs.map(({ arms }) => arms);
    pooled += claim(all, compared, alpha) ? 1 : 0;
    stratified += claimWithin(played.epochs, compared, alpha) ? 1 : 0;
    explore += claim([played.explore], compared, alpha) ? 1 : 0;
    const saved = savedAgainstEqualShares(played.shared, normalCritical(alpha));
    truth += played.saved;
    estimate += saved.estimate;
    covered += saved.interval.lower <= played.saved && played.saved <= saved.interval.upper ? 1 : 0;
    yield { done: run + 1, total: input.runs };
  }
  const { runs } = input;
  return {
    regret: regret / runs,
    regretError: Math.sqrt(Math.max(0, regretSquares / runs - (regret / runs) ** 2) / runs),
    regretUniform: regretUniform / runs,
    lockIn: lockIn / runs,
    bestShare: bestShare / runs,
    saved: { truth: truth / runs, estimate: estimate / runs, covered: covered / runs },
    claims: { pooled: pooled / runs, stratified: stratified / runs, explore: explore / runs },
  };
}

interface Played {
  readonly regret: number;
  /** Clients, each counted with the drift factor of its time. */
  readonly exposure: number;
  readonly epochs: readonly BanditEpoch[];
  readonly explore: readonly Arm[];
  /** The epochs with shares of their own, and what these brought beyond equal ones in truth. */
  readonly shared: readonly SharedEpoch[];
  readonly saved: number;
  /** Free shares (above the floor) after the last batch. */
  readonly shares: readonly number[];
}

/** Sizes of equal batches that add up to all clients. */
function sizesOf({ users, batches }: BanditSimulationInput): readonly number[] {
  if (typeof batches !== "number") return batches;
  const until = (batch: number): number => Math.round((users * batch) / batches);
  return Array.from({ length: batches }, (_, batch) => until(batch + 1) - until(batch));
}

function play(input: BanditSimulationInput, sizes: readonly number[], random: Random): Played {
  const { rates, users, floor, drift = () => 1 } = input;
  const arms = rates.length;
  const best = Math.max(...rates);
  const epochs: BanditEpoch[] = [];
  const explore = rates.map(() => ({ n: 0, x: 0 }));
  let shares: readonly number[] = rates.map(() => 1 / arms);
  const shared: SharedEpoch[] = [];
  let [regret, exposure, saved] = [0, 0, 0];
  let before = 0;
  for (const [batch, size] of sizes.entries()) {
    const factor = drift((before + size / 2) / users);
    before += size;
    // The first batch is uniform, so all of it is a clean experiment.
    const exploring = batch === 0 ? size : binomialFrom(size, arms * floor, random);
    const even = draw(
      exploring,
      rates.map(() => 1 / arms),
      rates,
      factor,
      random,
    );
    const free = draw(size - exploring, shares, rates, factor, random);
    const all = even.map(({ n, x }, arm) => ({ n: n + (free[arm]?.n ?? 0), x: x + (free[arm]?.x ?? 0) }));
    for (const [arm, { n, x }] of even.entries()) {
      explore[arm] = { n: (explore[arm]?.n ?? 0) + n, x: (explore[arm]?.x ?? 0) + x };
    }
    for (const [arm, { n }] of all.entries()) regret += n * factor * (best - (rates[arm] ?? 0));
    exposure += size * factor;
    epochs.push({ arms: all });
    if (batch > 0) {
      const intended = shares.map((share) => floor + (1 - arms * floor) * share);
      shared.push({ arms: all.map((arm, index) => ({ ...arm, share: intended[index] ?? 0 })) });
      for (const [arm, share] of intended.entries()) saved += size * factor * (share - 1 / arms) * (rates[arm] ?? 0);
    }
    shares = thompsonWeights(posteriors(input, epochs), { goal: input.goal, floor: 0 });
  }
  return { regret, exposure, epochs, explore, shared, saved, shares };
}

function posteriors({ rates, adjusted }: BanditSimulationInput, epochs: readonly BanditEpoch[]) {
  if (adjusted) return epochAdjustedPosteriors(epochs, PRIOR);
  return rates.map((_, arm) =>
    posteriorOf(
      sumOf(
        epochs.map(({ arms }) => arms),
        arm,
      ),
      PRIOR,
    ),
  );
}

function draw(
  size: number,
  shares: readonly number[],
  rates: readonly number[],
  factor: number,
  random: Random,
): Arm[] {
  let [left, shareLeft] = [size, 1];
  return rates.map((rate, arm) => {
    const share = shares[arm] ?? 0;
    const last = arm === rates.length - 1;
    const n = last ? left : binomialFrom(left, Math.min(1, share / Math.max(shareLeft, Number.MIN_VALUE)), random);
    left -= n;
    shareLeft -= share;
    return { n, x: binomialFrom(n, Math.min(1, rate * factor), random) };
  });
}

function sumOf(stretches: readonly (readonly Arm[])[], arm: number): Arm {
  return stretches.reduce((sum, arms) => ({ n: sum.n + (arms[arm]?.n ?? 0), x: sum.x + (arms[arm]?.x ?? 0) }), {
    n: 0,
    x: 0,
  });
}

function claim(stretches: readonly (readonly Arm[])[], compared: number, alpha: number): boolean {
  const [control, treatment] = [sumOf(stretches, 0), sumOf(stretches, compared)];
  return control.n > 0 && treatment.n > 0 && twoProportionZ(control, treatment).p < alpha;
}

function claimWithin(epochs: readonly BanditEpoch[], compared: number, alpha: number): boolean {
  const strata = informative(
    epochs.map(({ arms }) => ({ control: arms[0] ?? { n: 0, x: 0 }, treatment: arms[compared] ?? { n: 0, x: 0 } })),
  );
  return strata.length > 0 && cmhStratified(strata).p < alpha;
}
