/**
 * What unequal shares brought against equal ones, in conversions. Every epoch's shares were fixed before its clients
 * came, so the rates of its own clients are a fair judge of them: no arm is credited with the luck that earned
 * it its share.
 */
import type { Limits } from "./score.ts";

export interface SharedEpoch {
  /** The arms that took clients: intended share, participants, conversions. */
  readonly arms: readonly { readonly share: number; readonly n: number; readonly x: number }[];
}

export interface Saved {
  /** Conversions beyond those of equal shares; negative when equal shares would have brought more. */
  readonly estimate: number;
  /** At the level of `critical`, for one look. */
  readonly interval: Limits;
}

/**
 * Sum over epochs of n · Σ (share − 1/k) · rate. A rate is shrunk by one pseudo-participant at the epoch's mean, so that
 * an arm nobody came to counts as average.
 * @param critical normal quantile of the interval
 */
export function savedAgainstEqualShares(epochs: readonly SharedEpoch[], critical: number): Saved {
  let [estimate, variance] = [0, 0];
  for (const { arms } of epochs) {
    const [n, x] = arms.reduce(([n, x], arm) => [n + arm.n, x + arm.x], [0, 0]);
    if (n === 0) continue;
    const mean = x / n;
    for (const arm of arms) {
      const gained = n * (arm.share - 1 / arms.length);
      const rate = (arm.x + mean) / (arm.n + 1);
      estimate += gained * rate;
      // By the epoch's mean and the promised counts: an arm's own rate is low just when it was unlucky, and a variance
      // that shrinks with the estimate makes the interval miss more often than it says.
      variance += (gained * gained * mean * (1 - mean)) / Math.max(1, n * arm.share);
    }
  }
  const half = critical * Math.sqrt(variance);
  return { estimate, interval: { lower: estimate - half, upper: estimate + half } };
}
