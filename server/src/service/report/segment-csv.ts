/** What was counted by one dimension, as a table: a row per epoch, alternative, value and KPI, of all days together. */
import type { Experiment } from "../../domain/experiment.ts";
import { kpisOf } from "../../domain/kpi.ts";
import { dimensionNamed, segmentName } from "../../domain/segments.ts";
import { PARTICIPATION, type Quantities, type Tally } from "../../domain/tally.ts";
import { each } from "../../stats/steps.ts";
import { csv } from "./csv.ts";

const COLUMNS = [
  "experiment",
  "segment",
  "epoch",
  "alternative",
  "value",
  "kpi",
  "participants",
  "conversions",
  "events",
  "total",
  "squares",
  "explored",
] as const;

interface Group {
  readonly epoch: number;
  readonly alternative: number;
  readonly explored: boolean;
  /** The byte of the value. */
  readonly value: number;
  /** By metric. */
  readonly counts: Map<number, Quantities>;
}

const NONE: Quantities = { clients: 0, events: 0, sum: 0, squares: 0 };

/**
 * Rows by epoch, alternative, value and KPI. A value that nobody of an alternative had has no row; a KPI that nobody of them
 * reached has one with 0 conversions. `kpi` is empty for the default one. Clients that a bandit drew with equal chances
 * (`explored`) have rows of their own.
 * @param segment name of the dimension
 * @returns pieces, each some whole rows, or nothing yet
 * @throws SixpackError unknown-segment, before the first piece
 */
export function segmentCsvPieces(experiment: Experiment, tallies: readonly Tally[], segment: string): Iterable<string> {
  return pieces(experiment, tallies, dimensionNamed(experiment.dimensions, segment));
}

function* pieces(experiment: Experiment, tallies: readonly Tally[], at: number): Generator<string, void, void> {
  const groups = new Map<string, Group>();
  const reached = new Set<number>();
  for (const _ of each(tallies, (tally) => addTo(groups, reached, tally, at))) yield "";
  const kpis = kpisOf(experiment).filter(({ number }) =>
    reached.size === 0 ? number === 0 : number > 0 || reached.has(0),
  );
  yield csv([[...COLUMNS]]);
  // Grouped by epoch first: sorting everything at once would take too long for one step.
  const byEpoch = new Map<number, Group[]>();
  for (const group of groups.values()) {
    const ofEpoch = byEpoch.get(group.epoch);
    if (ofEpoch === undefined) byEpoch.set(group.epoch, [group]);
    else ofEpoch.push(group);
  }
  for (const epoch of Int32Array.from(byEpoch.keys()).sort()) {
    const ofEpoch = (byEpoch.get(epoch) ?? []).sort(byCell);
    yield csv(ofEpoch.flatMap((group) => kpis.map((kpi) => rowOf(experiment, at, group, kpi))));
  }
}

function byCell(one: Group, other: Group): number {
  return (
    one.alternative - other.alternative || Number(one.explored) - Number(other.explored) || one.value - other.value
  );
}

function addTo(
  groups: Map<string, Group>,
  reached: Set<number>,
  { epoch, assignment, metric, subset, ...counts }: Tally,
  at: number,
): void {
  if (subset.kind !== "segment" || subset.dimension !== at || assignment.kind === "excluded") return;
  const { index: alternative, explore: explored } = assignment;
  const key = `${epoch} ${alternative} ${explored} ${subset.value}`;
  const group = groups.get(key) ?? { epoch, alternative, explored, value: subset.value, counts: new Map() };
  groups.set(key, group);
  group.counts.set(metric, counts);
  if (metric !== PARTICIPATION) reached.add(metric);
}

function rowOf(
  { name, alternatives, dimensions = [] }: Experiment,
  at: number,
  { epoch, alternative, explored, value, counts }: Group,
  kpi: { readonly name: string | null; readonly number: number },
): readonly (string | number)[] {
  const dimension = dimensions[at];
  const { clients, events, sum, squares } = counts.get(kpi.number) ?? NONE;
  return [
    name,
    dimension?.name ?? "",
    epoch,
    alternatives[alternative]?.name ?? "",
    dimension === undefined ? "" : segmentName(dimension, value),
    kpi.name ?? "",
    (counts.get(PARTICIPATION) ?? NONE).clients,
    clients,
    events,
    sum,
    squares,
    String(explored),
  ];
}
