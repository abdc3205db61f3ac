/** Counts in the form that the statistics engine takes. Pure. */
import { type Counts, epochsOf } from "../../domain/counts.ts";
import { wasActive } from "../../domain/epochs.ts";
import { currentEpochNumber, type Experiment } from "../../domain/experiment.ts";
import type { Kpi } from "../../domain/kpi.ts";
import { capsOf } from "../../domain/kpi-definition.ts";
import { shareTakenIn } from "../../domain/layer.ts";
import type { FrozenCell } from "../../domain/plan.ts";
import { cappedMetric, PARTICIPATION } from "../../domain/tally.ts";
import type { EpochCounts, KpiCell } from "../../stats/input.ts";
import type { RatioSums } from "../../stats/ratio.ts";

/**
 * Numbers of the epochs that a report has, in its order. A bandit has an epoch per batch, thousands of them; those without
 * new clients say nothing.
 */
export function reportedEpochs(experiment: Experiment, cells: readonly FrozenCell[]): readonly number[] {
  return [...new Set([...epochsOf(cells), currentEpochNumber(experiment)])];
}

/**
 * One entry for each epoch in which anybody took part and for the one in
 * force, which says what the weights are now; in it one row per KPI.
 * @param withValues per KPI, whether its values are passed on; a KPI without values has no mean to show
 * @param counts what is known beside the cells: how values go with covariates, and with the number of conversions
 */
export function epochCounts(
  experiment: Experiment,
  cells: readonly FrozenCell[],
  kpis: readonly Kpi[],
  withValues: readonly boolean[],
  counts?: Counts,
): readonly EpochCounts[] {
  const rowOf = new Map(kpis.map(({ number }, row) => [number, row]));
  const entries = new Map(
    reportedEpochs(experiment, cells).map((epoch) => [epoch, emptyCounts(experiment, epoch, withValues)]),
  );
  for (const { epoch, alternative, metric, clients, sum, squares } of cells) {
    const target = entries.get(epoch);
    if (target === undefined || alternative >= experiment.alternatives.length) continue;
    const row = rowOf.get(metric);
    if (metric === PARTICIPATION) {
      target.participants[alternative] = clients;
    } else if (row !== undefined) {
      const values = withValues[row] === true ? { values: { sum, sumSquares: squares } } : {};
      const cellsOfKpi = target.kpis[row];
      if (cellsOfKpi !== undefined) cellsOfKpi[alternative] = { conversions: clients, ...values };
    }
  }
  if (counts === undefined) return [...entries.values()];
  const { covariates } = counts;
  const withRatios = ratiosOf(experiment, kpis, counts, [...entries]);
  if (covariates === undefined) return withRatios.map(([, cell]) => cell);
  return withRatios.map(([epoch, cell]) => withCovariates(epoch, cell, kpis, covariates));
}

type Entry = readonly [epoch: number, counts: EpochCounts];

/** The same with how values go with the number of conversions, of the KPIs of which that is known. */
function ratiosOf(
  experiment: Experiment,
  kpis: readonly Kpi[],
  counts: Counts,
  entries: readonly Entry[],
): readonly Entry[] {
  const caps = capsOf(experiment);
  const sums = kpis.map(({ number, counts: counted }) => {
    // Conversions are 1 for each conversion.
    if (number === null || counted === "events") return null;
    const metrics = { number, raw: caps.has(number) ? cappedMetric(number) : number };
    const cells = entries.map(([epoch]) =>
      experiment.alternatives.map((_, arm) => ratioSums(counts, epoch, arm, metrics)),
    );
    const isKnown = cells.flat().every(isPossible) && cells.flat().some(({ totalSquared }) => totalSquared !== 0);
    return isKnown ? cells : null;
  });
  return entries.map(([epoch, entry], at) => {
    const rows = entry.kpis.map((row, kpi) =>
      row.map((cell, arm) => {
        const ratio = sums[kpi]?.[at]?.[arm];
        return ratio === undefined ? cell : { ...cell, ratio };
      }),
    );
    return [epoch, { ...entry, kpis: rows }];
  });
}

/** @param metrics the KPI, and what has the sums of its values as they came */
export function ratioSums(
  counts: Counts,
  epoch: number,
  arm: number,
  { number, raw }: { readonly number: number; readonly raw: number },
): RatioSums {
  const { clients: n, events } = counts.at(epoch, arm, number);
  const { sum: total, squares: totalSquared } = counts.at(epoch, arm, raw);
  const repeated = counts.repeated.at(epoch, arm, number);
  return {
    n,
    events,
    total,
    eventsSquared: events + repeated.squares,
    totalSquared,
    product: total + repeated.sum,
  };
}

/**
 * Cauchy–Schwarz. Sums that nothing can have are of a range of days, or of a compacted experiment from before they were kept:
 * the part that comes from repeated conversions is missing.
 */
function isPossible({ n, events, eventsSquared }: RatioSums): boolean {
  return events * events <= n * eventsSquared;
}

function withCovariates(
  epoch: number,
  counts: EpochCounts,
  kpis: readonly Kpi[],
  { withCovariate, products }: NonNullable<Counts["covariates"]>,
): EpochCounts {
  return {
    ...counts,
    covariates: counts.participants.map((_, arm) => {
      const { clients, sum, squares } = withCovariate.at(epoch, arm, PARTICIPATION);
      return { n: clients, sum, sumSquares: squares };
    }),
    kpis: counts.kpis.map((row, kpi) =>
      row.map((cell, arm) => {
        const metric = kpis[kpi]?.number ?? null;
        const { clients: conversions, sum } = withCovariate.at(epoch, arm, metric);
        const { sum: conversionsTimes, squares: sumTimes } = products.at(epoch, arm, metric);
        return { ...cell, products: { conversions, conversionsTimes, sum, sumTimes } };
      }),
    ),
  };
}

function emptyCounts({ alternatives, epochs }: Experiment, epoch: number, withValues: readonly boolean[]) {
  const settings = epochs[epoch];
  const { weights = null } = settings ?? {};
  return {
    weights: alternatives.map((alternative, index) =>
      wasActive(alternative, epoch) ? (weights === null ? 1 : (weights[index] ?? 0)) : 0,
    ),
    trafficFraction: settings === undefined ? 1 : shareTakenIn(settings),
    participants: alternatives.map(() => 0),
    kpis: withValues.map((values) =>
      alternatives.map((): KpiCell => (values ? { conversions: 0, values: NO_VALUES } : NO_CONVERSIONS)),
    ),
  };
}

const NO_VALUES = { sum: 0, sumSquares: 0 };
const NO_CONVERSIONS: KpiCell = { conversions: 0 };
