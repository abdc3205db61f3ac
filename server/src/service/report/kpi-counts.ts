/** What a page or a 2.7 reader asks for: counts per alternative of one KPI, in all and per period. Pure. */
import { Counts, type Sums } from "../../domain/counts.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { decidingKpi } from "../../domain/kpi.ts";
import type { KpiName } from "../../domain/names.ts";
import { type Day, type Period, periodLabel } from "../../domain/period.ts";
import { PARTICIPATION, type Tally } from "../../domain/tally.ts";
import { each, ITEMS_PER_PIECE, type Steps } from "../../stats/steps.ts";
import { hiddenReason } from "../analysis/hidden.ts";

/** Clients that joined, and clients that reached the KPI for the first time. */
export interface ArmCounts {
  readonly participants: number;
  readonly conversions: number;
}

interface PeriodCounts {
  /** As `periodLabel` writes it; sorts by time within one kind of period. */
  readonly label: string;
  /** Per alternative, in stored order. */
  readonly arms: readonly ArmCounts[];
}

export interface KpiCounts {
  /** The KPI that decides, whichever the others are about, and the clients that reached it. */
  readonly deciding: { readonly kpi: KpiName | null; readonly conversions: number };
  readonly excluded: number;
  readonly total: ArmCounts;
  /** Per alternative, in stored order; events and values are those of the KPI. */
  readonly arms: readonly (ArmCounts & Omit<Sums, "clients">)[];
  /** Only periods in which a client joined or converted, oldest first. */
  readonly periods: readonly PeriodCounts[];
  /** Why sums of these don't compare alternatives; `null` if they do. */
  readonly hidden: string | null;
}

/**
 * Counts of one KPI over all epochs, in small steps.
 * @param kpi number of the KPI in `experiment`, see `Kpi`
 */
export function* countKpiSteps(
  experiment: Experiment,
  tallies: readonly Tally[],
  kpi: number | null,
  period: Period = "day",
): Steps<KpiCounts> {
  const counts = new Counts();
  const byDay = new Map<Day, Counts>();
  yield* each(tallies, (tally) => {
    const { metric, subset } = tally;
    if (subset.kind !== "day") return;
    counts.add(tally);
    if (metric !== PARTICIPATION && metric !== kpi) return;
    const known = byDay.get(subset.day);
    if (known !== undefined) return known.add(tally);
    const day = new Counts();
    byDay.set(subset.day, day);
    day.add(tally);
  });
  const { alternatives } = experiment;
  const armsOf = (of: Counts) =>
    alternatives.map((_, index) => {
      const { clients: conversions, ...sums } = of.total(kpi, index);
      return { participants: of.total(PARTICIPATION, index).clients, conversions, ...sums };
    });
  // Sorted by number: sorting so many texts would take too long for one step.
  const days = Int32Array.from(byDay.keys()).sort() as Iterable<number> as Iterable<Day>;
  const periods: { label: string; arms: readonly ArmCounts[] }[] = [];
  const perPiece = Math.ceil(ITEMS_PER_PIECE / (10 * alternatives.length));
  yield* each(
    days,
    (day) => {
      const arms = armsOf(byDay.get(day) ?? new Counts());
      const label = periodLabel(day, period);
      const last = periods.at(-1);
      if (last?.label === label) last.arms = last.arms.map((arm, index) => added(arm, arms[index]));
      else periods.push({ label, arms: arms.map((arm) => added(arm, undefined)) });
    },
    perPiece,
  );
  const deciding = decidingKpi(experiment, counts);
  return {
    deciding: { kpi: deciding.name, conversions: counts.total(deciding.number).clients },
    excluded: counts.excluded(),
    total: { participants: counts.participants, conversions: counts.total(kpi).clients },
    arms: armsOf(counts),
    hidden: hiddenReason(experiment, counts),
    // A period that saw only repeated conversions, or excluded clients, is no row of its own, as in 2.7.
    periods: periods.filter(({ arms }) => arms.some((arm) => arm.participants > 0 || arm.conversions > 0)),
  };
}

function added(one: ArmCounts, other: ArmCounts | undefined): ArmCounts {
  const { participants, conversions } = one;
  return {
    participants: participants + (other?.participants ?? 0),
    conversions: conversions + (other?.conversions ?? 0),
  };
}
