/**
 * How many connections each server may hold. Connections and the files of the store share what the system lets a process
 * have open; whoever holds connections open may not take the files.
 */
import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import { CONNECTIONS_MAX } from "../api/connections.ts";
import { type Logger, occasional } from "../ops/log.ts";
import { WEB_CONNECTIONS_MAX } from "../web/http/web-options.ts";

interface ConnectionBounds {
  readonly api: number;
  readonly web: number;
}

/** Files kept back from connections: LevelDB has up to a thousand tables open, the process some dozens of its own. */
const FILES_KEPT_MAX = 1_100;

/**
 * Half of the files is kept back, up to `FILES_KEPT_MAX`. Of the rest a quarter is the dashboard's.
 * @param filesMax that the process may have open; no bound where the system doesn't say
 */
export function connectionBounds(filesMax: number = openFilesMax()): ConnectionBounds {
  const connections = filesMax - Math.min(Math.floor(filesMax / 2), FILES_KEPT_MAX);
  const web = Math.min(Math.floor(connections / 4), WEB_CONNECTIONS_MAX);
  return { web, api: Math.min(connections - web, CONNECTIONS_MAX) };
}

/** `ulimit -n`, as Linux tells it. */
function openFilesMax(): number {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Whoever is one too many hears nothing, because Node closes the connection unread: so the log says it. */
export function tellDropped(server: Server, log: Logger): void {
  const tell = occasional(log, "connections");
  server.on("drop", () =>
    tell(new Error(`Expected at most ${server.maxConnections} connections, got more: see \`ulimit -n\``)),
  );
}
