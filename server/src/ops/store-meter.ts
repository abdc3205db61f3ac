/** What `/metrics` says of the store, counted in plain numbers by `store/measured.ts`. */
import { Latency } from "./latency.ts";
import { OTHERS, SegmentMeter } from "./segment-meter.ts";

/** Most experiments with a series of their own; further ones are counted together as OTHERS. */
export const EXPERIMENTS_IN_METRICS_MAX = 100;

/** Verbs whose latency is measured, by their names in `/metrics`: those of the way of a request. */
export const MEASURED_VERBS = [
  "readExperiment",
  "listExperiments",
  "createExperiment",
  "changeExperiment",
  "readAssignment",
  "recordParticipation",
  "recordConversion",
  "readTallies",
  "ping",
  "probe",
] as const;
export type MeasuredVerb = (typeof MEASURED_VERBS)[number];

interface ExperimentCounts {
  participations: number;
  conversions: number;
}

export class StoreMeter {
  /** Answers of the assignment cache, and questions it could not answer. */
  hits = 0;
  misses = 0;
  readonly latencies = byVerb(() => new Latency());
  /** Calls that threw. */
  readonly failures = byVerb(() => 0);
  readonly experiments = new Map<string, ExperimentCounts>();
  readonly segments = new SegmentMeter();

  /** The counts of an experiment, or those of all that came too late for a series of their own. */
  countsOf(experiment: string): ExperimentCounts {
    const known = this.experiments.get(experiment);
    if (known !== undefined) return known;
    const name = this.experiments.size < EXPERIMENTS_IN_METRICS_MAX ? experiment : OTHERS;
    const counts = this.experiments.get(name) ?? { participations: 0, conversions: 0 };
    this.experiments.set(name, counts);
    return counts;
  }
}

function byVerb<T>(make: () => T): Record<MeasuredVerb, T> {
  return Object.fromEntries(MEASURED_VERBS.map((verb) => [verb, make()])) as Record<MeasuredVerb, T>;
}
