/**
 * `/participate`: decide on the definition, record what the policy proposes, answer an alternative.
 *
 * A known client is answered in the same turn of the event loop, without a promise: that is most of the traffic of a
 * site, and the reason why the answer is a value or a promise of one.
 */
import { type Assignment, assigned } from "../domain/assignment.ts";
import { decide, isOutsideSlice, propose, type Trace } from "../domain/decide.ts";
import { type ClientKey, clientKey, digestOf } from "../domain/digest.ts";
import type { ExperimentDraft } from "../domain/draft.ts";
import { acceptsAlternatives, activeIndexes, mayChangeByRequest, withTrafficFraction } from "../domain/epochs.ts";
import { SixpackError, unreachable } from "../domain/errors.ts";
import { alternativeName, currentEpoch, type Experiment } from "../domain/experiment.ts";
import { type ClientId, parseAlternativeNames, parseExperimentName, tooFewAlternatives } from "../domain/names.ts";
import type { Day } from "../domain/period.ts";
import type { Caller } from "../domain/scope.ts";
import { segmentsOf, withCommon } from "../domain/segments.ts";
import { isFiltered } from "../domain/visitor.ts";
import { UNSETTLED, untilSettled } from "./change.ts";
import { idToKeep, type ServiceContext } from "./context.ts";
import { changeByCall } from "./logged-change.ts";
import { makeExperiment } from "./make-experiment.ts";

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
  /** Values of dimensions by their names, as sent. @default none */
  readonly segments?: ReadonlyMap<string, string> | undefined;
  /** What is known of the client from before, in single precision. @default nothing */
  readonly covariate?: number | undefined;
  readonly caller: Caller;
  /** False leaves an experiment that isn't there, or not any more, alone: the answer is `no-experiment`. */
  readonly mayCreate: boolean;
  /** The day to count on; `undefined` is today. */
  readonly day: Day | undefined;
}

/** Why a client sees what it sees, as the answer says it; docs/http-api.md tells them one by one. */
export const ANSWER_REASONS = [
  "assigned",
  "excluded",
  "outside-slice",
  "prefetched",
  "unknown-to-caller",
  "intake-closed",
  "forced",
  "disabled",
  "winner",
  "filtered",
  "archived",
  "paused",
  "no-experiment",
] as const;
export type AnswerReason = (typeof ANSWER_REASONS)[number];

export interface ParticipateAnswer {
  /** `undefined` only where there is none and this call may not make it: a robot's, or one without `mayCreate`. */
  readonly experiment: Experiment | undefined;
  /** Position of the alternative in `experiment`, or in the request where there is no experiment. */
  readonly index: number;
  readonly reason: AnswerReason;
}

/** What a call needs from the store before it can be answered. */
export type Step =
  | { readonly kind: "change-traffic"; readonly fraction: number }
  /** Nothing is recorded: an existing record counts, else `otherwise` is the answer. */
  | { readonly kind: "look-up"; readonly client: ClientKey; readonly otherwise: ParticipateAnswer }
  /** `forced` is answered whatever the record says. */
  | {
      readonly kind: "record";
      readonly client: ClientKey;
      readonly proposal: Assignment;
      readonly forced: ParticipateAnswer | undefined;
    };

/**
 * @throws SixpackError alternatives-changed, too-few-alternatives, undeclared-experiment, too-many-experiments, experiment-busy,
 * store-unavailable, and those of the names of a new experiment
 */
export function participate(
  context: ServiceContext,
  request: ParticipateRequest,
): ParticipateAnswer | Promise<ParticipateAnswer> {
  const filtered = isFiltered(context.settings.visitorFilter, request.userAgent, request.address);
  const experiment = context.store.peek.experiment(request.experiment);
  // What this process knows may be a second old: whoever names an alternative that another process has just added is
  // refused by the stored definition only.
  if (experiment === undefined || !isUnderstood(experiment, request, filtered)) {
    return settle(context, request, filtered, undefined);
  }
  context.visitors?.count(experiment, filtered);
  const step = nextStep(context, request, filtered, experiment);
  return "reason" in step ? step : settle(context, request, filtered, { experiment, step });
}

/** Takes steps until there is an answer, each based on the definition that is stored at that time. */
function settle(
  context: ServiceContext,
  asked: ParticipateRequest,
  filtered: boolean,
  atHand: { readonly experiment: Experiment; readonly step: Step } | undefined,
): Promise<ParticipateAnswer> {
  const { store, clock, visitors } = context;
  let request = asked;
  let first = atHand;
  let isCounted = atHand !== undefined;
  return untilSettled(asked.experiment, async () => {
    const experiment = first?.experiment ?? (await readOrMake(context, asked, filtered));
    if (experiment === undefined) return NO_EXPERIMENT;
    if (!isCounted) visitors?.count(experiment, filtered);
    isCounted = true;
    if (!isUnderstood(experiment, request, filtered)) throw misunderstanding(experiment, request);
    const step = first?.step ?? nextStep(context, request, filtered, experiment);
    first = undefined;
    if ("reason" in step) return step;
    switch (step.kind) {
      case "change-traffic": {
        const { fraction } = step;
        const changed = await changeTraffic(context, experiment, asked.caller, fraction);
        // Another process may change it back meanwhile; this call goes on with what it asked for and saw stored.
        if (changed !== undefined) request = { ...request, trafficFraction: undefined };
        return UNSETTLED;
      }
      case "look-up": {
        const found = await store.records.read(experiment, step.client);
        return found === undefined ? step.otherwise : answer(experiment, found, request.client);
      }
      case "record": {
        const { client, proposal, forced } = step;
        const day = request.day ?? clock.today();
        const id = idToKeep(context, request);
        const segments = segmentsOf(experiment.dimensions, request);
        const { covariate } = request;
        const joining = { experiment, client, proposal, day, segments, covariate, id };
        const outcome = await store.records.participate(joining);
        return outcome.kind === "stale"
          ? UNSETTLED
          : (forced ?? answer(experiment, outcome.assignment, request.client));
      }
      default:
        return unreachable(step);
    }
  });
}

