/** What every service is given: the store, the settings that affect decisions, and the clock. Nothing is global. */
import type { Clock } from "../domain/clock.ts";
import type { ClientId } from "../domain/names.ts";
import type { Policy } from "../domain/policy/policies.ts";
import type { Dimension } from "../domain/segments.ts";
import type { VisitorFilter } from "../domain/visitor.ts";
import type { Quota } from "../ops/quota.ts";
import type { Store } from "../store/store.ts";
import type { Analyst } from "./analysis/analyst.ts";
import type { VisitorCounts } from "./visitor-counts.ts";

export interface ServiceSettings {
  /** False answers everybody with the control and records nothing: the original's `enabled`. */
  readonly enabled: boolean;
  readonly visitorFilter: VisitorFilter;
  /** Policy of experiments made without weights: a bandit where `enable_whiplash` is set. */
  readonly defaultPolicy: Policy;
  /** By which visitors of every experiment are told apart, beside what it declares itself. */
  readonly dimensions: readonly Dimension[];
  /** How many experiments a stranger's address may make; `undefined` for any number. */
  readonly newExperiments: Quota | undefined;
  /** Whether the raw ids of new clients are kept, for an export per client. */
  readonly keepClientIds: boolean;
}

export interface ServiceContext {
  readonly store: Store;
  readonly settings: ServiceSettings;
  readonly clock: Clock;
  readonly analyst: Analyst;
  /** Hears of what a call has done and the activity log did not take; the call goes on. */
  readonly onUnlogged: (error: unknown) => void;
  /** Calls that the visitor filter answered here; `undefined` in a process that answers none. */
  readonly visitors?: VisitorCounts;
}

/** The raw id of a caller's client where ids are kept; nothing where they are not. */
export function idToKeep(
  { settings }: ServiceContext,
  { client }: { readonly client: ClientId },
): ClientId | undefined {
  return settings.keepClientIds ? client : undefined;
}
