/** Counts in the form that the statistics engine takes. Pure. */
import { type Counts, epochsOf } from "../../domain/counts.ts";
import { wasActive } from "../../domain/epochs.ts";
import { currentEpochNumber, type Experiment } from "../../domain/experiment.ts";
import type { Kpi } from "../../domain/kpi.ts";
import { shareTakenIn } from "../../domain/layer.ts";
import type { FrozenCell } from "../../domain/plan.ts";
import { PARTICIPATION } from "../../domain/tally.ts";
import type { EpochCounts, KpiCell } from "../../stats/input.ts";

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
 * @param covariates what those with a covariate did, where it is to be taken out
 * @param withValues per KPI, whether its values are passed on; a KPI without values has no mean to show
 */
export function epochCounts(
  experiment: Experiment,
  cells: readonly FrozenCell[],
  kpis: readonly Kpi[],
  withValues: readonly boolean[],
  covariates?: Counts["covariates"],
): readonly EpochCounts[] {
  const rowOf = new Map(kpis.map(({ number }, row) => [number, row]));
  const counts = new Map(
    reportedEpochs(experiment, cells).map((epoch) => [epoch, emptyCounts(experiment, epoch, withValues)]),
  );
  for (const { epoch, alternative, metric, clients, sum, squares } of cells) {
    const target = counts.get(epoch);
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
  const epochs = [...counts.values()];
  return covariates === undefined
    ? epochs
    : [...counts].map(([epoch, cell]) => withCovariates(epoch, cell, kpis, covariates));
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
