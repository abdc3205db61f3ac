/**
 * Every configuration key: its type, default, meaning and spellings, once. The loader, `sixpack config --docs`
 * and docs/configuration.md are made from this table, and `Config` is its type.
 */
import { Type } from "typebox";
import { FLAGGED } from "./flagged-keys.ts";
import { choice, flag, type Key, list, text, whole } from "./key.ts";
import { alerts } from "./keys-alerts.ts";
import { dashboard } from "./keys-dashboard.ts";
import { limits } from "./keys-limits.ts";
import { redis } from "./keys-redis.ts";
import { singleSignOn } from "./keys-single-sign-on.ts";
import { ROBOTS_DEFAULT, robotRegexProblem } from "./robots.ts";
import { STORAGE_NAMES, STORAGES } from "./storages.ts";
import {
  apiUrlProblem,
  networksProblem,
  originsProblem,
  SEGMENTS_EXPECTED,
  segmentsProblem,
  timezoneProblem,
  urlProblem,
} from "./value-checks.ts";

const PORT = { min: 0, max: 65_535 };

const server = {
  enabled: flag({
    default: true,
    description:
      "`false` answers every client with the control (`force` excepted) and records nothing: the switch for " +
      "emergencies. Experiments that calls name are still made.",
  }),
  host: text({
    default: "*",
    expected: "an address or host name to listen on, or *",
    env: ["SIXPACK_HOST"],
    description: `${FLAGGED.host} \`*\` means all of them, IPv4 and IPv6.`,
  }),
  port: whole({
    ...PORT,
    default: 5000,
    env: ["SIXPACK_PORT"],
    description: `${FLAGGED.port} 0 takes any free one and prints it.`,
  }),
  workers: whole({
    min: 1,
    max: 256,
    default: 1,
    description:
      `${FLAGGED.workers} One that dies is replaced; SIGHUP reads the settings again, one process after the other; ` +
      "`/metrics` sums over them.",
  }),
  web_host: text({
    default: "127.0.0.1",
    expected: "an address or host name to listen on, or *",
    env: ["SIXPACK_WEB_HOST"],
    description:
      `${FLAGGED.web_host} ` +
      "`*` means all of them. Anything but a loopback address needs " +
      "`auth: password`, `auth: proxy`, `auth: oidc` or `auth: open`. So do `web_base_path`, and `proxy_fix` where the " +
      "dashboard is served. Every command checks it, even one that serves no dashboard.",
  }),
  web_port: whole({
    ...PORT,
    default: 5001,
    env: ["SIXPACK_WEB_PORT"],
    description: `${FLAGGED.web_port} 0 takes any free one and prints it.`,
  }),
  api_url: text({
    expected: "a URL that starts with http:// or https://, without a query",
    env: ["SIXPACK_API_URL"],
    problem: apiUrlProblem,
    description:
      "Address at which your programs reach the API, such as `https://ab.example.com`: the dashboard shows it " +
      "in the calls and clients to copy. Left out, it is the host at which the dashboard was asked for, with " +
      "`port` and `base_path`.",
  }),
  web_url: text({
    expected: "a URL that starts with http:// or https://, without a query",
    env: ["SIXPACK_WEB_URL"],
    problem: apiUrlProblem,
    description:
      "Address under which people open the dashboard, such as `https://ab.example.com`, with `web_base_path` if " +
      "there is one: share links and feeds lead there. Left out, it is the address at which the dashboard was asked. " +
      "`auth: open` answers under no other public name. " +
      "`auth: oidc` asks for it: the provider sends people back to `/login/callback` under it.",
  }),
  proxy_fix: flag({
    default: false,
    env: ["SIXPACK_PROXY_FIX"],
    description:
      "Whether a proxy stands in front and its `X-Forwarded-*` headers are believed. `proxy_addresses` says " +
      "from whom; without it, only set it where every request comes through that proxy. The dashboard is not " +
      "served with it and `auth: none`.",
  }),
  timezone: text({
    default: "UTC",
    expected: "a time zone of the IANA database, such as UTC or Europe/Berlin",
    problem: timezoneProblem,
    description: "Time zone whose midnight begins a day in counts and charts. Stored days don't move when it changes.",
  }),
  log_level: choice(["trace", "debug", "info", "warn", "error", "silent"], {
    default: "info",
    env: ["SIXPACK_LOG_LEVEL"],
    description: "Least important log lines that are written. Logs go to stderr.",
  }),
  debug: flag({
    default: false,
    env: ["SIXPACK_DEBUG"],
    description: "Logs as readable lines instead of JSON, and causes of internal errors in the answers.",
  }),
};

