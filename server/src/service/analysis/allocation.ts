/** The intended shares over time: the epochs of an experiment, for charts and their markers. Pure. */
import type { Counts } from "../../domain/counts.ts";
import { isBatch, wasActive } from "../../domain/epochs.ts";
import { currentEpochNumber, type Experiment } from "../../domain/experiment.ts";
import { type PolicyFields, policyFields } from "../../domain/policy/policies.ts";
import { PARTICIPATION } from "../../domain/tally.ts";

export interface AllocationEpoch extends PolicyFields {
  /** Its number, from 0. */
  readonly epoch: number;
  readonly startedAtMs: number;
  /** `null` for the one in force. */
  readonly endedAtMs: number | null;
  readonly reason: string;
  readonly trafficFraction: number;
  /** Intended share of each alternative, in stored order, summing to 1; 0 where it took no clients. */
  readonly shares: readonly number[];
  readonly participants: readonly number[];
  readonly excluded: number;
}

/** Oldest first. Batches of a bandit that nobody took part in are left out, unless one is in force. */
export function allocationOf(experiment: Experiment, counts: Counts): readonly AllocationEpoch[] {
  const joined = new Set(counts.epochs());
  return experiment.epochs.flatMap((epoch, number) => {
    const shown = joined.has(number) || !isBatch(epoch);
    if (!shown && number !== currentEpochNumber(experiment)) return [];
    const { startedAtMs, reason, policy, trafficFraction } = epoch;
    return {
      epoch: number,
      startedAtMs,
      endedAtMs: experiment.epochs[number + 1]?.startedAtMs ?? null,
      reason,
      ...policyFields(policy),
      trafficFraction,
      shares: sharesIn(experiment, number),
      participants: experiment.alternatives.map((_, index) => counts.at(number, index, PARTICIPATION).clients),
      excluded: counts.excluded(number),
    };
  });
}

/** Intended shares of an epoch in stored order, summing to 1. */
export function sharesIn({ alternatives, epochs }: Experiment, epoch: number): readonly number[] {
  const weights = epochs[epoch]?.weights ?? null;
  const active = alternatives.map((alternative) => wasActive(alternative, epoch));
  const count = active.filter(Boolean).length;
  return active.map((takesPart, index) => (takesPart ? (weights === null ? 1 / count : (weights[index] ?? 0)) : 0));
}
