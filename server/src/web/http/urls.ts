/** Addresses of the dashboard, with names encoded. Those of Sixpack 2.7 are spelled as it did. */
import type { Status } from "../../service/report/selection.ts";

export function experimentUrl(name: string, kpi?: string): string {
  return withQuery(`/experiments/${encodeURIComponent(name)}/`, { kpi });
}

export function experimentJsonUrl(name: string): string {
  return `/experiments/${encodeURIComponent(name)}.json`;
}

/** Of an action, e.g. `winner/` or `pause`; of those that ask first, without a slash, also the page that does. */
export function actionUrl(name: string, action: string): string {
  return `/experiments/${encodeURIComponent(name)}/${action}`;
}

/** Of the links by which people without a login read the experiment. */
export function linksUrl(name: string): string {
  return actionUrl(name, "links");
}

/** Where somebody is asked before an alternative is retired. */
export function retireUrl(name: string, alternative: string): string {
  return actionUrl(name, `alternatives/${encodeURIComponent(alternative)}/retire`);
}

/** What the experiment's own traffic says of our claims. */
export function calibrationUrl(name: string): string {
  return actionUrl(name, "calibration");
}

/** What such a link opens; under it lies all that it opens. */
export function sharedUrl(token: string): string {
  return `/shared/${encodeURIComponent(token)}/`;
}

/** Of the list of all experiments that stand so. */
export function listPath(status: Status): string {
  return status === "active" ? "/" : `/${status}`;
}

export const THEME_PATH = "/theme";
export const SEVERAL_PATH = "/several";
export const VIEWS_PATH = "/views";
export const SEARCH_PATH = "/search";
export const TIMELINE_PATH = "/timeline";
export const NEW_PATH = "/new";
export const METHOD_PATH = "/method";
export const EVENTS_PATH = "/events";
export const LOGIN_PATH = "/login";
export const LOGOUT_PATH = "/logout";
/** Where a login at a provider begins, and where the provider sends people back to. */
export const SIGN_ON_PATH = "/login/start";
export const SIGN_ON_CALLBACK_PATH = "/login/callback";
export const ACTIVITY_PATH = "/activity";
export const MCP_PATH = "/mcp";
export const SCHEMA_PATH = "/schemas/experiments.json";
export const CLIENTS_PATH = "/clients";
export const REMOVED_PATH = "/removed";
export const ALERTS_PATH = "/alerts";
export const FEED_PATH = "/feed.atom";

/** Of the login, which leads back to a path of ours afterwards. */
export function loginUrl(next: string): string {
  return next === "/" ? LOGIN_PATH : `${LOGIN_PATH}?next=${encodeURIComponent(next)}`;
}

/** Of the way to a provider's login. @param again asks for the password even of somebody whom the provider knows */
export function signOnUrl(next: string, again = false): string {
  return withQuery(SIGN_ON_PATH, { next: next === "/" ? undefined : next, again: again ? 1 : undefined });
}

/** All experiments of an owner, or with a tag. */
export function labelledUrl(label: { readonly owner: string } | { readonly tag: string }): string {
  return withQuery("/all", { ...label });
}

const HERE = "http://here.invalid";

/** A path of this dashboard from what somebody sent; `/` if it is none, or leads elsewhere. */
export function safePath(raw: unknown): string {
  // Browsers take `//host` and `/\host` for another host, and drop control characters before they look.
  if (typeof raw !== "string" || !raw.startsWith("/") || !URL.canParse(raw, HERE)) return "/";
  const url = new URL(raw, HERE);
  return url.origin === HERE && !url.pathname.startsWith("//") ? `${url.pathname}${url.search}` : "/";
}

/** To add to the address of a page whose client reads it, to see an alternative oneself. */
export function forceQuery(experiment: string, alternative: string): string {
  return withQuery("", { [`sixpack-force-${encodeURIComponent(experiment)}`]: alternative });
}

/** Arguments of a query; those that are not there are left out. */
type Query = Readonly<Record<string, string | number | undefined>>;

/** `path` with the arguments that have a value. */
export function withQuery(path: string, query: Query): string {
  const parts = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([key, value]) => `${key}=${encodeURIComponent(value ?? "")}`);
  return parts.length === 0 ? path : `${path}?${parts.join("&")}`;
}
