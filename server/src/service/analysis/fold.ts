/** Tallies folded once into everything an analysis asks of them. Pure, and as cheap as the number of cells. */
import { codeIndex, EXCLUDED_CODE, isExploreCode } from "../../domain/assignment.ts";
import { wasActive } from "../../domain/epochs.ts";
import { currentEpochNumber, type Experiment, kpiNumber } from "../../domain/experiment.ts";
import type { KpiName } from "../../domain/names.ts";
import type { Day } from "../../domain/period.ts";
import type { FrozenCell } from "../../domain/plan.ts";
import { PARTICIPATION, type Tally } from "../../domain/tally.ts";
import type { EpochCounts, KpiCell } from "../../stats/input.ts";

/** Days to look at, both ends included; `null` is open. */
export interface DayRange {
  readonly from: Day | null;
  readonly to: Day | null;
}

export interface Folded {
  /** Tallies of alternatives summed over days. */
  readonly cells: readonly FrozenCell[];
  /** Those of them that a bandit drew to explore. */
  readonly explored: readonly FrozenCell[];
  readonly participants: number;
  /** Excluded clients per epoch. */
  readonly excluded: ReadonlyMap<number, number>;
  readonly participantsByDay: ReadonlyMap<Day, number>;
  /** First and last day on which a client joined; `null` without participants. */
  readonly firstDay: Day | null;
  readonly lastDay: Day | null;
  /** Last day with any event at all. */
  readonly lastActivityDay: Day | null;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export function foldTallies(tallies: readonly Tally[]): Folded {
  const cells = new Map<number, Mutable<FrozenCell>>();
  const explored = new Map<number, Mutable<FrozenCell>>();
  const excluded = new Map<number, number>();
  const participantsByDay = new Map<Day, number>();
  let participants = 0;
  let firstDay: Day | null = null;
  let lastDay: Day | null = null;
  let lastActivityDay: Day | null = null;
  for (const { epoch, assignment, metric, day, clients, sum, squares } of tallies) {
    if (lastActivityDay === null || day > lastActivityDay) lastActivityDay = day;
    if (assignment === EXCLUDED_CODE) {
      excluded.set(epoch, (excluded.get(epoch) ?? 0) + clients);
      continue;
    }
    if (metric === PARTICIPATION) {
      participants += clients;
      participantsByDay.set(day, (participantsByDay.get(day) ?? 0) + clients);
      if (firstDay === null || day < firstDay) firstDay = day;
      if (lastDay === null || day > lastDay) lastDay = day;
    }
    const cell = { epoch, alternative: codeIndex(assignment), metric, clients, sum, squares };
    add(cells, cell);
    if (isExploreCode(assignment)) add(explored, cell);
  }
  return {
    cells: [...cells.values()],
    explored: [...explored.values()],
    participants,
    excluded,
    participantsByDay,
    firstDay,
    lastDay,
    lastActivityDay,
  };
}

function add(cells: Map<number, Mutable<FrozenCell>>, added: FrozenCell): void {
  // Alternative and metric are bytes in every engine, so the three make one number.
  const key = (added.epoch * 256 + added.alternative) * 512 + added.metric + 1;
  const cell = cells.get(key);
  if (cell === undefined) {
    cells.set(key, { ...added });
  } else {
    cell.clients += added.clients;
    cell.sum += added.sum;
    cell.squares += added.squares;
  }
}

/** Participants who reached a KPI, of all alternatives. */
export function conversionsIn(cells: readonly FrozenCell[], kpi: number): number {
  return cells.reduce((sum, { metric, clients }) => (metric === kpi ? sum + clients : sum), 0);
}

/**
 * The cells as the statistics engine takes them: one entry for each epoch in which anybody took part and for the one in
 * force, which says what the weights are now; in it one row per KPI.
 * @param withValues per KPI, whether its values are passed on; a KPI without values has no mean to show
 */
export function epochCounts(
  experiment: Experiment,
  cells: readonly FrozenCell[],
  kpis: readonly (KpiName | null)[],
  withValues: readonly boolean[],
): readonly EpochCounts[] {
  const rowOf = new Map(kpis.map((kpi, row) => [kpiNumber(experiment, kpi), row]));
  // A bandit has an epoch per batch, thousands of them; those without new clients say nothing.
  const filled = new Set(cells.filter(({ metric }) => metric === PARTICIPATION).map(({ epoch }) => epoch));
  filled.add(currentEpochNumber(experiment));
  const counts = new Map(
    [...filled].sort((a, b) => a - b).map((epoch) => [epoch, emptyCounts(experiment, epoch, withValues)]),
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
  return [...counts.values()];
}

function emptyCounts({ alternatives, epochs }: Experiment, epoch: number, withValues: readonly boolean[]) {
  const { trafficFraction = 1, weights = null } = epochs[epoch] ?? {};
  return {
    weights: alternatives.map((alternative, index) =>
      wasActive(alternative, epoch) ? (weights === null ? 1 : (weights[index] ?? 0)) : 0,
    ),
    trafficFraction,
    participants: alternatives.map(() => 0),
    kpis: withValues.map((values) =>
      alternatives.map((): KpiCell => (values ? { conversions: 0, values: NO_VALUES } : NO_CONVERSIONS)),
    ),
  };
}

const NO_VALUES = { sum: 0, sumSquares: 0 };
const NO_CONVERSIONS: KpiCell = { conversions: 0 };
