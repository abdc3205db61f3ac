/** The keys that say where Redis is and how it is spoken to: one server, Sentinels or a Cluster. */
import { FLAGGED } from "./flagged-keys.ts";
import { ADDRESS, type Address, readAddress } from "./items.ts";
import { decimal, flag, list, text, whole } from "./key.ts";
import { urlProblem } from "./value-checks.ts";

export const redis = {
  redis_url: text({
    expected: "a URL that starts with redis:// or rediss://",
    secret: true,
    problem: (url) => urlProblem(url, ["redis:", "rediss:"]),
    description:
      `${FLAGGED.redis_url} ` +
      "Takes the place of `redis_host`, `redis_port`, `redis_user`, `redis_password` and `redis_db`.",
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
      "Sentinels that know the master, as `host:port,host:port` or as a YAML list of `[host, port]`. Takes the " +
      "place of `redis_host` and `redis_port`.",
  }),
  redis_sentinel_service_name: text({
    expected: "the name under which the Sentinels know the master",
    description: "Name under which the Sentinels know the master. Needed with `redis_sentinels`.",
  }),
  redis_sentinel_user: text({
    expected: "a name",
    description: "ACL user for the Sentinels, whose users are not those of Redis.",
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
      "Some nodes of a Redis Cluster, as `host:port,host:port` or as a YAML list of `[host, port]`; they tell " +
      "the others, under the addresses that the Cluster announces. Takes the place of `redis_host`, " +
      "`redis_port` and `redis_db`.",
  }),
  redis_tls: flag({
    default: false,
    description:
      "Whether Redis, its Sentinels and nodes of a Cluster are spoken to over TLS. A `redis_url` says so by " +
      "`rediss://`.",
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
      "Name that the certificate of the server must have. Left out, the host by which it is reached; nodes of " +
      "a Cluster are often reached by address.",
  }),
  redis_socket_timeout: decimal({
    min: 0.05,
    max: 60,
    default: 0.75,
    description: "How long Redis may take to answer, in seconds, before a call is answered with 503.",
  }),
};
