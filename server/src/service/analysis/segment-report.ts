/** The results of an experiment by segment: for each value of each dimension, the KPI that decides. */
import type { Counts } from "../../domain/counts.ts";
import { isAdaptive, wasActive } from "../../domain/epochs.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { decidingKpi, kpiWords } from "../../domain/kpi.ts";
import { segmentName } from "../../domain/segments.ts";
import { PARTICIPATION, type Tally } from "../../domain/tally.ts";
import {
  mismatchCause,
  type SegmentCells,
  type SegmentFinding,
  type SegmentQuestion,
  segmentFindings,
} from "../../stats/segment-findings.ts";
import { each, type Steps } from "../../stats/steps.ts";
import { specName } from "./report-input.ts";
import { causeText, differsText, hurtText, valueText } from "./segment-words.ts";

export interface SegmentValue extends Omit<SegmentFinding, "dimension" | "value"> {
  readonly name: string;
}

export interface SegmentDimension {
  readonly name: string;
  /** The values that any participant had, in the order of their declaration. */
  readonly values: readonly SegmentValue[];
}

export interface SegmentReport {
  /** The KPI that decides: by its rate, also where its mean decides. */
  readonly kpi: string;
  readonly label: string;
  /** Whose clients an alternative of a wrong split is missing; `null` where no segment tells. */
  readonly cause: string | null;
  /** Whom an alternative does harm, a sentence each. */
  readonly hurt: readonly string[];
  /** All that is claimed, those two among it. */
  readonly sentences: readonly string[];
  readonly dimensions: readonly SegmentDimension[];
}

/** Cells are added up one by one, as other work may have to run in between. */
export function* segmentSteps(experiment: Experiment, counts: Counts): Steps<SegmentReport | null> {
  const { dimensions, epochs, alternatives, planning } = experiment;
  if (!hasSegments(experiment)) return null;
  const kpi = decidingKpi(experiment, counts);
  const cells = yield* cellSteps(experiment, counts.segments, kpi.number);
  const weights = epochs.map((epoch, at) =>
    alternatives.map((one, index) => (wasActive(one, at) ? (epoch.weights?.[index] ?? 1) : 0)),
  );
  const { tuningSize } = planning;
  const question: SegmentQuestion = { cells, weights, baseline: 0, better: kpi.better, tuningSize };
  const findings = segmentFindings(question);
  yield;
  const nameOf = (dimension: number, value: number) => {
    const known = dimensions?.[dimension];
    return known === undefined ? "" : valueText(known.name, segmentName(known, value));
  };
  const arm = (index: number) => alternatives[index]?.name ?? "";
  // Segments are compared by rates, whatever decides.
  const measure = kpi.decidesOn === "rate" ? null : kpiWords(kpi);
  const told = (claim: "hurts" | "differs", words: typeof hurtText) =>
    findings.flatMap(({ dimension, value, comparisons }) =>
      comparisons
        .filter(({ says }) => says === claim)
        .map(({ alternative }) => words(arm(alternative), nameOf(dimension, value), measure)),
    );
  const hurt = told("hurts", hurtText);
  const cause = mismatchCause(question, cells, findings);
  const causeSentence =
    cause === undefined
      ? null
      : causeText(arm(cause.alternative), nameOf(cause.dimension, cause.value), cause.missing, cause.missingInAll);
  return {
    kpi: specName(kpi),
    label: kpi.label,
    cause: causeSentence,
    hurt,
    sentences: [...(causeSentence === null ? [] : [causeSentence]), ...hurt, ...told("differs", differsText)],
    dimensions: (dimensions ?? []).map((dimension, at) => ({
      name: dimension.name,
      values: findings
        .filter((finding) => finding.dimension === at)
        .map(({ dimension: _, value, ...finding }) => ({ name: segmentName(dimension, value), ...finding })),
    })),
  };
}

/** The figures of one dimension alone. What is claimed stays, of all of them: to look at one hides no harm. */
export function ofDimension(report: SegmentReport, name: string | undefined): SegmentReport {
  if (name === undefined) return report;
  return { ...report, dimensions: report.dimensions.filter((dimension) => dimension.name === name) };
}

/** Whether anything can be said by segment: where a bandit changes the shares all the time, nothing is. */
export function hasSegments(experiment: Experiment): boolean {
  return experiment.dimensions !== undefined && !isAdaptive(experiment);
}

function* cellSteps(
  { alternatives, epochs }: Experiment,
  tallies: readonly Tally[],
  kpi: number | null,
): Steps<SegmentCells[]> {
  const cells = new Map<number, { participants: number; conversions: number }[][]>();
  yield* each(tallies, ({ epoch, assignment, metric, subset, clients }) => {
    if (subset.kind !== "segment" || assignment.kind === "excluded") return;
    if (metric !== PARTICIPATION && metric !== kpi) return;
    const key = subset.dimension * 256 + subset.value;
    const stretches = cells.get(key) ?? epochs.map(() => alternatives.map(() => ({ participants: 0, conversions: 0 })));
    cells.set(key, stretches);
    const arm = stretches[epoch]?.[assignment.index];
    if (arm === undefined) return;
    if (metric === PARTICIPATION) arm.participants += clients;
    else arm.conversions += clients;
  });
  return [...cells]
    .sort(([one], [other]) => one - other)
    .map(([key, stretches]) => ({ dimension: key >>> 8, value: key & 255, stretches }));
}