const storage = {
  storage: choice(STORAGE_NAMES, {
    defaultText:
      "`redis` if `redis_url`, `redis_host`, `redis_port`, `redis_socket`, `redis_sentinels` or " +
      "`redis_cluster_nodes` is given (a file of the original keeps meaning Redis), else `embedded`",
    description: `${FLAGGED.storage} ${STORAGE_NAMES.map((name) => `\`${name}\`: ${STORAGES[name].lives}.`).join(" ")}`,
  }),
  data_dir: text({
    default: "./data",
    expected: "a folder",
    description: `${FLAGGED.data_dir} Relative to where the server is started.`,
  }),
  assignment_cache_slots: whole({
    min: 1_024,
    max: 2 ** 30,
    default: 2 ** 24,
    description:
      "Most clients whose alternative is remembered in process memory, 8 bytes each (default: 128 MiB), which is " +
      "taken as it fills; rounded down to a power of two, at least 2,048.",
  }),
  keep_client_ids: flag({
    default: false,
    description:
      "Whether the raw ids of new clients are stored beside their records, for an export per client; ids may " +
      "be personal data. Without it only 8 bytes of a hash are kept. Clients recorded before it was switched " +
      "on have no id; ids that were stored stay until their records go, also after it was switched off.",
  }),
};

const experiments = {
  enable_whiplash: flag({
    default: false,
    env: ["SIXPACK_CONFIG_WHIPLASH"],
    description:
      "Whether new experiments are shared out by a multi-armed bandit (policy `thompson`, goal `earn`) instead " +
      "of evenly. Those that exist keep their policy, a first call with `weights` gets them, and editors " +
      "change the policy of each on the dashboard.",
  }),
  segments: list<string>({
    expected: SEGMENTS_EXPECTED,
    item: Type.String(),
    readItem: (raw) => raw,
    problem: segmentsProblem,
    description:
      "Dimensions that every experiment declares, each as `plan=free|pro`, or `device` or `browser`, which are read " +
      "from `user_agent`. New experiments have them from their first visitor, running ones within a minute after the " +
      "start. A dimension of the same name that an experiment declares by itself stays; beyond 4 none is added. What " +
      "was declared stays when this changes.",
  }),
  traffic_from_requests: flag({
    defaultText: "`false` with `declared_only` or `open`, else `true`",
    description:
      "Whether `traffic_fraction` in a `/participate` call changes the stored fraction, as in the original. A call " +
      "without it changes nothing, and none does once a person has set the fraction on the dashboard or declared " +
      "it, until it is given back there. A key of `api_keys` with the scope `traffic` may change it in any case.",
  }),
  robot_regex: text({
    default: ROBOTS_DEFAULT,
    expected: "`modern`, `original` or a regular expression of JavaScript",
    problem: robotRegexProblem,
    description:
      "User agents that match are answered and never counted: `modern` is a list of today's robots, `original` that of " +
      "Sixpack 2.7, anything else a pattern of yours. Upper and lower case are alike.",
  }),
  ignored_ip_addresses: list<string>({
    expected: "IP addresses or networks such as 10.0.0.0/8, separated by commas",
    item: Type.String(),
    readItem: (raw) => raw,
    problem: networksProblem,
    env: ["SIXPACK_CONFIG_IGNORE_IPS"],
    description:
      "Calls whose `ip_address` is one of these, or lies in one of these networks, are answered and never counted, " +
      "however the address is written (`::ffff:192.0.2.1`, with a port).",
  }),
};

const cors = {
  cors_origin: text({
    default: "*",
    emptyAllowed: true,
    expected: "`*`, or origins such as https://www.example.com, separated by commas",
    problem: originsProblem,
    env: ["SIXPACK_CORS_ORIGIN"],
    description:
      "Origins of the pages that may call the API: `*`, or a list separated by commas, each matched whole; `*` " +
      "may stand for one label, as in `https://*.example.com`. Empty in the YAML file: none.",
  }),
  cors_headers: text({
    default: "Origin, X-Requested-With, Content-Type, Accept",
    emptyAllowed: true,
    expected: "names of headers, separated by commas",
    env: ["SIXPACK_CORS_HEADERS"],
    description: "`Access-Control-Allow-Headers`.",
  }),
  cors_credentials: flag({
    default: true,
    env: ["SIXPACK_CORS_CREDENTIALS"],
    description: "`Access-Control-Allow-Credentials`. Not sent with `cors_origin: *`, where browsers refuse it.",
  }),
  cors_methods: text({
    default: "GET, POST",
    emptyAllowed: true,
    expected: "HTTP methods, separated by commas",
    env: ["SIXPACK_CORS_METHODS"],
    description: "`Access-Control-Allow-Methods`.",
  }),
  cors_expose_headers: text({
    default: "",
    emptyAllowed: true,
    expected: "names of headers, separated by commas",
    env: ["SIXPACK_CORS_EXPOSE_HEADERS"],
    description: "`Access-Control-Expose-Headers`.",
  }),
};

