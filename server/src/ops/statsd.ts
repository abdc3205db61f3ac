/** Counts and times for StatsD under the names of the original, where `metrics: true` asks for them. */
import { StatsD as Client } from "hot-shots";

const DEFAULT_PORT = 8125;
/** Bytes collected before a packet is sent: one packet per call would cost more than the call. */
const PACKET_BYTES = 1_000;

/** Names of Sixpack 2.7 that are not those of our routes: dashboards and alerts are built on them. */
const NAMES: ReadonlyMap<string, string> = new Map(Object.entries({ greeting: "home", details: "experiment_details" }));

export interface StatsD {
  /**
   * Called for every answer with its route, status and duration. What leads nowhere (`undefined`) is counted by its
   * status alone, and preflights are not counted at all, as in 2.7.
   */
  readonly observe: (route: string | undefined, method: string | undefined, status: number, elapsedMs: number) => void;
  readonly close: () => Promise<void>;
}

/**
 * Sends `participate.count`, `participate.response_time`, `response_code.200` and their like, as the original did, under
 * its prefix: `a.b.` for `udp://host:8125/a/b`, and `sixpack.` for a URL without a path.
 */
export function openStatsD(url: string, onError: (error: Error) => void): StatsD {
  const { hostname, port, pathname } = new URL(url);
  const prefix = pathname.slice(1).replaceAll("/", ".") || "sixpack";
  const client = new Client({
    host: hostname,
    port: port === "" ? DEFAULT_PORT : Number(port),
    prefix: `${prefix}.`,
    errorHandler: onError,
    maxBufferSize: PACKET_BYTES,
  });
  return {
    observe(route, method, status, elapsedMs) {
      if (method === "OPTIONS") return;
      if (route !== undefined) {
        const name = NAMES.get(route) ?? route;
        client.increment(`${name}.count`);
        client.timing(`${name}.response_time`, elapsedMs);
      }
      client.increment(`response_code.${status}`);
    },
    close: () => new Promise((resolve) => client.close(() => resolve())),
  };
}
