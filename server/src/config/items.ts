/** The items of the two lists that are more than words: Sentinels and users, each with its one-line spelling. */
import { type Static, Type } from "typebox";

export const SENTINEL = Type.Object({
  host: Type.String({ minLength: 1 }),
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
});
export type Sentinel = Readonly<Static<typeof SENTINEL>>;

export const USER = Type.Object({
  // The spelling below separates by colons, lists by commas and spaces.
  name: Type.String({ pattern: "^[^\\s:,]+$" }),
  role: Type.Enum(["viewer", "editor", "admin"]),
  password_hash: Type.String({ pattern: "^scrypt(\\.[1-9]\\d?){3}(\\.[\\w-]+){2}$" }),
});
export type User = Readonly<Static<typeof USER>>;

/** `host:port`, or `[host, port]` as in files of the original. What is neither is left for the schema to refuse. */
export function readSentinel(raw: unknown): unknown {
  if (Array.isArray(raw) && raw.length === 2) return { host: raw[0], port: portOf(raw[1]) };
  const match = typeof raw === "string" ? /^(.+):(\d+)$/.exec(raw.trim()) : null;
  return match === null ? raw : { host: match[1], port: portOf(match[2]) };
}

function portOf(raw: unknown): unknown {
  return typeof raw === "string" && /^\d+$/.test(raw) ? Number(raw) : raw;
}

/** `name:role:hash`. */
export function readUser(raw: unknown): unknown {
  const match = typeof raw === "string" ? /^([^:]+):([^:]+):(.+)$/.exec(raw) : null;
  return match === null ? raw : { name: match[1], role: match[2], password_hash: match[3] };
}
