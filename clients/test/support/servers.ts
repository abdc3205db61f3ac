/** The two servers of the conformance cases, as programs of their own: they can be killed, and nobody can cheat. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import { json } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";

export interface RunningServer {
  readonly port: number;
  readonly url: string;
  /** Ends the process at once, as a crash would. */
  kill(): Promise<void>;
}

/** A call that the misbehaving server saw. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly arguments: Readonly<Record<string, readonly string[]>>;
  readonly body?: unknown;
  readonly authorization?: string;
}

const folder = fileURLToPath(new URL("../../../conformance/", import.meta.url));

function startMisbehavingServer(): Promise<RunningServer> {
  return start([`${folder}misbehaving-server.mjs`]);
}

/** @param port an earlier server's, to come back where it was. @param dataFolder where it finds what it knew */
export function startRealServer(port = 0, dataFolder?: string): Promise<RunningServer> {
  const data = dataFolder === undefined ? [] : [dataFolder];
  return start(["--import", "tsx", `${folder}real-server.ts`, String(port), ...data]);
}

/** A misbehaving server for all tests of a file. */
export function sharedMisbehavingServer(): Pick<RunningServer, "port" | "url"> {
  return shared(startMisbehavingServer);
}

/** A real server for all tests of a file. */
export function sharedRealServer(): Pick<RunningServer, "port" | "url"> {
  return shared(startRealServer);
}

function shared(start: () => Promise<RunningServer>): Pick<RunningServer, "port" | "url"> {
  let server: RunningServer | undefined;
  const running = (): RunningServer => {
    if (server === undefined) throw new Error("Expected the shared server only within tests, got a call before them");
    return server;
  };
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => running().kill());
  return {
    get port() {
      return running().port;
    },
    get url() {
      return running().url;
    },
  };
}

export async function seenRequests(server: Pick<RunningServer, "url">, token: string): Promise<readonly SeenRequest[]> {
  return (await json(await alone(`${server.url}/requests/${token}`))) as readonly SeenRequest[];
}

/** Lets go of what the misbehaving server holds under a token. */
export async function release(server: Pick<RunningServer, "url">, token: string): Promise<void> {
  await json(await alone(`${server.url}/release/${token}`));
}

/** On a connection of its own: those that `fetch` keeps may be ones that the server has just closed on purpose. */
async function alone(url: string): Promise<IncomingMessage> {
  const [response] = (await once(get(url, { agent: false }), "response")) as [IncomingMessage];
  return response;
}

async function start(args: readonly string[]): Promise<RunningServer> {
  // Our end of its stdin closes with this process, and the server ends with it.
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const port = Number(await firstLine(child));
  return { port, url: `http://127.0.0.1:${port}`, kill: () => kill(child) };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("Expected a server with stdout");
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error("Expected a server to print its port, got nothing");
}

function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}
