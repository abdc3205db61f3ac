/** Reading the input's cells: counts and samples of one KPI and arm, in one epoch or over all. */
import type { EpochCounts, KpiSpec, Moments } from "./input.ts";
import { type Estimate, estimateOf, type Sample, sampleOf } from "./mean.ts";
import type { FirstWeights } from "./pairs.ts";
import type { RatioSums } from "./ratio.ts";
import type { KpiReport } from "./report.ts";
import type { Arm } from "./score.ts";

/** Epochs in which both arms have participants. */
export function together(epochs: readonly EpochCounts[], one: number, other: number): EpochCounts[] {
  return epochs.filter((epoch) => (epoch.participants[one] ?? 0) > 0 && (epoch.participants[other] ?? 0) > 0);
}

export function firstWeights(
  epochs: readonly Pick<EpochCounts, "weights">[],
  one: number,
  other: number,
): FirstWeights {
  const first = epochs.find((epoch) => (epoch.weights[one] ?? 0) > 0 && (epoch.weights[other] ?? 0) > 0);
  return [first?.weights[one] ?? 1, first?.weights[other] ?? 1];
}

export function armOf(epoch: EpochCounts, kpi: number, arm: number): Arm {
  return { n: epoch.participants[arm] ?? 0, x: epoch.kpis[kpi]?.[arm]?.conversions ?? 0 };
}

export function totalOf(epochs: readonly EpochCounts[], kpi: number, arm: number): Arm {
  return epochs.reduce(
    (sum, epoch) => {
      const { n, x } = armOf(epoch, kpi, arm);
      return { n: sum.n + n, x: sum.x + x };
    },
    { n: 0, x: 0 },
  );
}

function momentsIn(epoch: EpochCounts, kpi: number, arm: number): Moments {
  return epoch.kpis[kpi]?.[arm]?.values ?? { sum: 0, sumSquares: 0 };
}

export function sampleIn(epoch: EpochCounts, kpi: number, arm: number): Sample {
  const { sum, sumSquares } = momentsIn(epoch, kpi, arm);
  const n = epoch.participants[arm] ?? 0;
  return n > 0 ? sampleOf(n, sum, sumSquares) : { n, mean: 0, variance: 0 };
}

export function pooledSample(epochs: readonly EpochCounts[], kpi: number, arm: number): Sample {
  let [n, sum, sumSquares] = [0, 0, 0];
  for (const epoch of epochs) {
    const moments = momentsIn(epoch, kpi, arm);
    n += epoch.participants[arm] ?? 0;
    sum += moments.sum;
    sumSquares += moments.sumSquares;
  }
  return n > 0 ? sampleOf(n, sum, sumSquares) : { n, mean: 0, variance: 0 };
}

/** An arm's mean as if every epoch it took part in had its share of all traffic; `null` without two participants. */
export function standardised(epochs: readonly EpochCounts[], kpi: number, arm: number): Estimate | null {
  const parts = epochs.flatMap((epoch) => {
    const sample = sampleIn(epoch, kpi, arm);
    const everyone = epoch.participants.reduce((sum, count) => sum + count, 0);
    return sample.n > 1 ? [{ ...estimateOf(sample), everyone }] : [];
  });
  const total = parts.reduce((sum, part) => sum + part.everyone, 0);
  if (total === 0) return null;
  return {
    mean: parts.reduce((sum, part) => sum + (part.everyone / total) * part.mean, 0),
    variance: parts.reduce((sum, part) => sum + (part.everyone / total) ** 2 * part.variance, 0),
  };
}

/** What conversions of an arm add up to, over all epochs; 0 where that isn't known (`hasRatios`). */
export function ratioIn(epochs: readonly EpochCounts[], kpi: number, arm: number): RatioSums {
  const sums = { n: 0, events: 0, total: 0, eventsSquared: 0, totalSquared: 0, product: 0 };
  for (const epoch of epochs) {
    const ratio = epoch.kpis[kpi]?.[arm]?.ratio;
    if (ratio === undefined) continue;
    for (const name of Object.keys(sums) as (keyof RatioSums)[]) sums[name] += ratio[name];
  }
  return sums;
}

/** Whether every cell of a KPI says how its values go with the number of conversions. */
export function hasRatios(epochs: readonly EpochCounts[], kpi: number): boolean {
  return epochs.every((epoch) => epoch.kpis[kpi]?.every(({ ratio }) => ratio !== undefined));
}

/** Whether any cell of a KPI carries sums of values. */
export function hasValues(epochs: readonly EpochCounts[], kpi: number): boolean {
  return epochs.some((epoch) => epoch.kpis[kpi]?.some((cell) => cell.values !== undefined));
}

/** The section that carries the decision on a KPI. */
export function decidingSection({ decidesOn }: Pick<KpiSpec, "decidesOn">): KpiReport["decidesOn"] {
  return decidesOn === "mean" ? "means" : "rates";
}
