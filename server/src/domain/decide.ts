/**
 * What a `/participate` is answered with, by the definition alone: a fixed answer, or a proposal that the store
 * records unless the client already has an assignment. Pure; the order of the rules is the contract (docs/http-api.md).
 */
import { type Assignment, EXCLUDED } from "./assignment.ts";
import { type Digest, layerPosition, trafficPosition } from "./digest.ts";
import { activeIndexes } from "./epochs.ts";
import { alternativeIndex, currentEpoch, type Experiment, isIntakeClosed } from "./experiment.ts";
import type { ClientId } from "./names.ts";
import { ruleOf } from "./policy/policies.ts";

/** Why a client sees what it sees, where nothing is recorded. */
type FixedReason = "forced" | "disabled" | "winner" | "filtered" | "paused" | "archived";

/** What a decision asks one after the other, in the order of the contract (docs/http-api.md). */
export type DecisionStep =
  | "force"
  | "enabled"
  | "winner"
  | "filter"
  | "archived"
  | "paused"
  | "record"
  | "intake"
  | "alternatives"
  | "layer"
  | "traffic"
  | "policy";

/**
 * The steps that were asked, to explain a decision; the last one gave the answer. Nothing is noted where this is left
 * out.
 */
export type Trace = DecisionStep[];

export type Decision =
  /** Answered without a record: the same for every client. */
  | { readonly kind: "fixed"; readonly index: number; readonly reason: FixedReason }
  /** The recorded assignment counts; where there is none, `propose` says what to record. */
  | { readonly kind: "assign" }
  /** The intake is closed. A recorded assignment counts; a client without one gets this answer and no record. */
  | { readonly kind: "known-only"; readonly index: number; readonly reason: "intake-closed" }
  /** `force` with `record_force`: records the forced alternative for a client that has none, and answers it anyway. */
  | { readonly kind: "record-forced"; readonly index: number };

export interface Question {
  readonly force: string | undefined;
  readonly recordForce: boolean;
  /** False when the whole server is switched off by `enabled: false`. */
  readonly enabled: boolean;
  /** True for robots and ignored addresses. */
  readonly filtered: boolean;
}

const ASSIGN: Decision = { kind: "assign" };
const KNOWN_ONLY: Decision = { kind: "known-only", index: 0, reason: "intake-closed" };

export function decide(experiment: Experiment, question: Question, trace?: Trace): Decision {
  trace?.push("force");
  if (question.force !== undefined) {
    const index = alternativeIndex(experiment, question.force);
    // An alternative that doesn't exist can't be forced; the call goes on as if it had not asked.
    if (index !== -1) {
      // A compacted experiment has no records that tell who has an assignment already.
      const takesPart = takesClients(experiment, index) && experiment.compacted !== true && !isIntakeClosed(experiment);
      const recordable = question.recordForce && question.enabled && !question.filtered && takesPart;
      return recordable ? { kind: "record-forced", index } : { kind: "fixed", index, reason: "forced" };
    }
  }
  trace?.push("enabled");
  if (!question.enabled) return { kind: "fixed", index: 0, reason: "disabled" };
  trace?.push("winner");
  if (experiment.winner !== null) {
    return { kind: "fixed", index: Math.max(0, alternativeIndex(experiment, experiment.winner)), reason: "winner" };
  }
  trace?.push("filter");
  if (question.filtered) return { kind: "fixed", index: 0, reason: "filtered" };
  trace?.push("archived");
  if (experiment.archived) return { kind: "fixed", index: 0, reason: "archived" };
  trace?.push("paused");
  if (experiment.paused) return { kind: "fixed", index: 0, reason: "paused" };
  return isIntakeClosed(experiment) ? KNOWN_ONLY : ASSIGN;
}

/**
 * An alternative that is retired or has weight 0 can be forced for a look, but gets no new participants. A participant
 * that no draw could have produced would set off the sample ratio alarm and spoil every result.
 */
function takesClients(experiment: Experiment, index: number): boolean {
  const weight = currentEpoch(experiment).weights?.[index] ?? 1;
  return experiment.alternatives[index]?.retiredInEpoch === null && weight > 0;
}

/** The assignment of a client that has none yet: outside the slice or the traffic fraction, or by the policy of the epoch in force. */
export function propose(experiment: Experiment, client: ClientId, digest: Digest, trace?: Trace): Assignment {
  const epoch = currentEpoch(experiment);
  if (epoch.slice !== undefined) trace?.push("layer");
  if (isOutsideSlice(experiment, client)) return EXCLUDED;
  trace?.push("traffic");
  if (epoch.trafficFraction < 1 && trafficPosition(experiment.name, client) >= epoch.trafficFraction) return EXCLUDED;
  trace?.push("policy");
  return ruleOf(epoch.policy).choose(epoch.policy, digest, epoch.weights, activeIndexes(experiment));
}

/** Whether another experiment of the layer, or the holdout, has the client's place today. */
export function isOutsideSlice(experiment: Experiment, client: ClientId): boolean {
  const { slice } = currentEpoch(experiment);
  if (slice === undefined) return false;
  const place = layerPosition(slice.layer, client);
  return place < slice.from || place >= slice.to;
}
