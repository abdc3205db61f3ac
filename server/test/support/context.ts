/** A service context for tests: the model store, a clock that stands still, and the settings of a fresh install. */
import type { Clock } from "../../src/domain/clock.ts";
import { dayOf } from "../../src/domain/period.ts";
import { ANYBODY, type Caller, type Scope } from "../../src/domain/scope.ts";
import { Analyst, type AnalystParts } from "../../src/service/analysis/analyst.ts";
import type { ServiceContext, ServiceSettings } from "../../src/service/context.ts";
import { ModelStore } from "../store/model/model-store.ts";

/** Default `robot_regex` of design §9, Sixpack 2.7's. */
export const ROBOTS =
  /$^|trivial|facebook|MetaURI|butterfly|google|amazon|goldfire|sleuth|xenu|msnbot|SiteUptime|Slurp|WordPress|ZIBB|ZyBorg|pingdom|bot|yahoo|slurp|java|fetch|spider|url|crawl|oneriot|abby|commentreader|twiceler/i;

/** Wednesday 15 January 2025, noon UTC. */
export const NOW_MS = Date.UTC(2025, 0, 15, 12);

export const CLOCK: Clock = { nowMs: () => NOW_MS, today: () => dayOf(NOW_MS), dayAt: (atMs) => dayOf(atMs) };

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
