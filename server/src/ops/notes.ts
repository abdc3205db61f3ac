/**
 * Lines about single requests: those that failed on our side and those that were slow. Never the others, because a line
 * per request would cost more than the request, and never what a caller sent, because client ids are people.
 */
import type { Logger } from "./log.ts";

/** From which time on a request is slow, in milliseconds. */
export const SLOW_REQUEST_MS = 1_000;

type NoteWriter = (route: string | undefined, status: number, elapsedMs: number, requestId: () => string) => void;

/** Writes a warning for an answer that is worth one; how many a second is the log's to say. */
export function noteWriter(log: Logger): NoteWriter {
  return (route, status, elapsedMs, requestId) => {
    if (status < 500 && elapsedMs < SLOW_REQUEST_MS) return;
    const fields = { request_id: requestId(), route: route ?? "unknown", status, ms: Math.round(elapsedMs) };
    log.warn(fields, status >= 500 ? "failed request" : "slow request");
  };
}

/** Ids that proxies make: letters, digits and the marks of UUIDs, traces and Base64, so that no log can be forged. */
const REQUEST_ID = /^[\w.:+/=-]{1,128}$/;

/** The id that a proxy gave a request, if it is one; else a new one. */
export function requestIdOf(given: string | readonly string[] | undefined, newId: () => string): string {
  return typeof given === "string" && REQUEST_ID.test(given) ? given : newId();
}
