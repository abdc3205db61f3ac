/**
 * conformance/sixpack-2.7/answers.jsonl: requests of every kind, each with what Sixpack 2.7 answered and what this server
 * answers where that is something else. Sent byte for byte, so that no client mends them.
 */
import { readFileSync } from "node:fs";
import { connect } from "node:net";

export interface Request {
  readonly target: string;
  /** Left out: GET. */
  readonly method?: string;
  /** Left out: the API. */
  readonly server?: "web";
  readonly headers?: Readonly<Record<string, string>>;
  /** UTF-8. */
  readonly body?: string;
  /** Of HTTP; left out: 1.1. */
  readonly version?: string;
  /** False sends no `Host`. */
  readonly host?: boolean;
}

export interface Answer {
  readonly status: number;
  /** Without parameters. */
  readonly type?: string;
  /** Without scheme and host. */
  readonly location?: string;
  /** `Access-Control-Allow-Origin` and `-Credentials`, where the request has an `Origin`. */
  readonly allows?: string;
  /** JSON, of a JSONP answer with the name of the function as `callback`; or the text of another type. */
  readonly body?: unknown;
}

export interface Case {
  /** Names it; no two are the same. */
  readonly what: string;
  /** What is sent before, to make the state that is asked about. */
  readonly before?: readonly Request[];
  readonly request: Request;
  /** Fields of a JSON body that are compared, `alternatives.data` for those of a list; left out: all but the clock's. */
  readonly only?: readonly string[];
  readonly sixpack: Answer;
  /** Left out where it is that of 2.7, with what is new beside it. */
  readonly here?: Answer;
  /** The first cell of its row in the table of differences of docs/http-api.md. */
  readonly difference?: string;
}

export const CASES: readonly Case[] = readFileSync(
  new URL("../../../conformance/sixpack-2.7/answers.jsonl", import.meta.url),
  "utf8",
)
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));

export interface Ports {
  readonly api: number;
  readonly web: number;
}

/** Sends a case, and what comes before it, one after the other. */
export async function ask(ports: Ports, { before = [], request, only }: Omit<Case, "sixpack">): Promise<Answer> {
  for (const step of before) await exchange(ports, step);
  return answerOf(await exchange(ports, request), request, only);
}

function exchange(ports: Ports, request: Request): Promise<string> {
  const { target, method = "GET", server = "api", headers = {}, body = "", version = "1.1", host = true } = request;
  const fields = {
    ...(host ? { Host: "localhost" } : {}),
    ...headers,
    ...(method === "GET" || method === "HEAD" ? {} : { "Content-Length": String(Buffer.byteLength(body)) }),
    Connection: "close",
  };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(ports[server], "127.0.0.1", () => {
      socket.write(`${method} ${target} HTTP/${version}\r\n${head.join("")}\r\n${body}`);
    });
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(Buffer.concat(chunks).toString("utf8")));
  });
}

/** Whether `actual` has all that `expected` has; what is new may stand beside it. */
export function holds(actual: unknown, expected: unknown): boolean {
  if (typeof expected !== "object" || expected === null) return Object.is(actual, expected);
  if (typeof actual !== "object" || actual === null) return false;
  if (Array.isArray(expected) && !(Array.isArray(actual) && actual.length === expected.length)) return false;
  return Object.entries(expected).every(([name, value]) => holds(Reflect.get(actual, name), value));
}

/** Fields that say when, or which server it is. */
const VOLATILE: ReadonlySet<string> = new Set(["created_at", "version"]);

function answerOf(text: string, request: Request, only: readonly string[] | undefined): Answer {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const status = Number(first.split(" ")[1]);
  const location = headers.get("location")?.replace(/^https?:\/\/[^/]*/, "");
  // Where a redirect leads is all that is read of it.
  const type = location === undefined ? headers.get("content-type")?.replace(/;.*/, "") : undefined;
  const allows = ["access-control-allow-origin", "access-control-allow-credentials"].map((name) => headers.get(name));
  const sent = text.slice(end + 4);
  const body = bodyOf(headers.get("transfer-encoding") === "chunked" ? unchunked(sent) : sent, only);
  return {
    status,
    ...(type === undefined ? {} : { type }),
    ...(location === undefined ? {} : { location }),
    ...(request.headers?.["Origin"] === undefined ? {} : { allows: allows.map((value) => value ?? "-").join(", ") }),
    // What a failed server of Python says of itself, and what stands on pages, is not compared.
    ...(body === "" || body === undefined || status >= 500 || type === "text/html" || location !== undefined
      ? {}
      : { body }),
  };
}

/** The pieces of a body that was sent as it was made, put together. */
function unchunked(text: string): string {
  const bytes = Buffer.from(text, "utf8");
  const pieces: Buffer[] = [];
  let at = 0;
  for (;;) {
    const line = bytes.indexOf("\r\n", at);
    const length = Number.parseInt(bytes.toString("latin1", at, line), 16);
    if (!(length > 0)) return Buffer.concat(pieces).toString("utf8");
    pieces.push(bytes.subarray(line + 2, line + 2 + length));
    at = line + 2 + length + 2;
  }
}

function bodyOf(text: string, only: readonly string[] | undefined): unknown {
  if (only?.length === 0) return undefined;
  const [, callback, argument = text] = /^([\w'\-.]+)\((.*)\)$/s.exec(text) ?? [];
  try {
    const json: unknown = { ...JSON.parse(argument), ...(callback === undefined ? {} : { callback }) };
    return only === undefined ? without(json) : Object.assign({}, ...only.map((path) => pick(json, path.split("."))));
  } catch {
    return text;
  }
}

function without(json: unknown): unknown {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return json;
  return Object.fromEntries(
    Object.entries(json)
      .filter(([name]) => !VOLATILE.has(name))
      // A set, in an order that means nothing.
      .map(([name, value]) => [name, name === "kpis" && Array.isArray(value) ? [...value].sort() : value]),
  );
}

function pick(json: unknown, [name = "", ...rest]: readonly string[]): Readonly<Record<string, unknown>> {
  const value: unknown = typeof json === "object" && json !== null ? Reflect.get(json, name) : undefined;
  if (value === undefined) return {};
  if (rest.length === 0) return { [name]: value };
  return { [name]: Array.isArray(value) ? value.map((item) => pick(item, rest)) : pick(value, rest) };
}
