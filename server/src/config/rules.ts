/** What single keys can't say: the engine that follows from several keys, and keys that only make sense together. */
import { accessProblems } from "./rules-access.ts";
import type { Config, ConfigKey } from "./schema.ts";
import { STORAGE_NAMES, STORAGES } from "./storages.ts";

type IsGiven = (key: ConfigKey) => boolean;

/** The engine where `storage` does not say, and why. */
export function impliedStorage(given: IsGiven): Implied<"storage"> {
  for (const storage of STORAGE_NAMES) {
    const keys: readonly ConfigKey[] = STORAGES[storage].impliedBy;
    const key = keys.find(given);
    if (key !== undefined) return { value: storage, because: `\`${key}\` is given` };
  }
  return { value: "embedded", because: "no Redis is configured" };
}

interface Implied<K extends keyof Config> {
  readonly value: Config[K];
  readonly because: string;
}

/** Whoever names a provider, users or a password does not mean a dashboard without a login. */
export function impliedAuth(given: IsGiven): Implied<"auth"> {
  if (given("oidc_issuer")) return { value: "oidc", because: "`oidc_issuer` is given" };
  const key = (["users", "admin_password"] as const).find(given);
  return key === undefined
    ? { value: "none", because: "no users are configured" }
    : { value: "password", because: `\`${key}\` is given` };
}

/** What a server that strangers reach must not leave open, where the configuration does not say. */
export function impliedDeclaredOnly(_given: IsGiven, { open }: OpenKeys): Implied<"declared_only"> {
  return { value: open === true, because: `\`open\` is ${open === true}` };
}

export function impliedTraffic(_given: IsGiven, keys: OpenKeys): Implied<"traffic_from_requests"> {
  const declaredOnly = keys["declared_only"] === true;
  return { value: !declaredOnly, because: `\`declared_only\` is ${declaredOnly}` };
}

/** Calls of one address in a second, where strangers call: pages with dozens of experiments stay below. */
const REQUESTS_PER_SECOND_OPEN = 100;

export function impliedRequests(_given: IsGiven, { open }: OpenKeys): Implied<"requests_per_second"> {
  return { value: open === true ? REQUESTS_PER_SECOND_OPEN : 0, because: `\`open\` is ${open === true}` };
}

/** The values so far. */
type OpenKeys = Readonly<Record<string, unknown>>;

function openProblems({ open, declared_only, traffic_from_requests }: Config): readonly string[] {
  if (!open) return [];
  return [
    ...(declared_only ? [] : ["declared_only: expected true, because `open` is true, got false"]),
    ...(traffic_from_requests ? ["traffic_from_requests: expected false, because `open` is true, got true"] : []),
  ];
}

/** The given keys that each say where Redis is by themselves; host and port have defaults, so they never contradict. */
function redisAddresses(config: Config): readonly ConfigKey[] {
  const { redis_url: url, redis_socket: socket, redis_sentinels: sentinels, redis_cluster_nodes: nodes } = config;
  return [
    ...(url === undefined ? [] : (["redis_url"] as const)),
    ...(socket === undefined ? [] : (["redis_socket"] as const)),
    ...(sentinels.length === 0 ? [] : (["redis_sentinels"] as const)),
    ...(nodes.length === 0 ? [] : (["redis_cluster_nodes"] as const)),
  ];
}

/**
 * Problems of the whole, each a line for the error.
 * @param dashboard whether it is served with this configuration
 */
export function crossProblems(config: Config, dashboard: boolean): readonly string[] {
  const problems: string[] = [];
  if (config.redis_sentinels.length > 0 && config.redis_sentinel_service_name === undefined) {
    problems.push(
      "redis_sentinel_service_name: expected the name under which the Sentinels know the master, because " +
        "`redis_sentinels` is given, got nothing",
    );
  }
  const addresses = redisAddresses(config);
  if (addresses.length > 1) {
    problems.push(
      `${addresses[0]}: expected one way to Redis, got ${addresses.map((key) => `\`${key}\``).join(" and ")}`,
    );
  }
  if ((config.redis_tls_cert === undefined) !== (config.redis_tls_key === undefined)) {
    const missing = config.redis_tls_cert === undefined ? "redis_tls_cert" : "redis_tls_key";
    problems.push(
      `${missing}: expected a file, because a certificate and its key only make sense together, got nothing`,
    );
  }
  const { oneProcess } = STORAGES[config.storage];
  if (config.workers > 1 && oneProcess !== null) {
    problems.push(
      `workers: expected 1, because \`storage\` is \`${config.storage}\` (${oneProcess}; Redis takes any number), got ${config.workers}`,
    );
  }
  problems.push(...accessProblems(config, dashboard), ...openProblems(config));
  if (config.port === config.web_port && config.port !== 0) {
    problems.push(`web_port: expected another port than \`port\`, got ${config.web_port} for both`);
  }
  return problems;
}