/**
 * The rules, in the order of the contract (docs/http-api.md): an answer, or what it takes to have one.
 * @param trace takes down the steps that were asked, where somebody wants to know why
 */
export function nextStep(
  { settings, store }: ServiceContext,
  request: ParticipateRequest,
  filtered: boolean,
  experiment: Experiment,
  trace?: Trace,
): ParticipateAnswer | Step {
  const fraction = request.trafficFraction;
  if (fraction !== undefined && !filtered && !request.caller.closed.has("traffic")) {
    const changes = fraction !== currentEpoch(experiment).trafficFraction;
    if (changes && mayChangeByRequest(experiment)) return { kind: "change-traffic", fraction };
  }
  const { force, recordForce } = request;
  const decision = decide(experiment, { force, recordForce, enabled: settings.enabled, filtered }, trace);
  if (decision.kind === "fixed") return { experiment, index: decision.index, reason: decision.reason };
  const digest = digestOf(experiment.name, request.client);
  const client = clientKey(digest);
  if (decision.kind === "record-forced") {
    const { index } = decision;
    return { kind: "record", client, proposal: assigned(index), forced: { experiment, index, reason: "forced" } };
  }
  trace?.push("record");
  const known = store.peek.assignment(experiment, client);
  if (known !== undefined) return answer(experiment, known, request.client);
  trace?.push("intake");
  if (decision.kind === "known-only") {
    return { kind: "look-up", client, otherwise: { experiment, index: decision.index, reason: decision.reason } };
  }
  trace?.push("alternatives");
  if (!knowsAll(request, experiment)) {
    return { kind: "look-up", client, otherwise: { experiment, index: 0, reason: "unknown-to-caller" } };
  }
  const proposal = propose(experiment, request.client, digest, trace);
  if (!request.prefetch) return { kind: "record", client, proposal, forced: undefined };
  return {
    kind: "look-up",
    client,
    otherwise: { ...answer(experiment, proposal, request.client), reason: "prefetched" },
  };
}

/** A robot may hold an old page: 2.7 answers it without looking at the alternatives it names. */
export function isUnderstood(experiment: Experiment, { alternatives }: ParticipateRequest, filtered: boolean): boolean {
  return filtered || acceptsAlternatives(experiment, alternatives);
}

export function misunderstanding(experiment: Experiment, { alternatives }: ParticipateRequest): SixpackError {
  if (alternatives.length < 2) return tooFewAlternatives(alternatives.length);
  const names = activeIndexes(experiment).map((index) => alternativeName(experiment, index));
  return new SixpackError("alternatives-changed", `Expected ${names.join(", ")}`);
}

export const NO_EXPERIMENT: ParticipateAnswer = { experiment: undefined, index: 0, reason: "no-experiment" };

/**
 * The stored definition, or the one that this call makes; `undefined` where it may make none. A robot as first visitor
 * makes none, but hears of bad names like anybody.
 */
async function readOrMake(
  context: ServiceContext,
  request: ParticipateRequest,
  filtered: boolean,
): Promise<Experiment | undefined> {
  const stored = await context.store.definitions.read(request.experiment);
  if (stored !== undefined || !request.mayCreate) return stored;
  const draft = draftOf(context, request);
  return filtered ? undefined : makeExperiment(context, draft, request.caller);
}

function changeTraffic(
  context: ServiceContext,
  { name }: Experiment,
  caller: Caller,
  fraction: number,
): Promise<Experiment | undefined> {
  return changeByCall(context, name, caller, (stored) => {
    const before = currentEpoch(stored).trafficFraction;
    if (before === fraction || !mayChangeByRequest(stored)) return undefined;
    const next = withTrafficFraction(stored, fraction, context.clock.nowMs());
    return { next, action: "set-traffic", before: String(before), after: String(fraction) };
  });
}

function draftOf({ settings, clock }: ServiceContext, request: ParticipateRequest): ExperimentDraft {
  const name = parseExperimentName(request.experiment);
  const alternatives = parseAlternativeNames(request.alternatives);
  return {
    name,
    alternatives,
    trafficFraction: request.trafficFraction,
    weights: request.weights,
    // Weights that were sent count, even equal ones: only a call without weights gets the policy of the settings.
    policy: request.weights === undefined ? settings.defaultPolicy : undefined,
    createdAtMs: clock.nowMs(),
    dimensions: withCommon(undefined, settings.dimensions),
  };
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

/**
 * The answer to an assignment. A record says of who was left out only that: whether it was by the slice is asked of the
 * slice in force, which is the same question for who comes first.
 */
export function answer(experiment: Experiment, assignment: Assignment, client: ClientId): ParticipateAnswer {
  switch (assignment.kind) {
    case "alternative":
      return { experiment, index: assignment.index, reason: "assigned" };
    case "excluded":
      return { experiment, index: 0, reason: isOutsideSlice(experiment, client) ? "outside-slice" : "excluded" };
    default:
      return unreachable(assignment);
  }
}
