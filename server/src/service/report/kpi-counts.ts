/** What a page or a 2.7 reader asks for: counts per alternative of one KPI, in all and per period. Pure. */
import { Counts, type Sums } from "../../domain/counts.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { type Day, type Period, periodLabel } from "../../domain/period.ts";
import { PARTICIPATION, type Tally } from "../../domain/tally.ts";
import { hiddenReason } from "../analysis/hidden.ts";

/** Clients that joined, and clients that reached the KPI for the first time. */
export interface ArmCounts {
  readonly participants: number;
  readonly conversions: number;
}

export interface PeriodCounts {
  /** As `periodLabel` writes it; sorts by time within one kind of period. */
  readonly label: string;
  /** Per alternative, in stored order. */
  readonly arms: readonly ArmCounts[];
}

export interface KpiCounts {
  readonly excluded: number;
  readonly total: ArmCounts;
  /** Per alternative, in stored order; events and values are those of the KPI. */
  readonly arms: readonly (ArmCounts & Omit<Sums, "clients">)[];
  /** Only periods in which a client joined or converted, oldest first. */
  readonly periods: readonly PeriodCounts[];
  /** Why nothing that adds these up compares alternatives; `null` where it does. */
  readonly hidden: string | null;
}

/**
 * Counts of one KPI over all epochs.
 * @param kpi number of the KPI in `experiment`, see `Kpi`
 */
export function countKpi(
  experiment: Experiment,
  tallies: readonly Tally[],
  kpi: number | null,
  period: Period = "day",
): KpiCounts {
  const counts = new Counts();
  const labels = new Map<Day, string>();
  const periods = new Map<string, Counts>();
  for (const tally of tallies) {
    if (tally.metric !== PARTICIPATION && tally.metric !== kpi) continue;
    counts.add(tally);
    const label = remembered(labels, tally.day, () => periodLabel(tally.day, period));
    remembered(periods, label, () => new Counts()).add(tally);
  }
  const { alternatives } = experiment;
  const armsOf = (of: Counts) =>
    alternatives.map((_, index) => {
      const { clients: conversions, ...sums } = of.total(kpi, index);
      return { participants: of.total(PARTICIPATION, index).clients, conversions, ...sums };
    });
  return {
    excluded: counts.excluded(),
    total: { participants: counts.participants, conversions: counts.total(kpi).clients },
    arms: armsOf(counts),
    hidden: hiddenReason(experiment, counts),
    periods: [...periods]
      .map(([label, of]) => ({
        label,
        arms: armsOf(of).map(({ participants, conversions }) => ({ participants, conversions })),
      }))
      // A period that saw only repeated conversions, or excluded clients, is no row of its own, as in 2.7.
      .filter(({ arms }) => arms.some(({ participants, conversions }) => participants > 0 || conversions > 0))
      .sort((a, b) => (a.label < b.label ? -1 : 1)),
  };
}

function remembered<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}
