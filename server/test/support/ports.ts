/** Ports for servers that a test starts itself. */
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that the system gives to outgoing connections, and with room for a Cluster's bus 10,000 above. */
const LOWEST = 20_000;
const COUNT = 10_000;
const BUS_OFFSET = 10_000;

/** A port of 127.0.0.1 that was free a moment ago, and so was the one of the Cluster bus that belongs to it. */
export async function clusterPort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * COUNT);
    if ((await isFree(port)) && (await isFree(port + BUS_OFFSET))) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
