/** The items of the lists that are more than words: addresses, users and tokens, each with its one-line spelling. */
import { type Static, Type } from "typebox";
import { Check } from "typebox/value";
import { ROLES } from "../domain/role.ts";
import { SCOPE_NAMES } from "../domain/scope.ts";

export const ADDRESS = Type.Object({
  host: Type.String({ minLength: 1 }),
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
});
export type Address = Readonly<Static<typeof ADDRESS>>;

/** Longest name of a user or token, in UTF-16 code units; nobody logs in by a longer one. */
export const USER_NAME_LENGTH_MAX = 256;

// The spellings below separate by colons, lists by commas and spaces.
const NAME = Type.String({ pattern: "^[^\\s:,]+$", maxLength: USER_NAME_LENGTH_MAX });
export const USER_NAME_EXPECTED = `a name of at most ${USER_NAME_LENGTH_MAX} characters without spaces, colons and commas`;

export function isUserName(text: string): boolean {
  return Check(NAME, text);
}
const ROLE = Type.Enum([...ROLES]);

export const USER = Type.Object({
  name: NAME,
  role: ROLE,
  /** Not there for users whom a proxy logs in. */
  password_hash: Type.Optional(Type.String({ pattern: "^scrypt(\\.[1-9]\\d?){3}(\\.[\\w-]+){2}$" })),
});
export type User = Readonly<Static<typeof USER>>;

export const API_TOKEN = Type.Object({
  name: NAME,
  role: ROLE,
  token_hash: Type.String({ pattern: "^sha256\\.[\\w-]{43}$" }),
});
export type ApiToken = Readonly<Static<typeof API_TOKEN>>;

export const API_KEY = Type.Object({
  name: NAME,
  scopes: Type.Array(Type.Enum([...SCOPE_NAMES, "all"]), { minItems: 1 }),
  key_hash: Type.String({ pattern: "^sha256\\.[\\w-]{43}$" }),
});
export type ApiKey = Readonly<Static<typeof API_KEY>>;

/** `host:port`, or `[host, port]` as in files of the original. What is neither is left for the schema to refuse. */
export function readAddress(raw: unknown): unknown {
  if (Array.isArray(raw) && raw.length === 2) return { host: raw[0], port: portOf(raw[1]) };
  const match = typeof raw === "string" ? /^(.+):(\d+)$/.exec(raw.trim()) : null;
  return match === null ? raw : { host: match[1], port: portOf(match[2]) };
}

function portOf(raw: unknown): unknown {
  return typeof raw === "string" && /^\d+$/.test(raw) ? Number(raw) : raw;
}

/** `name:role:hash`, or `name:role` for somebody whom a proxy logs in. */
export function readUser(raw: unknown): unknown {
  const match = typeof raw === "string" ? /^([^:]+):([^:]+)(?::(.+))?$/.exec(raw) : null;
  if (match === null) return raw;
  const [, name, role, hash] = match;
  return { name, role, ...(hash === undefined ? {} : { password_hash: hash }) };
}

/** `name:role:hash`. */
export function readApiToken(raw: unknown): unknown {
  const match = typeof raw === "string" ? /^([^:]+):([^:]+):(.+)$/.exec(raw) : null;
  return match === null ? raw : { name: match[1], role: match[2], token_hash: match[3] };
}

/** `name:scope+scope:hash`. */
export function readApiKey(raw: unknown): unknown {
  const match = typeof raw === "string" ? /^([^:]+):([^:]+):(.+)$/.exec(raw) : null;
  return match === null ? raw : { name: match[1], scopes: match[2]?.split("+"), key_hash: match[3] };
}
