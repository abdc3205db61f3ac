/** The results of an experiment by segment: for each value of each dimension, the KPI that decides. */
import { Counts } from "../../domain/counts.ts";
import { isAdaptive, wasActive } from "../../domain/epochs.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { decidingKpi } from "../../domain/kpi.ts";
import { segmentName } from "../../domain/segments.ts";
import { PARTICIPATION, type Tally } from "../../domain/tally.ts";
import {
  mismatchCause,
  type SegmentCells,
  type SegmentFinding,
  type SegmentQuestion,
  segmentFindings,
} from "../../stats/segment-findings.ts";
import type { Store } from "../../store/store.ts";

export interface SegmentValue extends Omit<SegmentFinding, "dimension" | "value"> {
  readonly name: string;
}

export interface SegmentDimension {
  readonly name: string;
  /** The values that any participant had, in the order of their declaration. */
  readonly values: readonly SegmentValue[];
}

export interface SegmentReport {
  /** Label of the KPI that decides: by its rate, also where its mean decides. */
  readonly kpi: string;
  /** What is claimed, a sentence each; empty for nothing. */
  readonly sentences: readonly string[];
  readonly dimensions: readonly SegmentDimension[];
}

/** Reads the store for `segmentsOf`; without segments nothing is read. */
export async function readSegments(
  store: Pick<Store, "tallies">,
  experiment: Experiment,
): Promise<SegmentReport | undefined> {
  return experiment.dimensions === undefined ? undefined : segmentsOf(experiment, await store.tallies.read(experiment));
}

/**
 * `undefined` where no dimension is declared, and where a bandit changes the shares all the time.
 * @param tallies of all days
 * @param counts what they come to
 */
export function segmentsOf(
  experiment: Experiment,
  tallies: readonly Tally[],
  counts: Counts = Counts.of(tallies),
): SegmentReport | undefined {
  const { dimensions } = experiment;
  if (dimensions === undefined || isAdaptive(experiment)) return undefined;
  const kpi = decidingKpi(experiment, counts);
  const cells = cellsOf(experiment, tallies, kpi.number);
  const weights = experiment.epochs.map((epoch, at) =>
    experiment.alternatives.map((one, index) => (wasActive(one, at) ? (epoch.weights?.[index] ?? 1) : 0)),
  );
  const { tuningSize } = experiment.planning;
  const question: SegmentQuestion = { cells, weights, baseline: 0, better: kpi.better, tuningSize };
  const findings = segmentFindings(question);
  const nameOf = (dimension: number, value: number) => {
    const known = dimensions[dimension];
    return known === undefined ? "" : `${known.name}=${segmentName(known, value)}`;
  };
  const arm = (index: number) => experiment.alternatives[index]?.name ?? "";
  const cause = mismatchCause(question, cells, findings);
  const told = findings.flatMap(({ dimension, value, comparisons }) =>
    comparisons.flatMap(({ alternative, says }) => {
      if (says === null) return [];
      const what = says === "hurts" ? "does worse than the control for" : "does otherwise than elsewhere for";
      return [`${arm(alternative)} ${what} ${nameOf(dimension, value)}.`];
    }),
  );
  if (cause !== undefined) {
    const { dimension, value, alternative, missing, missingInAll } = cause;
    const of = `${Math.round(missing)} of ${Math.round(missingInAll)}`;
    told.unshift(`${of} clients that ${arm(alternative)} is missing are ${nameOf(dimension, value)}.`);
  }
  return {
    kpi: kpi.label,
    sentences: told,
    dimensions: dimensions.map((dimension, at) => ({
      name: dimension.name,
      values: findings
        .filter((finding) => finding.dimension === at)
        .map(({ dimension: _, value, ...finding }) => ({ name: segmentName(dimension, value), ...finding })),
    })),
  };
}

function cellsOf({ alternatives, epochs }: Experiment, tallies: readonly Tally[], kpi: number | null): SegmentCells[] {
  const cells = new Map<number, { participants: number; conversions: number }[][]>();
  for (const { epoch, assignment, metric, slice, clients } of tallies) {
    if (slice.kind !== "segment" || assignment.kind === "excluded") continue;
    if (metric !== PARTICIPATION && metric !== kpi) continue;
    const key = slice.dimension * 256 + slice.value;
    const stretches = cells.get(key) ?? epochs.map(() => alternatives.map(() => ({ participants: 0, conversions: 0 })));
    cells.set(key, stretches);
    const arm = stretches[epoch]?.[assignment.index];
    if (arm === undefined) continue;
    if (metric === PARTICIPATION) arm.participants += clients;
    else arm.conversions += clients;
  }
  return [...cells]
    .sort(([one], [other]) => one - other)
    .map(([key, stretches]) => ({ dimension: key >>> 8, value: key & 255, stretches }));
}
