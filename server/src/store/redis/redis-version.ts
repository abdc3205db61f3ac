/** Which server answers, by its own word (`INFO server`), and the oldest that is promised. */

/** All tests run on it. An older one may do; nothing says so from one change to the next. */
export const REDIS_MIN = [7, 0] as const;

export interface ServerVersion {
  /** "Redis 7.0.15" or "Valkey 8.1.1". */
  readonly product: string;
  /** The version of Redis whose commands it understands; `undefined` if it doesn't say. */
  readonly version: readonly [major: number, minor: number] | undefined;
}

export function versionIn(information: string): ServerVersion {
  const redis = lineOf(information, "redis_version");
  const valkey = lineOf(information, "valkey_version");
  const [major = Number.NaN, minor = 0] = redis.split(".").map(Number);
  return {
    product: valkey === "" ? `Redis ${redis === "" ? "of unknown version" : redis}` : `Valkey ${valkey}`,
    version: redis === "" || !Number.isInteger(major) || !Number.isInteger(minor) ? undefined : [major, minor],
  };
}

/** What a server says of itself that is older than the oldest; `undefined` where it is not, or does not say. */
export function tooOld({ product, version }: ServerVersion): string | undefined {
  if (version === undefined) return undefined;
  const [major, minor] = version;
  return major < REDIS_MIN[0] || (major === REDIS_MIN[0] && minor < REDIS_MIN[1]) ? product : undefined;
}

/** A line `name:value` of INFO; empty when there is none. */
export function lineOf(information: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(information)?.[1] ?? "";
}
