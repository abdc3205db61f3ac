/** A service context for tests: the model store, a clock that stands still, and the settings of a fresh install. */
import { robotPattern } from "../../src/config/robots.ts";
import type { Clock } from "../../src/domain/clock.ts";
import { dayOf } from "../../src/domain/period.ts";
import { ANYBODY, type Caller, type Scope } from "../../src/domain/scope.ts";
import { Analyst, type AnalystParts } from "../../src/service/analysis/analyst.ts";
import type { ServiceContext, ServiceSettings } from "../../src/service/context.ts";
import { ModelStore } from "../store/model/model-store.ts";

/** Those of Sixpack 2.7, whose answers tests compare with. */
export const ROBOTS = robotPattern("original");

/** Wednesday 15 January 2025, noon UTC. */
export const NOW_MS = Date.UTC(2025, 0, 15, 12);

export const CLOCK: Clock = {
  nowMs: () => NOW_MS,
  today: () => dayOf(NOW_MS),
  dayAt: (atMs) => dayOf(atMs),
  offsetAt: () => 0,
};

export const SETTINGS: ServiceSettings = {
  enabled: true,
  visitorFilter: { robots: ROBOTS, ignores: (address) => address === "10.0.0.7" },
  defaultPolicy: { kind: "uniform" },
  newExperiments: undefined,
  keepClientIds: false,
};

export function contextOf(
  options: Partial<AnalystParts> & { readonly settings?: Partial<ServiceSettings> } = {},
): ServiceContext {
  const { clock = CLOCK, settings, store = new ModelStore(), onNoticed = () => {} } = options;
  return { clock, settings: { ...SETTINGS, ...settings }, store, analyst: new Analyst({ store, clock, onNoticed }) };
}

/** A caller without a key, on a server that has these closed. */
export function stranger(...closed: readonly Scope[]): Caller {
  return { ...ANYBODY, closed: new Set(closed) };
}
