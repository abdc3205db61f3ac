/** Actors: how the activity log calls whoever changed something, and what kind of actor a name is. */

/** Everybody, where nobody logs in. */
export const ANYONE = "anyone";
export const COMMAND_LINE = "command line";
/** The server itself, for what it noticed. */
export const SERVER_ACTOR = "server";
/** The server as it carries out what people planned: at a time or a size, and on harm. */
export const SCHEDULE_ACTOR = "schedule";
export const GUARDRAIL_ACTOR = "guardrail";
const SERVER_ACTORS: ReadonlySet<string> = new Set([SERVER_ACTOR, SCHEDULE_ACTOR, GUARDRAIL_ACTOR]);
/** A call without a key; with one it is `api:NAME`. */
const CALL = "api";

/** Kinds of actors. The log keeps so many entries of each, and the oldest of the same kind make room for new ones. */
export const SOURCES = ["people", "calls", "server"] as const;
export type Source = (typeof SOURCES)[number];

/** @param key name of the API key that a call showed */
export function callActor(key: string | undefined): string {
  return key === undefined ? CALL : `${CALL}:${key}`;
}

export function sourceOf(actor: string): Source {
  if (actor === CALL || actor.startsWith(`${CALL}:`)) return "calls";
  return SERVER_ACTORS.has(actor) ? "server" : "people";
}

/** Whether the log uses a name for somebody who is no person and no token, so that none may have it. */
export function isReserved(name: string): boolean {
  return name === ANYONE || name === COMMAND_LINE || sourceOf(name) !== "people";
}