const metrics = {
  metrics: flag({
    default: false,
    env: ["SIXPACK_METRICS"],
    description: "Whether counters and timings are sent to StatsD.",
  }),
  statsd_url: text({
    default: "udp://localhost:8125/sixpack",
    expected: "a URL that starts with udp://",
    problem: (url) => urlProblem(url, ["udp:"]),
    env: ["STATSD_URL"],
    description: "Address of StatsD, `udp://host:port/prefix`.",
  }),
};

/** The keys by subject, in the order of the reference. */
export const SECTIONS = [
  { title: "Server", keys: server },
  { title: "Storage", keys: storage },
  { title: "Redis", keys: redis },
  { title: "Experiments and visitors", keys: experiments },
  { title: "Limits and open servers", keys: limits },
  { title: "Cross-origin requests", keys: cors },
  { title: "Dashboard", keys: dashboard },
  { title: "Single sign-on", keys: singleSignOn },
  { title: "Alerts and feeds", keys: alerts },
  { title: "Metrics", keys: metrics },
] as const;

export const KEYS = {
  ...server,
  ...storage,
  ...redis,
  ...experiments,
  ...limits,
  ...cors,
  ...dashboard,
  ...singleSignOn,
  ...alerts,
  ...metrics,
};

export type ConfigKey = keyof typeof KEYS;

type ValueOf<K> = K extends Key<infer T> ? T : never;

/** The configuration as the server reads it: complete, checked, frozen. Field names are those of the file. */
export type Config = { readonly [K in Exclude<ConfigKey, Implied>]: ValueOf<(typeof KEYS)[K]> } & {
  readonly [K in Implied]: NonNullable<ValueOf<(typeof KEYS)[K]>>;
};

/** Keys that follow from others where they are not given; see `rules.ts`. */
type Implied = "storage" | "auth" | "declared_only" | "traffic_from_requests" | "requests_per_second";

/** Keys of Sixpack 2.7 that files may still have, and why they have no effect. */
export const ACCEPTED_FROM_2_7 = {
  redis_max_connections: "a process needs one connection, because calls of one turn go in one script",
  asset_path: "pages and their assets come with the package",
};

export const CONFIG_KEYS = Object.keys(KEYS) as readonly ConfigKey[];

export function isConfigKey(name: string): name is ConfigKey {
  return Object.hasOwn(KEYS, name);
}

/** Names of a key's environment variables; the first one that is set counts. */
export function envNames(key: ConfigKey): readonly string[] {
  return [`SIXPACK_CONFIG_${key.toUpperCase()}`, ...KEYS[key].env];
}
