/**
 * Every configuration key: its type, default, meaning and spellings, once. The loader, `sixpack config --docs`
 * and docs/configuration.md are made from this table, and `Config` is its type.
 */
import { Type } from "typebox";
import {
  addressesProblem,
  apiUrlProblem,
  headerNameProblem,
  networksProblem,
  originsProblem,
  passwordProblem,
  robotRegexProblem,
  secretKeyProblem,
  timezoneProblem,
  urlProblem,
} from "./checks.ts";
import {
  ADDRESS,
  type Address,
  API_TOKEN,
  type ApiToken,
  ROLES,
  readAddress,
  readApiToken,
  readUser,
  USER,
  type User,
} from "./items.ts";
import { choice, decimal, flag, type Key, list, text, whole } from "./key.ts";
import { limits } from "./keys-limits.ts";

/** The robots of Sixpack 2.7. `$^` matches an empty user agent. */
const ROBOTS =
  "$^|trivial|facebook|MetaURI|butterfly|google|amazon|goldfire|sleuth|xenu|msnbot|SiteUptime|Slurp|WordPress|ZIBB|ZyBorg|pingdom|bot|yahoo|slurp|java|fetch|spider|url|crawl|oneriot|abby|commentreader|twiceler";

const PORT = { min: 0, max: 65_535 };

