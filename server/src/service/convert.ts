/** `/convert`: a participant reached a KPI. */
import { clientKey, digestOf, eventKey } from "../domain/digest.ts";
import { SixpackError, unreachable } from "../domain/errors.ts";
import { alternativeName, control, type Experiment } from "../domain/experiment.ts";
import { isDropped, kpiNamed, withKpi } from "../domain/experiment-kpis.ts";
import { findKpi } from "../domain/kpi.ts";
import { type AlternativeName, type ClientId, type ExperimentName, parseKpiName, quote } from "../domain/names.ts";
import type { Day } from "../domain/period.ts";
import { isPlanned } from "../domain/plan.ts";
import type { Caller } from "../domain/scope.ts";
import { segmentsOf } from "../domain/segments.ts";
import { isFiltered } from "../domain/visitor.ts";
import { UNSETTLED, untilSettled } from "./change.ts";
import { idToKeep, type ServiceContext } from "./context.ts";
import { changeByCall } from "./logged-change.ts";

export interface ConvertRequest {
  readonly experiment: string;
  readonly client: ClientId;
  /** As sent; `null` is the default KPI. */
  readonly kpi: string | null;
  /** A finite number; `undefined` where none was sent, which counts as 0. */
  readonly value: number | undefined;
  /** Identity of this event, so that a retry counts once; `undefined` counts every call. */
  readonly id?: string | undefined;
  readonly userAgent: string | undefined;
  readonly address: string | undefined;
  /** The day to count on; `undefined` is today. */
  readonly day: Day | undefined;
  readonly caller: Caller;
}

export type ConvertAnswer =
  | { readonly kind: "converted"; readonly experiment: Experiment; readonly alternative: AlternativeName }
  /** A robot or an ignored address: answered, never counted. */
  | { readonly kind: "filtered" };

/**
 * @throws SixpackError unknown-experiment, experiment-archived, experiment-paused, not-participating, invalid-kpi-name,
 * too-many-kpis, undeclared-kpi, experiment-busy, store-unavailable
 */
export async function convert(context: ServiceContext, request: ConvertRequest): Promise<ConvertAnswer> {
  const { settings, store } = context;
  if (isFiltered(settings.visitorFilter, request.userAgent, request.address)) return { kind: "filtered" };
  const { experiment: name } = request;
  let atHand = store.peek.experiment(name);
  return untilSettled(name, async () => {
    const experiment = atHand ?? (await store.definitions.read(name));
    atHand = undefined;
    if (experiment === undefined) throw new SixpackError("unknown-experiment");
    if (!settings.enabled) return { kind: "converted", experiment, alternative: control(experiment) };
    if (experiment.archived) throw new SixpackError("experiment-archived");
    if (experiment.paused) throw new SixpackError("experiment-paused");
    return convertIn(context, request, experiment);
  });
}

async function convertIn(
  context: ServiceContext,
  request: ConvertRequest,
  experiment: Experiment,
): Promise<ConvertAnswer | typeof UNSETTLED> {
  const { store, clock } = context;
  const client = clientKey(digestOf(experiment.name, request.client));
  const kpi = findKpi(experiment, request.kpi)?.number;
  if (kpi === undefined) {
    // Only a participant can make a KPI, and only the name of a new one is checked.
    const assignment = store.peek.assignment(experiment, client) ?? (await store.records.read(experiment, client));
    if (assignment?.kind !== "alternative") throw new SixpackError("not-participating");
    const changed = await makeKpi(context, experiment.name, request);
    return changed === undefined ? UNSETTLED : convertIn(context, request, changed);
  }
  const day = request.day ?? clock.today();
  const event =
    request.id === undefined
      ? undefined
      : { key: eventKey(experiment.name, request.client, `${kpi}.${request.id}`), atMs: clock.nowMs() };
  const conversion = { experiment, client, kpi, day, value: request.value ?? 0, event };
  let outcome = await store.records.convert(conversion);
  if (outcome.kind === "not-participating") {
    // A Redis that failed over may have lost the record of a client that was answered an alternative. This process
    // remembers it: the client takes part again as it did, and its conversion counts.
    const remembered = store.peek.assignment(experiment, client);
    if (remembered?.kind !== "alternative") throw new SixpackError("not-participating");
    const joined = await store.records.participate({
      experiment,
      client,
      proposal: remembered,
      day,
      // What it was asked for is lost with the record; the call of a conversion may still say how it came.
      segments: segmentsOf(experiment.dimensions, { userAgent: request.userAgent }),
      id: idToKeep(context, request),
    });
    outcome = joined.kind === "stale" ? joined : await store.records.convert(conversion);
  }
  switch (outcome.kind) {
    case "converted":
    case "repeated":
    case "duplicate":
    case "too-late": {
      if (outcome.assignment.kind === "excluded") throw new SixpackError("not-participating");
      return { kind: "converted", experiment, alternative: alternativeName(experiment, outcome.assignment.index) };
    }
    case "not-participating":
      throw new SixpackError("not-participating");
    case "stale":
      return UNSETTLED;
    default:
      return unreachable(outcome);
  }
}

/** The definition with the KPI of a first conversion in it; whoever makes it is in the activity log. */
async function makeKpi(
  context: ServiceContext,
  experiment: ExperimentName,
  { kpi, caller }: ConvertRequest,
): Promise<Experiment | undefined> {
  const name = parseKpiName(kpi ?? "");
  return changeByCall(context, experiment, caller, (stored) => {
    if (isDropped(stored, name)) {
      throw new SixpackError("undeclared-kpi", `Expected a KPI that counts, got ${quote(name)}, which was dropped`);
    }
    if (caller.closed.has("kpis") && kpiNamed(stored, name) === undefined && !isPlanned(stored, name)) {
      throw new SixpackError("undeclared-kpi", `Expected a declared KPI, got ${quote(name)}`);
    }
    const next = withKpi(stored, name);
    return next === stored ? undefined : { next, action: "add-kpi", before: null, after: name };
  });
}
