/**
 * A real API server over a given store, on a free port of the loopback address.
 *
 *     const api = await startApi({ store });
 *     const { status, json } = await api.get("/participate?experiment=a&alternatives=x&alternatives=y&client_id=1");
 *     await api.close();
 *
 * Where all tests of a file can share one: `const api = sharedApi();` at its top.
 */
import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, expect } from "vitest";
import type { CorsOptions } from "../../src/api/cors.ts";
import { BATCH_CALLS_MAX } from "../../src/api/limits.ts";
import type { ApiOptions } from "../../src/api/options.ts";
import { LoadLimit } from "../../src/api/overload.ts";
import { createApiServer } from "../../src/api/server.ts";
import type { Clock } from "../../src/domain/clock.ts";
import { ANYBODY } from "../../src/domain/scope.ts";
import type { ServiceSettings } from "../../src/service/context.ts";
import type { Store } from "../../src/store/store.ts";
import * as make from "./make.ts";

export interface ApiTestOptions extends Partial<Omit<ApiOptions, "cors">> {
  /** A new model store when left out. The caller closes it. */
  readonly store?: Store;
  readonly settings?: Partial<ServiceSettings>;
  readonly cors?: Partial<CorsOptions>;
  readonly clock?: Clock;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; `undefined` where it is something else. */
  readonly json: unknown;
}

export interface Api {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  readonly store: Store;
  /** What the server reported as a defect of its own. */
  readonly defects: readonly unknown[];
  get(path: string, init?: RequestInit): Promise<Reply>;
  /** A string goes out as a form, anything else as JSON. */
  post(path: string, body: unknown, init?: RequestInit): Promise<Reply>;
  /** Sends bytes as they are and resolves to everything that came back until the server closed the connection. */
  raw(bytes: string | Uint8Array): Promise<string>;
  close(): Promise<void>;
}

const CORS: CorsOptions = {
  origin: "*",
  headers: "",
  credentials: false,
  methods: "GET, POST, OPTIONS",
  exposeHeaders: "",
};

export async function startApi(options: ApiTestOptions = {}): Promise<Api> {
  const context = make.context(options);
  const defects: unknown[] = [];
  const server = createApiServer(context, {
    debug: false,
    loadLimit: new LoadLimit(1_000),
    basePath: "",
    callerOf: () => ANYBODY,
    draining: () => false,
    charge: () => {},
    owe: () => {},
    batchCallsMax: BATCH_CALLS_MAX,
    metrics: async () => ({ contentType: "text/plain; version=0.0.4", body: "" }),
    newRequestId: () => "",
    onDefect: (error) => defects.push(error),
    onAnswer: undefined,
    ...options,
    cors: { ...CORS, ...options.cors },
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const get = async (path: string, init: RequestInit = {}) => replyOf(await fetch(url + path, init));
  return {
    url,
    port,
    server,
    store: context.store,
    defects,
    get,
    post: (path, body, init = {}) => get(path, { method: "POST", ...postedAs(body), ...init }),
    raw: (bytes) => sendRaw(port, bytes),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One server for the tests of a file, started before the first; fails the file when the server reported a defect. */
export function sharedApi(options: ApiTestOptions = {}): Omit<Api, "close"> {
  let started: Api | undefined;
  const api = (): Api => {
    if (started === undefined) throw new Error("Expected the shared server only within tests, got a call before them");
    return started;
  };
  beforeAll(async () => {
    started = await startApi(options);
  });
  afterAll(async () => {
    expect(api().defects).toEqual([]);
    await api().close();
  });
  return {
    get url() {
      return api().url;
    },
    get port() {
      return api().port;
    },
    get server() {
      return api().server;
    },
    get store() {
      return api().store;
    },
    get defects() {
      return api().defects;
    },
    get: (...call) => api().get(...call),
    post: (...call) => api().post(...call),
    raw: (bytes) => api().raw(bytes),
  };
}

function postedAs(body: unknown): RequestInit {
  return typeof body === "string"
    ? { body, headers: { "Content-Type": "application/x-www-form-urlencoded" } }
    : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
}

async function replyOf(response: Response): Promise<Reply> {
  const { status, headers } = response;
  const text = await response.text();
  return { status, headers, text, json: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function sendRaw(port: number, bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(Buffer.concat(chunks).toString("utf8")));
  });
}

/** The query string of a call; a list becomes one argument per item, `undefined` none. */
export function query(args: Readonly<Record<string, string | number | readonly string[] | undefined>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(args)) {
    if (value === undefined) continue;
    for (const item of typeof value === "object" ? value : [value]) search.append(name, String(item));
  }
  return search.toString();
}
