/** The built `sixpack` as a process of its own, for tests of what only a process can show: crashes, signals, neighbours. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { PATIENCE_MS, PATIENT_REDIS } from "./patience.ts";

const BIN = fileURLToPath(new URL("../../bin/", import.meta.url));

export interface Sixpack {
  readonly url: string;
  readonly process: ChildProcess;
  /** What it has logged so far. */
  log(): string;
  /** As a crash: no goodbye. */
  kill(): Promise<void>;
  /** As an operator would: SIGTERM, and wait. */
  stop(): Promise<void>;
}

/** Starts the API server of `server/bin/sixpack.js` on a free port. `npm test` builds it first. */
export async function startSixpack(environment: Readonly<Record<string, string>>): Promise<Sixpack> {
  const port = await freePort();
  const child = spawn(process.execPath, [`${BIN}sixpack.js`], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, SIXPACK_PORT: String(port), ...PATIENT_REDIS, ...environment },
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  const url = `http://127.0.0.1:${port}`;
  await answering(`${url}/healthz`, child, () => log);
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  };
  return { url, process: child, log: () => log, kill: () => end("SIGKILL"), stop: () => end("SIGTERM") };
}

async function answering(url: string, child: ChildProcess, log: () => string): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  while (performance.now() < endMs) {
    if (child.exitCode !== null)
      throw new Error(`Expected sixpack to serve, got exit code ${child.exitCode}: ${log()}`);
    try {
      const response = await fetch(url);
      await response.text();
      if (response.ok) return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error(`Expected sixpack to answer ${url} within ${PATIENCE_MS} ms: ${log()}`);
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("Expected a TCP port");
  return address.port;
}
