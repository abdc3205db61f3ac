/** The paths of the API server, and the route that each of them is. `docs/http-api.md` lists the same ones. */
import { canonicalPath, cutQuery, underBase } from "../ops/target.ts";

/** Paths, without query, that are answered as they stand. */
export const ROUTES = {
  "/participate": "participate",
  "/convert": "convert",
  "/link": "link",
  "/batch": "batch",
  "/ofrep/v1/evaluate/flags": "flags",
  "/ofrep/v1/track": "track",
  "/_status": "status",
  "/healthz": "healthz",
  "/readyz": "readyz",
  "/metrics": "metrics",
  "/openapi.json": "openapi",
  "/": "greeting",
  "/favicon.ico": "favicon",
} as const;

/** Paths that go on with the name of an experiment. */
export const NAMED_ROUTES = {
  "/experiments/": "details",
  "/ofrep/v1/evaluate/flags/": "flag",
} as const;

export type Route = (typeof ROUTES)[keyof typeof ROUTES] | (typeof NAMED_ROUTES)[keyof typeof NAMED_ROUTES];

/** Routes whose body is a document of its own kind rather than arguments; they take nothing but POST. */
export const DOCUMENT_ROUTES: ReadonlySet<Route | undefined> = new Set<Route>(["batch", "flags", "flag", "track"]);

/**
 * Routes that count against a quota, request by request. Routes for operators don't, and a batch counts its calls
 * itself.
 */
export const CHARGED_ROUTES: ReadonlySet<Route> = new Set<Route>([
  "participate",
  "convert",
  "link",
  "flags",
  "flag",
  "track",
  "details",
]);

/** A name, and a slash or none behind it. */
const LAST_SEGMENT = /^[^/]+\/?$/;

/** Where a URL leads: its path under the base path, and the route, `undefined` where there is none. */
export interface Place {
  readonly path: string;
  readonly route: Route | undefined;
}

/**
 * Nearly every URL is spelled like the routes and found at once; otherwise other spellings are tried. Metrics have only
 * one spelling, so that a proxy can block their path.
 */
export function placeOf(url: string, basePath: string): Place {
  const [written] = cutQuery(url);
  const plain = underBase(written, basePath);
  const route = plain === undefined ? undefined : routeOf(plain);
  if (plain !== undefined && route !== undefined) return { path: plain, route };
  const path = underBase(canonicalPath(written), basePath);
  if (path === undefined) return { path: written, route: undefined };
  // A slash at the end is as good as none.
  const found = routeOf(path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path);
  return { path, route: found === "metrics" ? undefined : found };
}

/** The route of a path in its one spelling. */
function routeOf(path: string): Route | undefined {
  if (Object.hasOwn(ROUTES, path)) return ROUTES[path as keyof typeof ROUTES];
  for (const [prefix, route] of Object.entries(NAMED_ROUTES)) {
    if (path.startsWith(prefix) && LAST_SEGMENT.test(path.slice(prefix.length))) return route;
  }
  return undefined;
}
