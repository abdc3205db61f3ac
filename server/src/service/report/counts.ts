/**
 * Tallies folded into what a page or a 2.7 reader asks for: counts per alternative of one KPI, in all and per period.
 * Pure, and as cheap as the number of cells.
 */
import { codeIndex, EXCLUDED_CODE } from "../../domain/assignment.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { type Day, type Period, periodLabel } from "../../domain/period.ts";
import { PARTICIPATION, type Tally } from "../../domain/tally.ts";

/** Clients that joined, and clients that reached the KPI for the first time. */
export interface Counts {
  readonly participants: number;
  readonly conversions: number;
}

export interface ArmCounts extends Counts {
  /** Conversion events, repeated ones included. */
  readonly events: number;
  /** Sum of the values of all events. */
  readonly valueSum: number;
  /** Sum over participants of (total value)². */
  readonly valueSquares: number;
}

export interface PeriodCounts {
  /** As `periodLabel` writes it; sorts by time within one kind of period. */
  readonly label: string;
  /** Per alternative, in stored order. */
  readonly arms: readonly Counts[];
}

export interface KpiCounts {
  readonly excluded: number;
  readonly total: Counts;
  /** Per alternative, in stored order. */
  readonly arms: readonly ArmCounts[];
  /** Only periods in which a client joined or converted, oldest first. */
  readonly periods: readonly PeriodCounts[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Clients with an alternative, over all epochs; the excluded are none. */
export function countParticipants(tallies: readonly Tally[]): number {
  let participants = 0;
  for (const { metric, assignment, clients } of tallies) {
    if (metric === PARTICIPATION && assignment !== EXCLUDED_CODE) participants += clients;
  }
  return participants;
}

/**
 * Counts of one KPI over all epochs.
 * @param kpi number of the KPI in `experiment`, see `kpiNumber`
 */
export function countKpi(
  experiment: Experiment,
  tallies: readonly Tally[],
  kpi: number,
  period: Period = "day",
): KpiCounts {
  const arms: Mutable<ArmCounts>[] = experiment.alternatives.map(() => ({
    ...noCounts(),
    events: 0,
    valueSum: 0,
    valueSquares: 0,
  }));
  const total: Mutable<Counts> = noCounts();
  const labels = new Map<Day, string>();
  const periods = new Map<string, Mutable<Counts>[]>();
  let excluded = 0;

  for (const tally of tallies) {
    const field = tally.metric === PARTICIPATION ? "participants" : "conversions";
    if (field === "conversions" && tally.metric !== kpi) continue;
    if (tally.assignment === EXCLUDED_CODE) {
      excluded += tally.clients;
      continue;
    }
    const index = codeIndex(tally.assignment);
    const arm = arms[index];
    if (arm === undefined) continue;
    if (field === "conversions") {
      arm.events += tally.events;
      arm.valueSum += tally.sum;
      arm.valueSquares += tally.squares;
    }
    // A day that saw only repeated conversions is no row of its own, as in 2.7.
    if (tally.clients === 0) continue;
    arm[field] += tally.clients;
    total[field] += tally.clients;

    const label = remembered(labels, tally.day, () => periodLabel(tally.day, period));
    const row = remembered(periods, label, () => arms.map(noCounts));
    const cell = row[index];
    if (cell !== undefined) cell[field] += tally.clients;
  }
  return {
    excluded,
    total,
    arms,
    periods: [...periods]
      .map(([label, counts]) => ({ label, arms: counts }))
      .sort((a, b) => (a.label < b.label ? -1 : 1)),
  };
}

function noCounts(): Mutable<Counts> {
  return { participants: 0, conversions: 0 };
}

function remembered<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}
