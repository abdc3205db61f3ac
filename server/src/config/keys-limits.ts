/** The keys that bound what callers may ask for: overload, open servers, proxies and paths in front. */
import { Type } from "typebox";
import { SCOPE_NAMES, SCOPES_EXPECTED } from "../domain/scope.ts";
import { API_KEY, type ApiKey, readApiKey } from "./items.ts";
import { decimal, flag, list, text, whole } from "./key.ts";
import { basePathProblem, networksProblem } from "./value-checks.ts";

export const limits = {
  requests_in_flight_max: whole({
    min: 1,
    max: 1_000_000,
    default: 4_096,
    description:
      "Most requests of the API that wait for the store at the same time; further ones get 503 with " +
      "`Retry-After` at once, before memory grows. Known clients that ask by GET are answered all the same, " +
      "from memory. Each worker counts for itself.",
  }),
  open: flag({
    default: false,
    description:
      "Whether strangers reach the API, web pages and apps among them. Then whatever changes more than the " +
      "answer of one visitor needs a key of `api_keys`: calls can't make experiments and KPIs, change the " +
      "traffic fraction, record a forced alternative, or count on days other than yesterday, today and " +
      "tomorrow. What a KPI counts people say: no value of a call does. Implies `declared_only`, `traffic_from_requests: false` and a `requests_per_second`.",
  }),
  declared_only: flag({
    defaultText: "`true` with `open`, else `false`",
    description:
      "Whether only declared experiments and KPIs exist: a `/participate` that names an unknown experiment gets " +
      "403 instead of making it, and so does a `/convert` that names a KPI which is neither declared nor in the " +
      "plan. `sixpack declare` or `POST /experiments` of the dashboard declares. A key of `api_keys` with the " +
      "scope `experiments` or `kpis` may make them all the same.",
  }),
  api_keys: list<ApiKey>({
    expected: `keys as name:scopes:hash with ${SCOPES_EXPECTED}, and a hash of \`sixpack hash-password\``,
    item: API_KEY,
    readItem: readApiKey,
    secret: true,
    description:
      "Keys of your own back ends, sent to the API as `Authorization: Bearer …`: `name:scopes:hash`, separated " +
      "by commas, or a YAML list of `{ name, scopes, key_hash }`. Scopes say what a key may do that strangers " +
      `may not, joined by \`+\`: ${SCOPE_NAMES.map((name) => `\`${name}\``).join(", ")}, or \`all\`. Calls with a key are ` +
      "not counted by quotas. `sixpack hash-password NAME --key SCOPES` makes one and prints its entry.",
  }),
  requests_per_second: whole({
    min: 0,
    max: 1_000_000,
    defaultText: "100 with `open`, else 0",
    description:
      "How many calls of the API one address (of IPv6: one /64 network) may make in a second; further ones get 429 " +
      "with `Retry-After`. A call counts once for each experiment that it asks about. A batch counts as its calls, " +
      "and may hold no more than this. A bulk evaluation of flags, or a conversion without an experiment, counts " +
      "once for each that runs; what exceeds one second is taken from the next ones. 0: no limit, for a server " +
      "that only your own back ends call. Each worker counts for itself, so an address with many connections may " +
      "get the limit as many times as there are `workers`.",
  }),
  new_experiments_per_hour: whole({
    min: 0,
    max: 1_000_000,
    default: 0,
    description:
      "Most experiments that calls from one address may make in an hour; further ones get 429 with " +
      "`Retry-After`. 0: no limit.",
  }),
  proxy_addresses: list<string>({
    expected: "IP addresses or networks such as 10.0.0.0/8, separated by commas",
    item: Type.String(),
    readItem: (raw) => raw,
    problem: networksProblem,
    description:
      "With `proxy_fix`: addresses of the proxies whose `X-Forwarded-*` headers are believed, however many " +
      "stand in a row. Left out, the neighbour is believed, whoever it is.",
  }),
  base_path: text({
    default: "",
    emptyAllowed: true,
    expected: "a path such as /sixpack, without a slash at its end",
    problem: basePathProblem,
    description:
      "Path under which the API is mounted, for a proxy that passes paths on as they are: `/sixpack` makes " +
      "`/sixpack/participate`, and everything else 404. `web_base_path` is the dashboard's.",
  }),
  web_base_path: text({
    default: "",
    emptyAllowed: true,
    expected: "a path such as /sixpack, without a slash at its end",
    problem: basePathProblem,
    description:
      "Path under which a proxy shows the dashboard: with `/sixpack` its links, forms and redirects begin with " +
      "that. The proxy may take the path off what it passes on, or leave it. Not with `auth: none`.",
  }),
  drain_delay: decimal({
    min: 0,
    max: 300,
    default: 0,
    description:
      "How long the API goes on accepting connections after a signal to stop, in seconds, while `/readyz` says " +
      "503: as long as a load balancer needs to look away. Requests under way are finished in any case.",
  }),
};
