/**
 * Scopes: what a call may do beside taking part, such as changing what other visitors get. On a public server only your
 * own back ends may, by an API key with that scope. `api/arguments.ts` says which argument needs which.
 */
import { callActor } from "./actor.ts";

/** Each with what it lets a call do, as docs and messages have it. */
const SCOPES = {
  experiments: "make an experiment by naming it",
  kpis: "make a KPI by naming it",
  traffic: "change the traffic fraction",
  weights: "set the weights of an experiment that it makes",
  force: "record the alternative that it asks for",
  covariate: "say what is known of a client from before",
  link: "say that two ids are one person's",
  explain: "see why a client gets its alternative, and what is recorded of it",
  datetime: "count on a day that is neither yesterday, today nor tomorrow",
} as const;

export type Scope = keyof typeof SCOPES;

export const SCOPE_NAMES = Object.keys(SCOPES) as readonly Scope[];

export const SCOPES_EXPECTED = `scopes of ${SCOPE_NAMES.join(", ")}, joined by +, or all`;

/** Who calls. */
export interface Caller {
  /**
   * The caller's address, for quotas; empty where there are none. Not the visitor's address, which callers may set
   * freely.
   */
  readonly address: string;
  /** Name of the API key that it showed; `undefined` for a stranger. */
  readonly key: string | undefined;
  /** What this caller may not do. */
  readonly closed: ReadonlySet<Scope>;
}

/** On a server that only your own programs can reach. */
export const ANYBODY: Caller = { address: "", key: undefined, closed: new Set() };

/** How the activity log calls a caller. */
export function actorOf({ key }: Caller): string {
  return callActor(key);
}
