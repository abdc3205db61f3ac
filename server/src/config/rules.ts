/** What single keys can't say: the engine that follows from several keys, and keys that only make sense together. */
import { accessProblems } from "./rules-access.ts";
import type { Config, ConfigKey } from "./schema.ts";

export type IsGiven = (key: ConfigKey) => boolean;

/** Keys that say "there is a Redis": a configuration of the original, which knew no other storage, names one of them. */
const REDIS_ADDRESS_KEYS = ["redis_url", "redis_sentinels", "redis_host", "redis_port"] as const;

/** The engine where `storage` does not say, and why. */
export function impliedStorage(given: IsGiven): Implied<"storage"> {
  const key = REDIS_ADDRESS_KEYS.find(given);
  return key === undefined
    ? { value: "embedded", because: "no Redis is configured" }
    : { value: "redis", because: `\`${key}\` is given` };
}

interface Implied<K extends keyof Config> {
  readonly value: Config[K];
  readonly because: string;
}

/** Whoever names users or a password does not mean a dashboard without a login. */
export function impliedAuth(given: IsGiven): Implied<"auth"> {
  const key = (["users", "admin_password"] as const).find(given);
  return key === undefined
    ? { value: "none", because: "no users are configured" }
    : { value: "password", because: `\`${key}\` is given` };
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i;

export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** Problems of the whole, each a line for the error. */
export function crossProblems(config: Config): readonly string[] {
  const problems: string[] = [];
  if (config.redis_sentinels.length > 0 && config.redis_sentinel_service_name === undefined) {
    problems.push(
      "redis_sentinel_service_name: expected the name under which the Sentinels know the master, because `redis_sentinels` is given, got nothing",
    );
  }
  if (config.redis_sentinels.length > 0 && config.redis_url !== undefined) {
    problems.push("redis_url: expected either `redis_url` or `redis_sentinels`, got both");
  }
  problems.push(...accessProblems(config));
  if (config.auth === "none" && !isLoopback(config.web_host)) {
    problems.push(
      `web_host: expected a loopback address such as 127.0.0.1, because \`auth\` is \`none\`, got "${config.web_host}" (set \`auth: password\` and \`users\`, or \`auth: open\` to let everybody in)`,
    );
  }
  if (config.port === config.web_port && config.port !== 0) {
    problems.push(`web_port: expected another port than \`port\`, got ${config.web_port} for both`);
  }
  return problems;
}
