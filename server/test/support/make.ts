/**
 * What tests are made of, with defaults: a test writes down only what it is about.
 *
 *     import * as make from "../support/make.ts";
 *
 *     const context = make.context({ settings: { enabled: false } });
 *     await participate(context, make.request({ client: "ann", force: "blue" }));
 */
import { robotPattern } from "../../src/config/robots.ts";
import { assigned } from "../../src/domain/assignment.ts";
import type { Clock } from "../../src/domain/clock.ts";
import { createdExperiment, type ExperimentDraft } from "../../src/domain/draft.ts";
import type { Experiment } from "../../src/domain/experiment.ts";
import { type AlternativeName, type ExperimentName, parseClientId } from "../../src/domain/names.ts";
import { dayOf } from "../../src/domain/period.ts";
import type { Policy } from "../../src/domain/policy/policies.ts";
import { ANYBODY, type Caller, type Scope } from "../../src/domain/scope.ts";
import { onDay } from "../../src/domain/subset.ts";
import { PARTICIPATION, type Tally } from "../../src/domain/tally.ts";
import { Analyst, type AnalystParts } from "../../src/service/analysis/analyst.ts";
import type { ServiceContext, ServiceSettings } from "../../src/service/context.ts";
import type { ConvertRequest } from "../../src/service/convert.ts";
import type { ParticipateRequest } from "../../src/service/participate.ts";
import type { Definitions } from "../../src/store/store.ts";
import { ModelStore } from "../store/model/model-store.ts";

/** Saturday 1 March 2025, noon UTC: the present of every test. */
export const NOW_MS = Date.UTC(2025, 2, 1, 12);

export const DAY = dayOf(NOW_MS);

/** The experiment of drafts and requests that name none. */
export const NAME = "service" as ExperimentName;

const ALTERNATIVES: readonly string[] = ["red", "green", "blue"];

/** The experiment of a draft, made now or before. */
export async function created(
  { definitions }: { readonly definitions: Pick<Definitions, "create"> },
  draft: ExperimentDraft,
): Promise<Experiment> {
  return (await definitions.create(draft)).experiment;
}

/** Names as the store takes them: it never checks, since one that was stored under an older rule keeps working. */
type Named<T extends { readonly name: string; readonly alternatives: readonly string[] }> = Partial<
  Omit<T, "name" | "alternatives">
> & { readonly name?: string; readonly alternatives?: readonly string[] };

export function draft({
  name = NAME,
  alternatives = ALTERNATIVES,
  ...more
}: Named<ExperimentDraft> = {}): ExperimentDraft {
  return {
    createdAtMs: NOW_MS,
    ...more,
    name: name as ExperimentName,
    alternatives: alternatives as readonly AlternativeName[],
  };
}

/** A definition as it is stored from a draft. */
export function experiment(wanted?: Named<ExperimentDraft>, life = 1, version = 1): Experiment {
  return createdExperiment(draft(wanted), life, version);
}

/** A bandit's policy in an epoch; `floor` once it has weights. */
export function banditPolicy(goal: "earn" | "learn" = "earn", floor = 0): Policy {
  return { kind: "thompson", goal, floor };
}

/** One participant of the control, today. */
export function tally(wanted: Partial<Tally> = {}): Tally {
  const { clients = 1, events = clients, ...cell } = wanted;
  return {
    epoch: 0,
    assignment: assigned(0),
    metric: PARTICIPATION,
    subset: onDay(DAY),
    sum: 0,
    squares: 0,
    ...cell,
    clients,
    events,
  };
}

type WithClient<Request> = Partial<Omit<Request, "client">> & { readonly client?: string };
export type WantedRequest = WithClient<ParticipateRequest>;

const VISIT = { experiment: NAME, userAgent: undefined, address: undefined, day: undefined, caller: ANYBODY };

/** A `/participate` as the API parses it, with its three first arguments given. */
export function request({ client = "1", ...wanted }: WantedRequest = {}): ParticipateRequest {
  return {
    ...VISIT,
    alternatives: ALTERNATIVES,
    force: undefined,
    recordForce: false,
    prefetch: false,
    trafficFraction: undefined,
    weights: undefined,
    mayCreate: true,
    ...wanted,
    client: parseClientId(client),
  };
}

/** A `/convert` as the API parses it, of the same client. */
export function conversion({ client = "1", ...wanted }: WithClient<ConvertRequest> = {}): ConvertRequest {
  return { ...VISIT, kpi: null, value: undefined, ...wanted, client: parseClientId(client) };
}

/** A caller without a key, on a server that has these closed. */
export function stranger(...closed: readonly Scope[]): Caller {
  return { ...ANYBODY, closed: new Set(closed) };
}

/** Those of Sixpack 2.7, whose answers tests compare with. */
export const ROBOTS = robotPattern("original");

/** Those of a fresh install. */
export const SETTINGS: ServiceSettings = {
  enabled: true,
  visitorFilter: { robots: ROBOTS, ignores: (address) => address === "10.0.0.7" },
  defaultPolicy: { kind: "uniform" },
  dimensions: [],
  newExperiments: undefined,
  keepClientIds: false,
};

/** A clock of UTC that stands still, unless what it is given moves. */
export function clock(nowMs: () => number = () => NOW_MS): Clock {
  return { nowMs, today: () => dayOf(nowMs()), dayAt: (atMs) => dayOf(atMs), offsetAt: () => 0 };
}

type WantedContext = Partial<AnalystParts & Pick<ServiceContext, "onUnlogged">> & {
  readonly settings?: Partial<ServiceSettings>;
};

export interface TestContext extends ServiceContext {
  /** Moves the clock, which stands still otherwise. */
  readonly pass: (ms: number) => void;
}

/** On the model store, unless it is given another. Whoever gives a clock moves that one. */
export function context(wanted?: WantedContext & { readonly clock?: undefined }): TestContext;
export function context(wanted: WantedContext): ServiceContext;
export function context({
  settings,
  store = new ModelStore(),
  onNoticed = () => {},
  findsValues = true,
  onUnlogged = () => {},
  ...wanted
}: WantedContext = {}) {
  let nowMs = NOW_MS;
  const time = wanted.clock ?? clock(() => nowMs);
  return {
    clock: time,
    settings: { ...SETTINGS, ...settings },
    store,
    analyst: new Analyst({ store, clock: time, onNoticed, findsValues }),
    onUnlogged,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}