const server = {
  enabled: flag({
    default: true,
    description: "`false` answers every call with the control and records nothing: the switch for emergencies.",
  }),
  host: text({
    default: "*",
    expected: "an address or host name to listen on, or *",
    env: ["SIXPACK_HOST"],
    description: "Address on which the API listens. `*` means all of them, IPv4 and IPv6.",
  }),
  port: whole({
    ...PORT,
    default: 5000,
    env: ["SIXPACK_PORT"],
    description: "TCP port of the API. 0 takes any free one and prints it.",
  }),
  workers: whole({
    min: 1,
    max: 256,
    default: 1,
    description:
      "Processes that serve side by side on the same ports, with `storage: redis` only: one per core is a good number. One that dies is replaced; SIGHUP reads the settings again, one process after the other; `/metrics` sums over them.",
  }),
  web_host: text({
    default: "127.0.0.1",
    expected: "an address or host name to listen on, or *",
    env: ["SIXPACK_WEB_HOST"],
    description:
      "Address on which the dashboard listens. `*` means all of them. Anything but a loopback address needs `auth: password`, `auth: proxy` or `auth: open`.",
  }),
  web_port: whole({
    ...PORT,
    default: 5001,
    env: ["SIXPACK_WEB_PORT"],
    description: "TCP port of the dashboard. 0 takes any free one and prints it.",
  }),
  api_url: text({
    expected: "a URL that starts with http:// or https://, without a query",
    env: ["SIXPACK_API_URL"],
    problem: apiUrlProblem,
    description:
      "Address at which your programs reach the API, such as `https://ab.example.com`: the dashboard shows it in the calls and clients to copy. Left out, it is the host at which the dashboard was asked for, with `port` and `base_path`.",
  }),
  proxy_fix: flag({
    default: false,
    env: ["SIXPACK_PROXY_FIX"],
    description:
      "Whether a proxy stands in front and its `X-Forwarded-*` headers are believed. `proxy_addresses` says from whom; without it, only set it where every request comes through that proxy.",
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
  storage: choice(["embedded", "redis", "memory"], {
    defaultText:
      "`redis` if `redis_url`, `redis_host`, `redis_port`, `redis_socket`, `redis_sentinels` or `redis_cluster_nodes` is given (a file of the original keeps meaning Redis), else `embedded`",
    description:
      "Where experiments live. `embedded`: in the folder `data_dir`, for one process. `redis`: in Redis, for any number of processes. `memory`: nowhere; all is lost at the end.",
  }),
  data_dir: text({
    default: "./data",
    expected: "a folder",
    description: "Folder of the embedded store; made when it is missing. Relative to where the server is started.",
  }),
  assignment_cache_slots: whole({
    min: 1_024,
    max: 2 ** 30,
    default: 2 ** 20,
    description:
      "Most clients whose alternative is remembered in process memory, 9 bytes each (default: 9 MiB); rounded down to a power of two.",
  }),
  keep_client_ids: flag({
    default: false,
    description:
      "Whether raw client ids are stored, which an export per client needs. Without it only 8 bytes of a hash are kept. That export is still to come, and this key has no effect before it.",
  }),
};

const redis = {
  redis_url: text({
    expected: "a URL that starts with redis:// or rediss://",
    secret: true,
    problem: (url) => urlProblem(url, ["redis:", "rediss:"]),
    description:
      "Address of Redis in one line, `redis[s]://[user:password@]host[:port][/db]`. Takes the place of `redis_host`, `redis_port`, `redis_user`, `redis_password` and `redis_db`.",
  }),
  redis_host: text({ default: "localhost", expected: "a host name or address", description: "Host of Redis." }),
  redis_port: whole({ min: 1, max: 65_535, default: 6379, description: "TCP port of Redis." }),
  redis_socket: text({
    expected: "a path",
    description: "Unix socket of Redis. Takes the place of `redis_host` and `redis_port`.",
  }),
  redis_user: text({
    expected: "a name",
    description: "ACL user of Redis. Left out, `redis_password` is that of the default user.",
  }),
  redis_password: text({ expected: "a password", secret: true, description: "Password of Redis." }),
  redis_db: whole({ min: 0, max: 9_999, default: 15, description: "Number of the Redis database." }),
  redis_prefix: text({
    default: "sxp",
    expected: "letters, digits, - or _",
    problem: (prefix) => (/^[\w-]+$/.test(prefix) ? undefined : "letters, digits, - or _"),
    description: "First part of every key in Redis, so that several servers can share one database.",
  }),
  redis_sentinels: list<Address>({
    expected: "Sentinels as host:port, separated by commas, or as a YAML list of [host, port]",
    item: ADDRESS,
    readItem: readAddress,
    description:
      "Sentinels that know the master, as `host:port,host:port` or as a YAML list of `[host, port]`. Takes the place of `redis_host` and `redis_port`.",
  }),
  redis_sentinel_service_name: text({
    expected: "the name under which the Sentinels know the master",
    description: "Name under which the Sentinels know the master. Needed with `redis_sentinels`.",
  }),
  redis_sentinel_user: text({
    expected: "a name",
    description: "ACL user of the Sentinels, which know other users than Redis.",
  }),
  redis_sentinel_password: text({
    expected: "a password",
    secret: true,
    description: "Password of the Sentinels. Left out, they are asked without one.",
  }),
  redis_cluster_nodes: list<Address>({
    expected: "nodes as host:port, separated by commas, or as a YAML list of [host, port]",
    item: ADDRESS,
    readItem: readAddress,
    description:
      "Some nodes of a Redis Cluster, as `host:port,host:port` or as a YAML list of `[host, port]`; they tell the others, under the addresses that the Cluster announces. Takes the place of `redis_host`, `redis_port` and `redis_db`.",
  }),
  redis_tls: flag({
    default: false,
    description:
      "Whether Redis, its Sentinels and nodes of a Cluster are spoken to over TLS. A `redis_url` says so by `rediss://`.",
  }),
  redis_tls_ca: text({
    expected: "a file",
    description: "File with the certificates of the authorities to trust, PEM. Left out, those that Node knows.",
  }),
  redis_tls_cert: text({
    expected: "a file",
    description: "File with the certificate of this client, PEM, for a Redis that asks for one.",
  }),
  redis_tls_key: text({
    expected: "a file",
    description: "File with the key of `redis_tls_cert`, PEM.",
  }),
  redis_tls_server_name: text({
    expected: "a host name",
    description:
      "Name that the certificate of the server must have. Left out, the host by which it is reached; nodes of a Cluster are often reached by address.",
  }),
  redis_socket_timeout: decimal({
    min: 0.05,
    max: 60,
    default: 0.75,
    description: "How long Redis may take to answer, in seconds, before a call is answered with 503.",
  }),
  redis_max_connections: whole({
    min: 0,
    max: 65_535,
    default: 0,
    description:
      "Accepted for files of the original, without effect: a process needs one connection, because calls of one turn go in one script.",
  }),
};

const experiments = {
  enable_whiplash: flag({
    default: false,
    env: ["SIXPACK_CONFIG_WHIPLASH"],
    description:
      "Whether new experiments are shared out by a multi-armed bandit (policy `thompson`, goal `earn`) instead of evenly. Those that exist keep their policy, a first call with `weights` gets them, and editors change the policy of each on the dashboard.",
  }),
  traffic_from_requests: flag({
    default: true,
    description:
      "Whether `traffic_fraction` in a `/participate` call changes the stored fraction, as in the original. Never by being left out.",
  }),
  robot_regex: text({
    default: ROBOTS,
    expected: "a regular expression of JavaScript",
    problem: robotRegexProblem,
    description: "User agents that match are answered and never counted. Upper and lower case are alike.",
  }),
  ignored_ip_addresses: list<string>({
    expected: "IPv4 or IPv6 addresses, separated by commas",
    item: Type.String(),
    readItem: (raw) => raw,
    problem: addressesProblem,
    env: ["SIXPACK_CONFIG_IGNORE_IPS"],
    description: "Calls whose `ip_address` is one of these are answered and never counted.",
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
      "Origins of the pages that may call the API: `*`, or a list separated by commas, each matched whole; `*` may stand for one label, as in `https://*.example.com`. Empty in the YAML file: none.",
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

const dashboard = {
  auth: choice(["none", "password", "proxy", "open"], {
    defaultText: "`password` if `users` or `admin_password` is given, else `none`",
    description:
      "Who may use the dashboard. `none`: everybody who can reach a loopback address; other addresses and host names are refused. `password`: those in `users`, after a login. `proxy`: those whom a proxy names in `auth_proxy_header`. `open`: everybody, on any address, and every page says so.",
  }),
  users: list<User>({
    expected: "users as name:role:hash with a role of viewer, editor or admin and a hash of `sixpack hash-password`",
    item: USER,
    readItem: readUser,
    secret: true,
    description:
      "Who may log in: `name:role:hash`, separated by commas, or a YAML list of `{ name, role, password_hash }`. `viewer` reads; `editor` also declares experiments, pauses, archives, describes, plans, sets winners, changes traffic, weights and policy, adds and retires alternatives, and undoes such changes; `admin` also resets, deletes and restores. Hashes come from `sixpack hash-password`. With `auth: proxy` the hash may be left out.",
  }),
  admin_password: text({
    expected: "a password of at least 8 characters",
    secret: true,
    problem: passwordProblem,
    env: ["SIXPACK_ADMIN_PASSWORD"],
    description:
      "Password of one user with the role admin, in plain text: the shortest way to a dashboard with a login. `users` needs no plain password.",
  }),
  admin_name: text({
    default: "admin",
    expected: "a name without spaces, colons and commas",
    problem: (name) => (/^[^\s:,]+$/.test(name) ? undefined : "a name without spaces, colons and commas"),
    env: ["SIXPACK_ADMIN_NAME"],
    description: "Name of the user whose password is `admin_password`.",
  }),
  api_tokens: list<ApiToken>({
    expected: "tokens as name:role:hash with a role of viewer, editor or admin and a hash of `sixpack hash-password`",
    item: API_TOKEN,
    readItem: readApiToken,
    secret: true,
    description:
      "Keys of programs, sent as `Authorization: Bearer …`: `name:role:hash`, separated by commas, or a YAML list of `{ name, role, token_hash }`. `sixpack hash-password NAME --token --role viewer` makes one and prints its entry.",
  }),
  auth_proxy_header: text({
    default: "X-Forwarded-User",
    expected: "a name of a header",
    problem: headerNameProblem,
    description: "Header in which a proxy names the user, with `auth: proxy`.",
  }),
  auth_proxy_addresses: list<string>({
    expected: "IP addresses or networks such as 10.0.0.0/8, separated by commas",
    item: Type.String(),
    readItem: (raw) => raw,
    problem: networksProblem,
    description:
      "Addresses from which that header is believed: those of the proxy itself, as the server sees its connections. From anywhere else it counts for nothing.",
  }),
  auth_proxy_role: choice(["none", ...ROLES], {
    default: "viewer",
    description: "Role of users whom the proxy names and `users` does not. `none` refuses them.",
  }),
  secret_key: text({
    expected: "a random text",
    secret: true,
    problem: secretKeyProblem,
    env: ["SIXPACK_CONFIG_SECRET"],
    defaultText: "made at random at each start, which ends sessions and open forms",
    description: "Signs sessions and forms of the dashboard. Give all dashboards of one Redis the same.",
  }),
  csrf_disable: flag({
    default: false,
    description:
      "Turns off the protection of the dashboard's actions against forged requests. For scripts of old only.",
  }),
  asset_path: text({
    default: "gen",
    expected: "a path",
    description: "Accepted for files of the original, without effect: pages and their assets come with the package.",
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
  { title: "Metrics", keys: metrics },
] as const;

export const KEYS = { ...server, ...storage, ...redis, ...experiments, ...limits, ...cors, ...dashboard, ...metrics };

export type ConfigKey = keyof typeof KEYS;

type ValueOf<K> = K extends Key<infer T> ? T : never;

/** The configuration as the server reads it: complete, checked, frozen. Field names are those of the file. */
export type Config = { readonly [K in Exclude<ConfigKey, Implied>]: ValueOf<(typeof KEYS)[K]> } & {
  readonly [K in Implied]: NonNullable<ValueOf<(typeof KEYS)[K]>>;
};

/** Keys that follow from others where they are not given; see `rules.ts`. */
type Implied = "storage" | "auth";

export const CONFIG_KEYS = Object.keys(KEYS) as readonly ConfigKey[];

export function isConfigKey(name: string): name is ConfigKey {
  return Object.hasOwn(KEYS, name);
}

/** Names of a key's environment variables; the first one that is set counts. */
export function envNames(key: ConfigKey): readonly string[] {
  return [`SIXPACK_CONFIG_${key.toUpperCase()}`, ...KEYS[key].env];
}
