/** Bounds the connections of the API, so that nobody takes its memory or its file descriptors by holding many open. */
import type { Server } from "node:http";

/** Connections at most; Node closes further ones at once. Each takes some 10 to 20 KB. */
export const CONNECTIONS_MAX = 10_000;

/**
 * @param connectionsMax for all of them together
 * @returns whether there are so many, half of the limit, that an idle one should not be kept
 */
export function boundConnections(server: Server, connectionsMax: number): () => boolean {
  let open = 0;
  server.maxConnections = connectionsMax;
  server.on("connection", (socket) => {
    open += 1;
    socket.once("close", () => {
      open -= 1;
    });
  });
  return () => open > connectionsMax / 2;
}
