/** Where Redis is and how long to wait for it. The configuration maps onto this; of its keys only defaults are read. */
import { KEYS } from "../../config/schema.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Certificates as PEM text. */
export interface TlsOptions {
  /** Authorities to trust. @default those of the system */
  readonly ca?: string | undefined;
  /** This client's certificate and its key, for servers that ask for one. @default none */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Name that the server's certificate must have. @default the host */
  readonly serverName?: string | undefined;
}

/** One server: how to reach it and how long to wait. */
export interface NodeOptions {
  /** `redis[s]://[[user][:password]@]host[:port][/database]`; the parts below count when it is left out. */
  readonly url?: string | undefined;
  /** @default REDIS_DEFAULTS.host */
  readonly host?: string | undefined;
  /** @default REDIS_DEFAULTS.port */
  readonly port?: number | undefined;
  /** Unix socket; wins over host and port. */
  readonly socketPath?: string | undefined;
  /** @default 0 */
  readonly database?: number | undefined;
  /** ACL user. @default none */
  readonly username?: string | undefined;
  /** @default none */
  readonly password?: string | undefined;
  /** Speak TLS, to Sentinels and nodes of a Cluster too. @default no, but for a URL that starts with rediss:// */
  readonly tls?: TlsOptions | undefined;
  /** How long each attempt to connect may take, in milliseconds. @default REDIS_DEFAULTS.connectTimeoutMs */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * How long a command waits for its answer, in milliseconds. Callers promise theirs within a second.
   * @default REDIS_DEFAULTS.commandTimeoutMs
   */
  readonly commandTimeoutMs?: number | undefined;
}

/** One server, or several in the place of its address. */
export interface RedisOptions extends NodeOptions {
  /** Nodes of a Redis Cluster, any of them. @default none */
  readonly clusterNodes?: readonly Address[] | undefined;
  /** Sentinels that know the master. @default none */
  readonly sentinels?: readonly Address[] | undefined;
  /** Name under which the Sentinels know the master. */
  readonly sentinelName?: string | undefined;
  /** Account at the Sentinels, which have accounts of their own. @default none */
  readonly sentinelUsername?: string | undefined;
  readonly sentinelPassword?: string | undefined;
  /** Whether a database that has no store becomes one. @default true */
  readonly mayMake?: boolean | undefined;
  /** First part of every key. @default REDIS_DEFAULTS.prefix */
  readonly prefix?: string | undefined;
  /** Most assignments remembered in memory, 8 bytes each. @default REDIS_DEFAULTS.cacheSlots */
  readonly cacheSlots?: number | undefined;
  /** Hears of every lost or refused connection; the calls that suffer from it reject by themselves. @default nobody */
  readonly onConnectionError?: ((error: Error) => void) | undefined;
}

export const REDIS_DEFAULTS = {
  host: KEYS.redis_host.default,
  port: KEYS.redis_port.default,
  prefix: KEYS.redis_prefix.default,
  cacheSlots: KEYS.assignment_cache_slots.default,
  connectTimeoutMs: 1_000,
  commandTimeoutMs: KEYS.redis_socket_timeout.default * 1_000,
};

export function addressText({ host, port }: Address): string {
  return `${host}:${port}`;
}

/** The address for people, without secrets. */
export function addressOf(options: RedisOptions): string {
  const { clusterNodes = [], sentinels = [], sentinelName = "" } = options;
  if (clusterNodes.length > 0) return `the Cluster of ${clusterNodes.map(addressText).join(", ")}`;
  if (sentinels.length > 0) return `the master ${sentinelName} of Sentinels ${sentinels.map(addressText).join(", ")}`;
  if (options.url !== undefined) {
    const url = URL.canParse(options.url) ? new URL(options.url) : undefined;
    return url === undefined ? "an unreadable URL" : `${url.host}${url.pathname === "/" ? "" : url.pathname}`;
  }
  const database = options.database === undefined || options.database === 0 ? "" : `/${options.database}`;
  if (options.socketPath !== undefined) return `${options.socketPath}${database}`;
  return `${options.host ?? REDIS_DEFAULTS.host}:${options.port ?? REDIS_DEFAULTS.port}${database}`;
}
