/** The record of one client in one experiment as JSON, with names instead of positions. */
import { alternativeName, type Experiment, stateOf } from "../../domain/experiment.ts";
import { dayText } from "../../domain/period.ts";
import { segmentName } from "../../domain/segments.ts";
import type { ClientRecord } from "../../store/transfer.ts";
import type { ClientInExperiment } from "../client-view.ts";

export interface RecordJson {
  /** `null` of a client that the traffic fraction leaves out. */
  readonly alternative: string | null;
  readonly explored: boolean;
  readonly day: string;
  readonly epoch: number;
  /** By dimension, as of the first exposure; missing where none are declared. */
  readonly segments?: Readonly<Record<string, string>>;
  /** What was known of it before; missing where nothing was sent. */
  readonly covariate?: number;
  readonly kpis: readonly {
    readonly kpi: string | null;
    readonly day: string;
    readonly events: number;
    readonly total: number;
  }[];
}

export function recordJson(experiment: Experiment | undefined, record: ClientRecord | undefined): RecordJson | null {
  if (record === undefined || experiment === undefined) return null;
  const { assignment, epoch, day, conversions, covariate, segments = [] } = record;
  const isIn = assignment.kind === "alternative";
  return {
    alternative: isIn ? alternativeName(experiment, assignment.index) : null,
    explored: isIn && assignment.explore,
    day: dayText(day),
    epoch,
    ...(experiment.dimensions === undefined
      ? {}
      : {
          segments: Object.fromEntries(
            // Who joined before a dimension was declared is unknown in it.
            experiment.dimensions.map((one, index) => [one.name, segmentName(one, segments[index] ?? 0)]),
          ),
        }),
    ...(covariate === undefined ? {} : { covariate }),
    kpis: conversions.map(({ kpi, day: first, events, total }) => ({
      kpi: experiment.kpis[kpi]?.name ?? null,
      day: dayText(first),
      events,
      total,
    })),
  };
}

/** What a client gets and why, as `/clients.json` and agents read it. */
export function clientJson({ experiment, answer, steps, record }: ClientInExperiment): object {
  return {
    name: experiment.name,
    state: stateOf(experiment),
    alternative: alternativeName(experiment, answer.index),
    reason: answer.reason,
    steps,
    record: recordJson(experiment, record),
  };
}
