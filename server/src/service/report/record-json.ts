/** The record of one client in one experiment as JSON, with names instead of positions. */
import { alternativeName, type Experiment, stateOf } from "../../domain/experiment.ts";
import { dayText } from "../../domain/period.ts";
import type { ClientRecord } from "../../store/transfer.ts";
import type { ClientInExperiment } from "../client-view.ts";

export interface RecordJson {
  /** `null` of a client that the traffic fraction leaves out. */
  readonly alternative: string | null;
  readonly explored: boolean;
  readonly day: string;
  readonly epoch: number;
  readonly kpis: readonly {
    readonly kpi: string | null;
    readonly day: string;
    readonly events: number;
    readonly total: number;
  }[];
}

export function recordJson(experiment: Experiment | undefined, record: ClientRecord | undefined): RecordJson | null {
  if (record === undefined || experiment === undefined) return null;
  const { assignment, epoch, day, conversions } = record;
  const isIn = assignment.kind === "alternative";
  return {
    alternative: isIn ? alternativeName(experiment, assignment.index) : null,
    explored: isIn && assignment.explore,
    day: dayText(day),
    epoch,
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
