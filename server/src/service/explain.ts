/**
 * Why a client sees what it sees: the decision of `/participate` with the steps it took, and the client's record.
 * `nextStep` itself notes the steps, so the explanation can't differ from the decision. Nothing is made, changed or
 * recorded.
 */
import type { DecisionStep, Trace } from "../domain/decide.ts";
import { withTrafficFraction } from "../domain/epochs.ts";
import { unreachable } from "../domain/errors.ts";
import type { Experiment } from "../domain/experiment.ts";
import type { ClientId } from "../domain/names.ts";
import { isFiltered } from "../domain/visitor.ts";
import type { ClientRecord } from "../store/transfer.ts";
import type { ServiceContext } from "./context.ts";
import { type ExplainedStep, type Facts, wordsOf } from "./explain-words.ts";
import { recordOfEither } from "./link-ids.ts";
import {
  answer,
  isUnderstood,
  misunderstanding,
  NO_EXPERIMENT,
  nextStep,
  type ParticipateAnswer,
  type ParticipateRequest,
  type Step,
} from "./participate.ts";

export interface Explanation {
  readonly answer: ParticipateAnswer;
  /** In the order in which they are asked; the last one answered. None where there is no experiment. */
  readonly steps: readonly ExplainedStep[];
  /** What is kept of the client; `undefined` for nothing. */
  readonly record: ClientRecord | undefined;
}

/**
 * @param previous another id of the same person, which the call would link
 * @throws SixpackError alternatives-changed, too-few-alternatives, store-unavailable
 */
export async function explain(
  context: ServiceContext,
  request: ParticipateRequest,
  previous?: ClientId,
): Promise<Explanation> {
  const experiment = await context.store.definitions.read(request.experiment);
  if (experiment === undefined) return { answer: NO_EXPERIMENT, steps: [], record: undefined };
  const filtered = isFiltered(context.settings.visitorFilter, request.userAgent, request.address);
  if (!isUnderstood(experiment, request, filtered)) throw misunderstanding(experiment, request);
  // Robots link nothing.
  const other = filtered ? undefined : previous;
  const { id, record } = await recordOfEither(context, experiment, request.client, other);
  return explained(context, request, experiment, record, id !== request.client);
}

/**
 * @param record what is kept of the client in this life
 * @param isLinked whether that is another id's, which the call would link
 */
export function explained(
  context: ServiceContext,
  request: ParticipateRequest,
  stored: Experiment,
  record: ClientRecord | undefined,
  isLinked = false,
): Explanation {
  const filtered = isFiltered(context.settings.visitorFilter, request.userAgent, request.address);
  const trace: Trace = [];
  let experiment = stored;
  let step = nextStep(context, request, filtered, experiment, trace);
  if (isStep(step) && step.kind === "change-traffic") {
    // The call would store it first, and be decided by what is stored then.
    experiment = withTrafficFraction(stored, step.fraction, context.clock.nowMs());
    step = nextStep(context, { ...request, trafficFraction: undefined }, filtered, experiment, trace);
  }
  const steps = record === undefined ? trace : untilRecord(trace);
  const facts = { experiment, request, record, isLinked, settings: context.settings };
  // This process may remember the client by a record that the link would take out.
  const byRecord = trace.at(-1) === "record" && record !== undefined;
  const atOnce = isStep(step) ? settledBy(step, facts) : step;
  const told = byRecord ? answer(experiment, record.assignment, request.client) : atOnce;
  return {
    answer: told,
    steps: steps.map((name, index) => wordsOf(name, index === steps.length - 1, told, facts)),
    record,
  };
}

function isStep(step: ParticipateAnswer | Step): step is Step {
  return "kind" in step;
}

/** A record that this process doesn't remember is read last, but is listed where it decides. */
function untilRecord(trace: readonly DecisionStep[]): readonly DecisionStep[] {
  const at = trace.indexOf("record");
  return at === -1 ? trace : trace.slice(0, at + 1);
}

function settledBy(step: Step, { experiment, request, record }: Facts): ParticipateAnswer {
  switch (step.kind) {
    case "look-up":
      return record === undefined ? step.otherwise : answer(experiment, record.assignment, request.client);
    case "record":
      return step.forced ?? answer(experiment, record?.assignment ?? step.proposal, request.client);
    case "change-traffic":
      throw new Error("Expected a call that changes no traffic");
    default:
      return unreachable(step);
  }
}
