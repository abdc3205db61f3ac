/**
 * `/link`, and `previous_id` of the other calls: two ids are one person's. What becomes of their records is decided in
 * `store/link-plan.ts`; here it is asked of each experiment that knows them.
 */
import type { Assignment } from "../domain/assignment.ts";
import { clientKey, digestOf } from "../domain/digest.ts";
import { SixpackError } from "../domain/errors.ts";
import type { Experiment } from "../domain/experiment.ts";
import type { ClientId } from "../domain/names.ts";
import { isFiltered } from "../domain/visitor.ts";
import { joinedFirst } from "../store/link-plan.ts";
import type { ClientRecord } from "../store/transfer.ts";
import { UNSETTLED, untilSettled } from "./change.ts";
import { idToKeep, type ServiceContext } from "./context.ts";
import {
  type AnswerReason,
  answer,
  type ParticipateAnswer,
  type ParticipateRequest,
  participate,
} from "./participate.ts";
import { unlessUnreadable } from "./unless-unreadable.ts";

export interface LinkRequest {
  /** As sent; `undefined` for every experiment that is not archived. */
  readonly experiment: string | undefined;
  readonly client: ClientId;
  readonly previous: ClientId;
  /** Of the visitor, where the call says it: robots link nothing. */
  readonly userAgent?: string | undefined;
  readonly address?: string | undefined;
}

/** What the two ids are in an experiment that knows at least one of them. */
export interface Linked {
  readonly experiment: Experiment;
  readonly assignment: Assignment;
  readonly isConflict: boolean;
}

/**
 * @param onTouched hears how many experiments it asks
 * @throws SixpackError unknown-experiment and too-many-ids where one is named; experiment-busy, store-unavailable
 */
export async function link(
  context: ServiceContext,
  { experiment, client, previous, userAgent, address }: LinkRequest,
  onTouched: (experiments: number) => void = () => {},
): Promise<readonly Linked[]> {
  const { settings } = context;
  if (!settings.enabled || isFiltered(settings.visitorFilter, userAgent, address)) return [];
  if (experiment !== undefined) {
    const linked = await linkIn(context, experiment, client, previous);
    if (isRefusal(linked)) throw new SixpackError(linked);
    return linked === undefined ? [] : [linked];
  }
  const all = (await context.store.definitions.list()).filter(({ archived }) => !archived);
  onTouched(all.length);
  const linked = await Promise.all(
    // One that can't be read keeps nobody from being linked in the others.
    all.map(({ name }) => unlessUnreadable(linkIn(context, name, client, previous), undefined)),
  );
  return linked.filter((one) => typeof one === "object");
}

/** What is kept of one person with two ids: the record that would count if a call linked them. */
export async function recordOfEither(
  { store }: Pick<ServiceContext, "store">,
  experiment: Experiment,
  client: ClientId,
  previous: ClientId | undefined,
): Promise<{ readonly id: ClientId; readonly record: ClientRecord | undefined }> {
  const found = (id: ClientId) => store.records.find(experiment, clientKey(digestOf(experiment.name, id)));
  const [own, other] = await Promise.all([found(client), previous === undefined ? undefined : found(previous)]);
  return previous !== undefined && other !== undefined && (own === undefined || joinedFirst(other, own))
    ? { id: previous, record: other }
    : { id: client, record: own };
}

/** Takes part as somebody who may be known by another id. Robots and looks ahead link nothing. */
export async function participateLinked(
  context: ServiceContext,
  request: ParticipateRequest,
  previous: ClientId,
): Promise<ParticipateAnswer> {
  const { settings } = context;
  const mayLink = settings.enabled && !isFiltered(settings.visitorFilter, request.userAgent, request.address);
  if (!mayLink) return participate(context, request);
  if (request.prefetch) return lookAhead(context, request, previous);
  const linked = await linkIn(context, request.experiment, request.client, previous);
  if (linked === "too-many-ids") throw new SixpackError(linked);
  const given = await participate(context, request);
  if (typeof linked === "object") return given;
  // Whoever was known by neither id is known now, and by both. Who came by the other one meanwhile may have been first.
  const later = await linkIn(context, request.experiment, request.client, previous);
  return typeof later === "object" && RECORDED.has(given.reason)
    ? answer(later.experiment, later.assignment, request.client)
    : given;
}

/** What the call would answer if it linked the two. */
async function lookAhead(
  context: ServiceContext,
  request: ParticipateRequest,
  previous: ClientId,
): Promise<ParticipateAnswer> {
  const experiment = await context.store.definitions.read(request.experiment);
  if (experiment === undefined) return participate(context, request);
  const { id, record } = await recordOfEither(context, experiment, request.client, previous);
  const given = await participate(context, { ...request, client: id });
  // Whether somebody left out is outside the slice is said of the id that asks.
  return record !== undefined && RECORDED.has(given.reason)
    ? answer(experiment, record.assignment, request.client)
    : given;
}

/** Reasons of an answer that is a record's. */
const RECORDED: ReadonlySet<AnswerReason> = new Set(["assigned", "excluded", "outside-slice"]);

type Refusal = "unknown-experiment" | "too-many-ids";

function isRefusal(linked: Linked | Refusal | undefined): linked is Refusal {
  return typeof linked === "string";
}

/** `undefined` where neither id is known. */
async function linkIn(
  context: ServiceContext,
  name: string,
  client: ClientId,
  previous: ClientId,
): Promise<Linked | Refusal | undefined> {
  const { store } = context;
  return untilSettled(name, async () => {
    const experiment = await store.definitions.read(name);
    if (experiment === undefined) return "unknown-experiment";
    const known = (id: ClientId) => ({
      client: clientKey(digestOf(experiment.name, id)),
      id: idToKeep(context, { client: id }),
    });
    const outcome = await store.records.link(experiment, known(client), known(previous));
    if (outcome.kind === "stale") return UNSETTLED;
    if (outcome.kind === "unknown") return undefined;
    if (outcome.kind === "too-deep") return "too-many-ids";
    return { experiment, assignment: outcome.assignment, isConflict: outcome.kind === "conflict" };
  });
}
