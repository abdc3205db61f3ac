/**
 * Reads the arguments of a call, from a query string, a form or a JSON body, into one shape.
 *
 * This reader is on the way of every request, so it walks the text once, knows the few names that mean something, and
 * decodes only what is encoded. Of an argument given twice the first counts, as in Sixpack 2.7; `alternatives` and
 * `weights` are lists.
 */
import { SixpackError } from "../domain/errors.ts";
import { quote } from "../domain/names.ts";
import { LIST_LENGTH_MAX } from "./limits.ts";

/** What callers may send, as text. Names that mean nothing here are left out. */
export interface Arguments {
  experiment: string | undefined;
  alternatives: string[];
  client_id: string | undefined;
  force: string | undefined;
  record_force: string | undefined;
  prefetch: string | undefined;
  traffic_fraction: string | undefined;
  traffic_dist: string | undefined;
  weights: string[];
  kpi: string | undefined;
  value: string | undefined;
  id: string | undefined;
  user_agent: string | undefined;
  ip_address: string | undefined;
  datetime: string | undefined;
  callback: string | undefined;
}

export function noArguments(): Arguments {
  return {
    experiment: undefined,
    alternatives: [],
    client_id: undefined,
    force: undefined,
    record_force: undefined,
    prefetch: undefined,
    traffic_fraction: undefined,
    traffic_dist: undefined,
    weights: [],
    kpi: undefined,
    value: undefined,
    id: undefined,
    user_agent: undefined,
    ip_address: undefined,
    datetime: undefined,
    callback: undefined,
  };
}

/** Reads `a=b&c=d` from `start` on into `target`. @throws SixpackError invalid-encoding */
export function readUrlEncoded(text: string, start: number, target: Arguments): void {
  let position = start;
  while (position < text.length) {
    let end = text.indexOf("&", position);
    if (end === -1) end = text.length;
    const equals = text.indexOf("=", position);
    if (equals !== -1 && equals < end) {
      assign(target, decode(text.slice(position, equals)), decode(text.slice(equals + 1, end)));
    } else if (end > position) {
      assign(target, decode(text.slice(position, end)), "");
    }
    position = end + 1;
  }
}

/** Reads the members of a JSON object into `target`. @throws SixpackError invalid-body */
export function readJson(text: string, target: Arguments): void {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new SixpackError("invalid-body", `Expected a JSON object, got ${quote(text)}`, { cause });
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new SixpackError("invalid-body", `Expected a JSON object, got ${quote(text)}`);
  }
  readMembers(body as Record<string, unknown>, target);
}

/** Reads the members of an object into `target`; a list gives its items one after the other. @throws SixpackError invalid-body */
export function readMembers(members: Readonly<Record<string, unknown>>, target: Arguments): void {
  for (const [name, value] of Object.entries(members)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      // A member that is null says as much as one that is not there.
      if (item !== null) assign(target, name, scalarText(name, item));
    }
  }
}

function scalarText(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new SixpackError("invalid-body", `Expected \`${name}\` as text, number, boolean or a list of them`);
}

function decode(text: string): string {
  const plus = text.includes("+");
  if (!plus && !text.includes("%")) return text;
  return decodePercent(plus ? text.replaceAll("+", " ") : text);
}

/** @throws SixpackError invalid-encoding */
export function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new SixpackError("invalid-encoding", `Expected percent-encoded UTF-8, got ${quote(text)}`, { cause });
  }
}

function assign(target: Arguments, name: string, value: string): void {
  switch (name) {
    case "alternatives":
    case "weights":
      if (target[name].length < LIST_LENGTH_MAX) target[name].push(value);
      return;
    case "experiment":
    case "client_id":
    case "force":
    case "record_force":
    case "prefetch":
    case "traffic_fraction":
    case "traffic_dist":
    case "kpi":
    case "value":
    case "id":
    case "user_agent":
    case "ip_address":
    case "datetime":
    case "callback":
      target[name] ??= value;
      return;
  }
}
