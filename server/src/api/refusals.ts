/** Which route can be refused with which code: what `/openapi.json` says of each is derived from it. */
import { ERRORS, type ErrorCode } from "../domain/errors.ts";
import { CHARGED_ROUTES, NAMED_ROUTES, ROUTES, type Route } from "./paths.ts";

const ALL: readonly Route[] = [...Object.values(ROUTES), ...Object.values(NAMED_ROUTES)];
const BOTH: readonly Route[] = ["participate", "convert"];
const CALLS: readonly Route[] = [...BOTH, "link"];
const PARTICIPATE: readonly Route[] = ["participate"];
const CONVERT: readonly Route[] = ["convert"];
const COUNTED: readonly Route[] = ["convert", "track"];
const STORED: readonly Route[] = [...CALLS, "track", "flags", "flag", "details", "readyz"];

/** By code, the routes that can give it; none for a path that is no route. A code that is missing is the dashboard's. */
export const API_REFUSALS = {
  "missing-arguments": CALLS,
  "too-few-alternatives": PARTICIPATE,
  "too-many-alternatives": PARTICIPATE,
  "duplicate-alternatives": PARTICIPATE,
  "alternatives-changed": PARTICIPATE,
  "invalid-experiment-name": PARTICIPATE,
  "invalid-alternative-name": PARTICIPATE,
  "invalid-kpi-name": COUNTED,
  "too-many-kpis": COUNTED,
  "invalid-client-id": CALLS,
  "invalid-traffic-fraction": PARTICIPATE,
  "invalid-weights": PARTICIPATE,
  "invalid-datetime": BOTH,
  "invalid-value": COUNTED,
  "invalid-covariate": PARTICIPATE,
  "invalid-event-id": COUNTED,
  "invalid-encoding": ALL,
  "invalid-body": ALL,
  "undeclared-experiment": PARTICIPATE,
  "undeclared-kpi": COUNTED,
  "reserved-argument": CALLS,
  "invalid-api-key": ALL,
  "unknown-experiment": ["convert", "link"],
  "too-many-ids": CALLS,
  "experiment-archived": CONVERT,
  "experiment-paused": CONVERT,
  "not-participating": CONVERT,
  "bad-request": ALL,
  "not-found": [],
  "experiment-not-found": ["details"],
  "method-not-allowed": ALL,
  "request-timeout": ALL,
  "experiment-busy": [...CALLS, "track", "flags", "flag"],
  "experiment-unreadable": [...CALLS, "track", "flag", "details"],
  "body-too-large": ALL,
  "url-too-long": ALL,
  "unsupported-media-type": ALL,
  "headers-too-large": ALL,
  internal: ALL,
  "too-many-requests": [...CHARGED_ROUTES, "batch"],
  "too-many-experiments": PARTICIPATE,
  overloaded: ALL,
  "store-unavailable": STORED,
  "shutting-down": ["readyz"],
} as const satisfies Partial<Record<ErrorCode, readonly Route[]>>;

/** Statuses of a route beside 200 and refusals: for a store that can't be reached, and those of OpenFeature. */
const OTHERS: Partial<Record<Route, readonly number[]>> = { status: [500], flags: [304], flag: [404] };

/** Every status that a route can give but 200, in order. */
export function refusalStatuses(route: Route): readonly number[] {
  const statuses = new Set(OTHERS[route]);
  for (const [code, routes] of Object.entries(API_REFUSALS) as [keyof typeof API_REFUSALS, readonly Route[]][]) {
    if (routes.includes(route)) statuses.add(ERRORS[code].status);
  }
  return [...statuses].sort((left, right) => left - right);
}
