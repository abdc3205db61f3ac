/**
 * Reads the arguments of a call, from a query string, a form or a JSON body, into one shape.
 *
 * This reader is on the way of every request, so it walks the text once, knows the few names that mean something, and
 * decodes only what is encoded. Of an argument given twice the first counts, as in Sixpack 2.7; `alternatives` and
 * `weights` are lists.
 */
import { type ErrorCode, SixpackError } from "../domain/errors.ts";
import { quote } from "../domain/names.ts";
import { decodePercent } from "./encoding.ts";
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

/** Reads `a=b&c=d` from `start` on into `target`. */
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

/** Reads the members of a JSON object into `target`. @throws SixpackError as readMembers */
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

/**
 * Reads the members of an object that are arguments into `target`; a list gives its items one after the other.
 * @throws SixpackError invalid-body: no plain value; and those of IDENTITIES
 */
export function readMembers(members: Readonly<Record<string, unknown>>, target: Arguments): void {
  for (const [name, value] of Object.entries(members)) {
    if (!Object.hasOwn(target, name)) continue;
    for (const item of Array.isArray(value) ? value : [value]) {
      // A member that is null says as much as one that is not there.
      if (item !== null) assign(target, name, scalarText(name, item));
    }
  }
}

function scalarText(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value !== "number" && typeof value !== "boolean") {
    throw new SixpackError("invalid-body", `Expected \`${name}\` as text, number, boolean or a list of them`);
  }
  const code = IDENTITIES[name];
  if (code !== undefined && !(typeof value === "number" ? Number.isSafeInteger(value) : NAMES.has(name))) {
    const most = Number.MAX_SAFE_INTEGER;
    throw new SixpackError(
      code,
      `Expected \`${name}\` as text, or a whole number from -${most} to ${most}, got ${value}`,
    );
  }
  return String(value);
}

/**
 * What is told apart by its text, and the refusal of a number that is not its text: JSON rounds large ones, so that two
 * ids would become one.
 */
const IDENTITIES: Readonly<Record<string, ErrorCode>> = {
  experiment: "invalid-experiment-name",
  alternatives: "invalid-alternative-name",
  force: "invalid-alternative-name",
  kpi: "invalid-kpi-name",
  client_id: "invalid-client-id",
  id: "invalid-event-id",
};

/** Names may be `true`: alternatives often are. A visitor or an event that is called so is all of them. */
const NAMES: ReadonlySet<string> = new Set(["experiment", "alternatives", "force", "kpi"]);

function decode(text: string): string {
  return decodePercent(text.includes("+") ? text.replaceAll("+", " ") : text);
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
