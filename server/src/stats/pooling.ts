/** When epochs may be added up, and adding them up. */
import type { EpochCounts, KpiCell } from "./input.ts";

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

function filledOf(epochs: readonly EpochCounts[]): EpochCounts[] {
  const filled = epochs.filter(({ participants }) => participants.some((count) => count > 0));
  return filled.length > 0 ? filled : epochs.slice(-1);
}

/** What is compared by itself: each epoch where weights or traffic changed, and otherwise all of them together. */
export function stretchesOf(epochs: readonly EpochCounts[]): readonly EpochCounts[] {
  return changed(epochs) ? filledOf(epochs) : [pooled(epochs)];
}

/** Epochs that may be added up, added up. */
function pooled(epochs: readonly EpochCounts[]): EpochCounts {
  const [first, ...rest] = filledOf(epochs);
  const start = first ?? { weights: [], participants: [], kpis: [] };
  return rest.reduce<EpochCounts>(
    (sum, epoch) => ({
      weights: sum.weights,
      participants: sum.participants.map((count, arm) => count + (epoch.participants[arm] ?? 0)),
      ...covariatesOf(sum, epoch),
      kpis: sum.kpis.map((row, kpi) =>
        row.map((cell, arm) => bothCells(cell, epoch.kpis[kpi]?.[arm] ?? { conversions: 0 })),
      ),
    }),
    start,
  );
}

function covariatesOf(one: EpochCounts, other: EpochCounts): Pick<EpochCounts, "covariates"> {
  if (one.covariates === undefined && other.covariates === undefined) return {};
  return { covariates: one.participants.map((_, arm) => added(one.covariates?.[arm], other.covariates?.[arm])) };
}

function bothCells(one: KpiCell, other: KpiCell): KpiCell {
  return {
    conversions: one.conversions + other.conversions,
    ...(one.values === undefined && other.values === undefined ? {} : { values: added(one.values, other.values) }),
    ...(one.ratio === undefined || other.ratio === undefined ? {} : { ratio: added(one.ratio, other.ratio) }),
    ...(one.products === undefined && other.products === undefined
      ? {}
      : { products: added(one.products, other.products) }),
  };
}

/** Member by member; what is missing is nothing. One of the two is there. */
function added<Sums extends object>(one: Sums | undefined, other: Sums | undefined): Sums {
  const sums: Record<string, number> = {};
  for (const side of [one, other]) {
    for (const [name, number] of Object.entries<number>({ ...side })) sums[name] = (sums[name] ?? 0) + number;
  }
  return sums as Sums;
}
