/**
 * `/participate`: decide on the definition, record what the policy proposes, answer an alternative.
 *
 * A known client is answered in the same turn of the event loop, without a promise: that is most of the traffic of a
 * site, and the reason why the answer is a value or a promise of one.
 */
import { type Assignment, assigned } from "../domain/assignment.ts";
import { decide, type FixedReason, propose } from "../domain/decide.ts";
import { clientKey, type Digest, digestOf } from "../domain/digest.ts";
import { acceptsAlternatives, activeIndexes, mayChangeByRequest, withTrafficFraction } from "../domain/epochs.ts";
import { SixpackError, unreachable } from "../domain/errors.ts";
import {
  alternativeName,
  currentEpoch,
  type Experiment,
  type ExperimentDraft,
  type Policy,
} from "../domain/experiment.ts";
import {
  type ClientId,
  type ExperimentName,
  parseAlternativeNames,
  parseExperimentName,
  quote,
} from "../domain/names.ts";
import type { Day } from "../domain/period.ts";
import { isFiltered } from "../domain/visitor.ts";
import { CHANGE_TRIES_MAX, changeDefinition } from "./change.ts";
import { idToKeep, type ServiceContext } from "./context.ts";

export interface ParticipateRequest {
  /** As sent. A stored name is looked up as it is; a new one must be valid. */
  readonly experiment: string;
  /** Two or more, as sent. */
  readonly alternatives: readonly string[];
  readonly client: ClientId;
  readonly force: string | undefined;
  readonly recordForce: boolean;
  /** Answers what the client would get, and records nothing. */
  readonly prefetch: boolean;
  /** In (0, 1]; `undefined` leaves the stored one alone. */
  readonly trafficFraction: number | undefined;
  /** One per alternative, summing to 1, `null` for equal ones; used only when the experiment is made. */
  readonly weights: readonly number[] | null | undefined;
  readonly userAgent: string | undefined;
  readonly address: string | undefined;
  /** Where the call came from, for the quota of new experiments: not the visitor's `address`, which anybody may name. */
  readonly caller: string;
  /** False leaves an experiment that isn't there, or not any more, alone: the answer is `no-experiment`. */
  readonly mayCreate: boolean;
  /** The day to count on; `undefined` is today. */
  readonly day: Day | undefined;
}

export type AnswerReason = FixedReason | "assigned" | "excluded" | "prefetched" | "unknown-to-caller" | "no-experiment";

export interface ParticipateAnswer {
  /** `undefined` only where there is none and this call may not make it: a robot's, or one without `mayCreate`. */
  readonly experiment: Experiment | undefined;
  /** Position of the alternative in `experiment`, or in the request where there is no experiment. */
  readonly index: number;
  readonly reason: AnswerReason;
}

/**
 * @throws SixpackError alternatives-changed, undeclared-experiment, too-many-experiments, store-unavailable, and those of
 * the names of a new experiment
 */
export function participate(
  context: ServiceContext,
  request: ParticipateRequest,
): ParticipateAnswer | Promise<ParticipateAnswer> {
  const experiment = context.store.peekExperiment(request.experiment as ExperimentName);
  // What this process knows may be a second old: whoever names an alternative that another process has just added is
  // refused by the stored definition only.
  return experiment === undefined || isMisunderstood(context, request, experiment)
    ? participateAnew(context, request)
    : participateIn(context, request, experiment);
}

/** A robot may hold an old page: 2.7 answers it without looking at the alternatives it names. */
function isMisunderstood(
  { settings }: ServiceContext,
  { alternatives, userAgent, address }: ParticipateRequest,
  experiment: Experiment,
): boolean {
  return !acceptsAlternatives(experiment, alternatives) && !isFiltered(settings.visitorFilter, userAgent, address);
}

const NO_EXPERIMENT: ParticipateAnswer = { experiment: undefined, index: 0, reason: "no-experiment" };

