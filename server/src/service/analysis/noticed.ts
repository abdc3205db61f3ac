/**
 * What the server notices by itself and writes into a definition, each fact once in a life: the counts at which the plan
 * was first reached (they are the planned look, and are never taken anew), and the first sample ratio alarm.
 */
import type { Counts } from "../../domain/counts.ts";
import { isAdaptive } from "../../domain/epochs.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { hasFinalLook } from "../../domain/plan.ts";
import { EVIDENCE_ALARM, sampleRatioEvidence } from "../../stats/sample-ratio.ts";
import { epochCounts } from "./epoch-counts.ts";

export interface Noticed {
  readonly kind: "planned-size-reached" | "sample-ratio-mismatch";
  /** The definition with the fact in it, as it is stored now. */
  readonly experiment: Experiment;
}

/** Whether an experiment still waits for its planned look. */
export function awaitsLook(experiment: Experiment): boolean {
  const { planning } = experiment;
  // Weights that follow the results leave no look of a fixed size.
  return (
    planning.plan?.size != null && planning.finalLook === null && hasFinalLook(planning) && !isAdaptive(experiment)
  );
}

/** Whether so many participants are the planned look. */
export function isLookDue(experiment: Experiment, participants: number): boolean {
  const size = experiment.planning.plan?.size?.participants ?? Number.POSITIVE_INFINITY;
  return awaitsLook(experiment) && participants >= size;
}

/** Whether a sample ratio alarm would be the first. */
export function awaitsAlarm({ planning, alternatives }: Experiment): boolean {
  return planning.sampleRatioLatchedAtMs === null && alternatives.length > 1;
}

/** The evidence alone, not a report: microseconds for an experiment whose rules never changed. */
export function isMismatched(experiment: Experiment, counts: Counts): boolean {
  const splits = epochCounts(experiment, [...counts.cells()], [], []).map(({ participants, weights }) => {
    return { observed: participants, weights };
  });
  return sampleRatioEvidence(splits) >= Math.log(EVIDENCE_ALARM);
}
