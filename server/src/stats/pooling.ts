/** When epochs may be added up, and adding them up. */
import type { EpochCounts } from "./input.ts";

/** Whether weights or traffic differ between epochs that have participants. */
export function changed(epochs: readonly EpochCounts[]): boolean {
  const [first, ...rest] = filledOf(epochs);
  const traffic = first?.trafficFraction ?? 1;
  return sharesChanged(epochs) || rest.some(({ trafficFraction = 1 }) => trafficFraction !== traffic);
}

/** Whether the shares of the arms differ between epochs that have participants. */
export function sharesChanged(epochs: readonly EpochCounts[]): boolean {
  return sharesDiffer(filledOf(epochs).map(({ weights }) => weights));
}

/** @param stretches weights per arm, on any scale */
export function sharesDiffer(stretches: readonly (readonly number[])[]): boolean {
  const [first, ...rest] = stretches;
  if (first === undefined) return false;
  const total = (weights: readonly number[]): number => weights.reduce((sum, weight) => sum + weight, 0);
  return rest.some((weights) =>
    weights.some((weight, arm) => Math.abs(weight / total(weights) - (first[arm] ?? 0) / total(first)) > 1e-9),
  );
}

export function filledOf(epochs: readonly EpochCounts[]): EpochCounts[] {
  const filled = epochs.filter(({ participants }) => participants.some((count) => count > 0));
  return filled.length > 0 ? filled : epochs.slice(-1);
}

/** What is compared by itself: each epoch where weights or traffic changed, and otherwise all of them together. */
export function stretchesOf(epochs: readonly EpochCounts[]): readonly EpochCounts[] {
  return changed(epochs) ? filledOf(epochs) : [pooled(epochs)];
}

/** Epochs that may be added up, added up. */
export function pooled(epochs: readonly EpochCounts[]): EpochCounts {
  const [first, ...rest] = filledOf(epochs);
  const start = first ?? { weights: [], participants: [], kpis: [] };
  return rest.reduce<EpochCounts>(
    (sum, epoch) => ({
      weights: sum.weights,
      participants: sum.participants.map((count, arm) => count + (epoch.participants[arm] ?? 0)),
      kpis: sum.kpis.map((row, kpi) =>
        row.map((cell, arm) => {
          const other = epoch.kpis[kpi]?.[arm] ?? { conversions: 0 };
          const conversions = cell.conversions + other.conversions;
          const [a, b] = [cell.values, other.values];
          if (a === undefined && b === undefined) return { conversions };
          const sum = (a?.sum ?? 0) + (b?.sum ?? 0);
          const sumSquares = (a?.sumSquares ?? 0) + (b?.sumSquares ?? 0);
          return { conversions, values: { sum, sumSquares } };
        }),
      ),
    }),
    start,
  );
}