/** The definition isn't at hand, or is too old for the call: read it, or make it. */
async function participateAnew(
  context: ServiceContext,
  request: ParticipateRequest,
  tries = 0,
): Promise<ParticipateAnswer> {
  const stored = await context.store.readExperiment(request.experiment as ExperimentName);
  if (stored !== undefined) return participateIn(context, request, stored, tries);
  if (!request.mayCreate) return NO_EXPERIMENT;
  const draft = draftOf(context, request);
  // A robot as first visitor gets the control and creates nothing.
  if (isFiltered(context.settings.visitorFilter, request.userAgent, request.address)) {
    return NO_EXPERIMENT;
  }
  checkMayMake(context, request);
  return participateIn(context, request, await context.store.createExperiment(draft), tries);
}

/** @throws SixpackError undeclared-experiment, too-many-experiments */
function checkMayMake({ settings }: ServiceContext, { experiment, caller }: ParticipateRequest): void {
  if (settings.declaredOnly) {
    throw new SixpackError("undeclared-experiment", `Expected a declared experiment, got ${quote(experiment)}`);
  }
  const retryAfterS = settings.newExperiments?.take(caller) ?? 0;
  if (retryAfterS > 0) {
    throw new SixpackError("too-many-experiments", `Expected the next one in ${retryAfterS} s`, { retryAfterS });
  }
}

function draftOf({ settings, clock }: ServiceContext, request: ParticipateRequest): ExperimentDraft {
  const name = parseExperimentName(request.experiment);
  const alternatives = parseAlternativeNames(request.alternatives);
  return {
    name,
    alternatives,
    trafficFraction: request.trafficFraction ?? 1,
    weights: request.weights ?? null,
    policy: policyOf(request, settings.defaultPolicy),
    createdAtMs: clock.nowMs(),
  };
}

/** Weights that were sent are meant, equal ones too: only a call without any leaves the policy to the settings. */
function policyOf({ weights }: ParticipateRequest, otherwise: Policy): Policy {
  if (weights === undefined) return otherwise;
  return weights === null ? "uniform" : "weighted";
}

function participateIn(
  context: ServiceContext,
  request: ParticipateRequest,
  experiment: Experiment,
  tries = 0,
): ParticipateAnswer | Promise<ParticipateAnswer> {
  const { settings, store } = context;
  const filtered = isFiltered(settings.visitorFilter, request.userAgent, request.address);
  if (tries === 0) context.visitors?.count(experiment, filtered);
  if (!filtered && !acceptsAlternatives(experiment, request.alternatives)) {
    const expected = activeIndexes(experiment)
      .map((index) => alternativeName(experiment, index))
      .join(", ");
    throw new SixpackError("alternatives-changed", `Expected ${expected}`);
  }
  const fraction = request.trafficFraction;
  if (fraction !== undefined && !filtered && settings.trafficFromRequests) {
    const changes = fraction !== currentEpoch(experiment).trafficFraction;
    if (changes && mayChangeByRequest(experiment)) return changeTraffic(context, request, fraction);
  }
  const decision = decide(experiment, {
    force: request.force,
    recordForce: request.recordForce,
    enabled: settings.enabled,
    filtered,
  });
  switch (decision.kind) {
    case "fixed":
      return { experiment, index: decision.index, reason: decision.reason };
    case "record-forced":
      return recordForced(context, request, experiment, decision.index, tries);
    case "assign": {
      const digest = digestOf(experiment.name, request.client);
      const known = store.peekAssignment(experiment, clientKey(digest));
      if (known !== undefined) return answer(experiment, known);
      return request.prefetch
        ? prefetch(context, request, experiment, digest)
        : record(context, request, experiment, digest, tries);
    }
    default:
      return unreachable(decision);
  }
}

