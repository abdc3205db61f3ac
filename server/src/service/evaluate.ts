/**
 * Evaluation by the name of an experiment, for callers that don't name alternatives: OpenFeature's remote protocol. The
 * experiment must exist, since evaluating never makes one; the answer says which alternative and why, in OpenFeature's
 * words.
 */
import { activeIndexes } from "../domain/epochs.ts";
import { alternativeName, type Experiment } from "../domain/experiment.ts";
import type { AlternativeName, ClientId } from "../domain/names.ts";
import { ANYBODY } from "../domain/scope.ts";
import type { ServiceContext } from "./context.ts";
import { type AnswerReason, type ParticipateRequest, participate } from "./participate.ts";

/** OpenFeature's resolution reasons, as far as they occur here. */
export const EVALUATION_REASONS = ["SPLIT", "STATIC", "DISABLED", "DEFAULT"] as const;
type EvaluationReason = (typeof EVALUATION_REASONS)[number];

export interface Evaluation {
  readonly experiment: Experiment;
  readonly alternative: AlternativeName;
  readonly reason: EvaluationReason;
}

export interface Visitor {
  readonly client: ClientId;
  readonly userAgent: string | undefined;
  readonly address: string | undefined;
  readonly segments?: ReadonlyMap<string, string> | undefined;
  /** False answers without recording a participation. */
  readonly record: boolean;
}

/**
 * @returns `undefined` when the experiment was deleted since it was read
 * @throws SixpackError store-unavailable
 */
export async function evaluate(
  context: ServiceContext,
  experiment: Experiment,
  visitor: Visitor,
): Promise<Evaluation | undefined> {
  const { client, userAgent, address, segments, record } = visitor;
  const call = callFor(experiment, { client, userAgent, address, segments, force: undefined, prefetch: !record });
  const answer = await participate(context, call);
  if (answer.experiment === undefined || answer.reason === "no-experiment") return undefined;
  return {
    experiment: answer.experiment,
    alternative: alternativeName(answer.experiment, answer.index),
    reason: REASONS[answer.reason],
  };
}

/** The call of somebody who knows the alternatives as they are stored, and makes and changes nothing. */
export function callFor(
  experiment: Experiment,
  visitor: Pick<ParticipateRequest, "client" | "userAgent" | "address" | "segments" | "force" | "prefetch">,
): ParticipateRequest {
  // Field by field, for V8 (see `asTally`).
  return {
    experiment: experiment.name,
    alternatives: activeIndexes(experiment).map((index) => alternativeName(experiment, index)),
    client: visitor.client,
    userAgent: visitor.userAgent,
    address: visitor.address,
    segments: visitor.segments,
    force: visitor.force,
    prefetch: visitor.prefetch,
    recordForce: false,
    trafficFraction: undefined,
    weights: undefined,
    caller: ANYBODY,
    mayCreate: false,
    day: undefined,
  };
}

const REASONS: Readonly<Record<Exclude<AnswerReason, "no-experiment">, EvaluationReason>> = {
  assigned: "SPLIT",
  prefetched: "SPLIT",
  winner: "STATIC",
  forced: "STATIC",
  disabled: "DISABLED",
  paused: "DISABLED",
  archived: "DISABLED",
  excluded: "DEFAULT",
  "outside-slice": "DEFAULT",
  filtered: "DEFAULT",
  "unknown-to-caller": "DEFAULT",
  "intake-closed": "DEFAULT",
};
