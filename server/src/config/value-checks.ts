/**
 * The checks of single values that no schema can say. Each answers what is expected, to follow that word in a message,
 * or `undefined` for a good value.
 */
import { isIP } from "node:net";
import { reasonOf } from "../domain/errors.ts";
import { DIMENSIONS_MAX, parseDimensions, SEGMENT_VALUES_MAX } from "../domain/segments.ts";
import { isUserName, USER_NAME_EXPECTED } from "./items.ts";
import { isLoopback } from "./loopback.ts";

type Problem = string | undefined;

export function timezoneProblem(name: string): Problem {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return undefined;
  } catch {
    return "a time zone of the IANA database, such as UTC or Europe/Berlin";
  }
}

/** Addresses, and networks in CIDR notation. */
export function networksProblem(networks: readonly string[]): Problem {
  const bad = networks.find((network) => !isNetwork(network));
  return bad === undefined
    ? undefined
    : `IP addresses or networks such as 10.0.0.0/8, separated by commas (${JSON.stringify(bad)} is none)`;
}

function isNetwork(text: string): boolean {
  const [address = "", length, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= (version === 4 ? 32 : 128));
}

export const SEGMENTS_EXPECTED =
  `dimensions such as device or plan=free|pro, at most ${DIMENSIONS_MAX} of at most ${SEGMENT_VALUES_MAX} values, ` +
  "separated by commas";

export function segmentsProblem(segments: readonly string[]): Problem {
  try {
    parseDimensions(segments);
    return undefined;
  } catch (error) {
    return `${SEGMENTS_EXPECTED} (${reasonOf(error)})`;
  }
}

/** Segments of letters, digits, `-`, `_`, `.` and `~`, which no proxy re-encodes. */
export function basePathProblem(path: string): Problem {
  return path === "" || /^(?:\/[\w.~-]+)+$/.test(path)
    ? undefined
    : "a path such as /sixpack, without a slash at its end";
}

export function userNameProblem(name: string): Problem {
  return isUserName(name) ? undefined : USER_NAME_EXPECTED;
}

/** A name of a header as HTTP has it. */
export function headerNameProblem(name: string): Problem {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(name) ? undefined : "a name of a header, such as X-Forwarded-User";
}

/** Shortest password, in characters: what NIST 800-63B asks of one that a person chooses. */
export const PASSWORD_LENGTH_MIN = 8;

export function passwordProblem(password: string): Problem {
  return [...password].length < PASSWORD_LENGTH_MIN
    ? `a password of at least ${PASSWORD_LENGTH_MIN} characters`
    : isPlaceholder(password)
      ? NO_PLACEHOLDER
      : undefined;
}

/** Scheme, host and port as browsers send them, `null` of sandboxed frames too; `*` may stand for a label of the host. */
const ORIGIN = /^null$|^[a-z][a-z0-9+.-]*:\/\/(?:\[[0-9a-f:]+\]|[a-z0-9_*-]+(?:\.[a-z0-9_*-]+)*)(?::(?:\d{1,5}|\*))?$/i;

export function originsProblem(origins: string): Problem {
  const list = origins.split(/[\s,]+/).filter((origin) => origin !== "");
  if (list.length === 1 && list[0] === "*") return undefined;
  const bad = list.find((origin) => !ORIGIN.test(origin));
  return bad === undefined
    ? undefined
    : `\`*\`, or origins such as https://www.example.com, separated by commas (${JSON.stringify(bad)} is none)`;
}

export function urlProblem(url: string, protocols: readonly string[]): Problem {
  if (URL.canParse(url) && protocols.includes(new URL(url).protocol)) return undefined;
  return `a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}`;
}

/** Tokens of a login come from there: only over TLS, except within this machine. */
export function issuerProblem(raw: string): Problem {
  const url = URL.canParse(raw) ? new URL(raw) : undefined;
  const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname));
  const isPlain = url?.username === "" && url.password === "" && !/[?#]/.test(raw);
  return isSafe && isPlain ? undefined : "a URL that starts with https://, or with http:// on this machine";
}

/** What paths can be put after: no query, no fragment, and no credentials, which pages would show. */
export function apiUrlProblem(raw: string): Problem {
  const url = URL.canParse(raw) ? new URL(raw) : undefined;
  const fits =
    url !== undefined &&
    ["http:", "https:"].includes(url.protocol) &&
    !/[?#]/.test(raw) &&
    url.username === "" &&
    url.password === "";
  return fits ? undefined : "a URL such as https://ab.example.com, without a query, a fragment or credentials";
}

/**
 * What sample files and tutorials put where a secret belongs, in one of these shapes: nothing, something in brackets, a
 * variable or a command that nobody filled in, a word for a secret, a request to put one there. Anyone can sign with these.
 */
const PLACEHOLDERS: readonly RegExp[] = [
  /^$/,
  /^(?:<.*>|\[.*\]|\{.*\}|\$.*|`.*`|%.*%)$/s,
  /^(?:x+|\*+|\.+|…+|_+|-+|\?+|0+)$/i,
  /^(?:(?:my|the|a|an|some|super|very|top|random|default)[ _-]?)*(?:te?mp|secret|secret[ _-]?key|key|password|passphrase|token|random[ _-]?(?:key|string|text)|any[ _-]?string)$/i,
  /^(?:test(?:ing)?|todo|fixme|foo|foobar|bar|dev|development|default|example|sample|placeholder|none|null|nil|undefined)$/i,
  /^(?:change|replace|set|insert|enter|put|fill|edit)[ _-]?(?:me|this|it|in|your|here|a|the)(?:[ _-].*)?$/i,
  /^your[ _-].*$/i,
  /^openssl rand/,
];

/** Whether a text is no secret, but stands where one belongs. */
export function isPlaceholder(text: string): boolean {
  const trimmed = text.trim();
  return PLACEHOLDERS.some((shape) => shape.test(trimmed));
}

export const NO_PLACEHOLDER =
  "a random text instead of a placeholder (make one with `openssl rand -hex 32`, or leave the key out)";
