/** Counts and times for StatsD under the names of the original, where `metrics: true` asks for them. */
import { StatsD as Client } from "hot-shots";

const DEFAULT_PORT = 8125;
/** Bytes collected before a packet is sent: one packet per call would cost more than the call. */
const PACKET_BYTES = 1_000;

export interface StatsD {
  /** Hears of every answer: its route, status and how long it took. */
  readonly observe: (route: string, status: number, elapsedMs: number) => void;
  readonly close: () => Promise<void>;
}

/** Sends `participate.count`, `participate.response_time`, `response_code.200` and their like, as the original did. */
export function openStatsD(url: string, onError: (error: Error) => void): StatsD {
  const { hostname, port, pathname } = new URL(url);
  const prefix = pathname.replaceAll("/", "");
  const client = new Client({
    host: hostname,
    port: port === "" ? DEFAULT_PORT : Number(port),
    prefix: prefix === "" ? "" : `${prefix}.`,
    errorHandler: onError,
    maxBufferSize: PACKET_BYTES,
  });
  return {
    observe(route, status, elapsedMs) {
      client.increment(`${route}.count`);
      client.timing(`${route}.response_time`, elapsedMs);
      client.increment(`response_code.${status}`);
    },
    close: () => new Promise((resolve) => client.close(() => resolve())),
  };
}
