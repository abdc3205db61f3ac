/** Every limit of the API server on a request, by name. `docs/http-api.md` states the same names and values. */

/** Longest URL, in bytes. Anything a browser or proxy would send fits. */
export const URL_BYTES_MAX = 16_384;
/** Largest request line and headers together, in bytes. */
export const HEADER_BYTES_MAX = 32_768;
/** Largest body that is read, in bytes. */
export const BODY_BYTES_MAX = 65_536;
/**
 * Most values of `alternatives` or `weights` that are read; further ones are ignored, since this many are refused
 * anyway.
 */
export const LIST_LENGTH_MAX = 1_000;
/** Most segments that a call may name; an experiment has fewer dimensions, but a caller may serve many experiments. */
export const SEGMENTS_MAX = 20;
/** Most calls in one batch. */
export const BATCH_CALLS_MAX = 100;
/** Longest JSONP callback, in characters. */
export const CALLBACK_LENGTH_MAX = 255;
/** Largest size of a conversion's value, either side of zero, so that squares and sums of many stay exact enough. */
export const VALUE_MAX = 1e12;
/** Longest `id` of a conversion, in UTF-16 code units. */
export const EVENT_ID_LENGTH_MAX = 255;

/** How long an idle connection is kept, in milliseconds: longer than the 60 s of common load balancers, so that they close first. */
export const KEEP_ALIVE_MS = 72_000;
/** How long a client may take to send its headers, in milliseconds. */
export const HEADERS_TIMEOUT_MS = 10_000;
/** How long a client may take to send the whole request, in milliseconds. */
export const REQUEST_TIMEOUT_MS = 20_000;
/** How often connections are checked for these two timeouts, in milliseconds: a timeout is late by this at most. */
export const TIMEOUT_CHECK_MS = 2_000;
