/**
 * Lines about single requests: those that failed on our side and those that were slow. Never the others, because a line
 * per request would cost more than the request, and never what a caller sent, because client ids are people.
 */
import type { Logger } from "./log.ts";

/** From which time on a request is slow, in milliseconds. */
export const SLOW_REQUEST_MS = 1_000;

/** Most lines in a second: a store that is gone fails every request, and telling it must not be what stops the server. */
export const NOTES_PER_SECOND_MAX = 10;

type NoteWriter = (route: string | undefined, status: number, elapsedMs: number, requestId: () => string) => void;

/**
 * Writes a warning for an answer that is worth one; the first line of a second says how many were left out in the one
 * before.
 */
export function noteWriter(log: Logger, nowMs: () => number): NoteWriter {
  let second = Number.NaN;
  let written = 0;
  let untold = 0;
  return (route, status, elapsedMs, requestId) => {
    if (status < 500 && elapsedMs < SLOW_REQUEST_MS) return;
    const now = Math.floor(nowMs() / 1000);
    if (now !== second) {
      second = now;
      written = 0;
    }
    if (written >= NOTES_PER_SECOND_MAX) {
      untold += 1;
      return;
    }
    written += 1;
    const fields = {
      request_id: requestId(),
      route: route ?? "unknown",
      status,
      ms: Math.round(elapsedMs),
      ...(untold > 0 ? { untold } : {}),
    };
    untold = 0;
    log.warn(fields, status >= 500 ? "failed request" : "slow request");
  };
}

/** Ids that proxies make: letters, digits and the marks of UUIDs, traces and Base64, so that no log can be forged. */
const REQUEST_ID = /^[\w.:+/=-]{1,128}$/;

/** The id that a proxy gave a request, if it is one; else a new one. */
export function requestIdOf(given: string | readonly string[] | undefined, newId: () => string): string {
  return typeof given === "string" && REQUEST_ID.test(given) ? given : newId();
}