/** Opens an epoch with the traffic fraction of the request, then starts over on the new definition. */
async function changeTraffic(
  context: ServiceContext,
  request: ParticipateRequest,
  fraction: number,
): Promise<ParticipateAnswer> {
  const changed = await changeDefinition(context.store, request.experiment as ExperimentName, (experiment) =>
    withTrafficFraction(experiment, fraction, context.clock.nowMs()),
  );
  if (changed === undefined) return participateAnew(context, request);
  // Another process may change it back meanwhile; this call goes on with what it asked for and saw stored.
  return participateIn(context, { ...request, trafficFraction: undefined }, changed);
}

async function prefetch(
  { store }: ServiceContext,
  request: ParticipateRequest,
  experiment: Experiment,
  digest: Digest,
): Promise<ParticipateAnswer> {
  const known = await store.readAssignment(experiment, clientKey(digest));
  if (known !== undefined) return answer(experiment, known);
  if (!knowsAll(request, experiment)) return { experiment, index: 0, reason: "unknown-to-caller" };
  const proposal = propose(experiment, request.client, digest);
  return { ...answer(experiment, proposal), reason: "prefetched" };
}

async function record(
  context: ServiceContext,
  request: ParticipateRequest,
  experiment: Experiment,
  digest: Digest,
  tries: number,
): Promise<ParticipateAnswer> {
  const client = clientKey(digest);
  if (!knowsAll(request, experiment)) {
    const known = await context.store.readAssignment(experiment, client);
    return known === undefined ? { experiment, index: 0, reason: "unknown-to-caller" } : answer(experiment, known);
  }
  const proposal = propose(experiment, request.client, digest);
  const day = request.day ?? context.clock.today();
  const outcome = await context.store.recordParticipation({
    experiment,
    client,
    proposal,
    day,
    id: idToKeep(context, request),
  });
  if (outcome.kind === "stale") return participateAgain(context, request, tries + 1);
  return answer(experiment, outcome.assignment);
}

/**
 * A caller that still names the set before the last change can't show an alternative that was added since. All its new
 * clients see the control and are not recorded; they join when a caller that knows every alternative asks for them.
 * Leaving out only those who would get the new one would tilt the comparison: its clients would come from new callers
 * alone, and its share would fall short, which the sample ratio alarm takes for a defect.
 */
function knowsAll({ alternatives }: ParticipateRequest, experiment: Experiment): boolean {
  return experiment.alternatives.every(
    ({ name, retiredInEpoch }) => retiredInEpoch !== null || alternatives.includes(name),
  );
}

/** The definition was newer than ours: read it and decide again. */
async function participateAgain(
  context: ServiceContext,
  request: ParticipateRequest,
  tries: number,
): Promise<ParticipateAnswer> {
  if (tries >= CHANGE_TRIES_MAX) {
    throw new SixpackError(
      "store-unavailable",
      `Expected ${request.experiment} to rest for a moment, got ${tries} changes`,
    );
  }
  const experiment = await context.store.readExperiment(request.experiment as ExperimentName);
  if (experiment === undefined) return participateAnew(context, request, tries);
  return participateIn(context, request, experiment, tries);
}

/** The forced alternative is answered whatever the record says; a client that has an assignment never gets a second one. */
async function recordForced(
  context: ServiceContext,
  request: ParticipateRequest,
  experiment: Experiment,
  index: number,
  tries: number,
): Promise<ParticipateAnswer> {
  const outcome = await context.store.recordParticipation({
    experiment,
    client: clientKey(digestOf(experiment.name, request.client)),
    proposal: assigned(index),
    day: request.day ?? context.clock.today(),
    id: idToKeep(context, request),
  });
  if (outcome.kind === "stale") return participateAgain(context, request, tries + 1);
  return { experiment, index, reason: "forced" };
}

function answer(experiment: Experiment, assignment: Assignment): ParticipateAnswer {
  switch (assignment.kind) {
    case "alternative":
      return { experiment, index: assignment.index, reason: "assigned" };
    case "excluded":
      return { experiment, index: 0, reason: "excluded" };
    default:
      return unreachable(assignment);
  }
}
