/** One request, and every way in which it can end. Nothing here throws. */
import type { Failure, FailureCode } from "./failure.ts";

/** Arguments of a call by their names on the wire. What is null or absent is not sent; a list is sent once per item. */
export interface Arguments {
  readonly experiment: string | null;
  readonly client_id?: string;
  readonly [name: string]: string | number | boolean | readonly (string | number)[] | null | undefined;
}

/** `body` is the parsed answer, of which nothing is certain; `{}` where there is none. */
export type Reply =
  | { readonly code?: never; readonly body: Readonly<Record<string, unknown>> }
  | Omit<Failure, "call" | "experiment">;

/** What a call asks, and how long somebody waits for it. */
export interface Call {
  /** An answer must be to the `client_id` and `experiment` of these. */
  readonly args?: Arguments;
  readonly init?: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly keepalive?: boolean;
  };
  readonly timeoutMs: number;
  /** When the time-out began, by `performance.now()`, for requests that share one. @default now */
  readonly begunMs?: number | undefined;
  /** Is sent to a server that has just been silent, too. */
  readonly insists?: boolean;
}

/** What this process knows of a server. Times are those of `performance.now()`. */
interface Known {
  /** When an answer last came; 0 before the first. */
  answeredMs: number;
  /** Until when nobody waits for it. */
  silentUntilMs: number;
}

/** How long after a silence nobody waits, in milliseconds: a page with five experiments waits once. */
const SILENCE_MS = 2_000;

/** How often a request is sent again for a connection that was closed under it. */
const KEPT_MAX = 2;

/** By base URL and time-out, of which a program has few: what is long for one caller is short for another. */
const SERVERS: Record<string, Known> = {};

export async function send(baseUrl: string, path: string, call: Call): Promise<Reply> {
  const { timeoutMs, begunMs = performance.now(), insists } = call;
  const name = `${timeoutMs} ${baseUrl}`;
  SERVERS[name] ??= { answeredMs: 0, silentUntilMs: 0 };
  const server = SERVERS[name];
  if (!insists && performance.now() < server.silentUntilMs) {
    return { code: "unreachable", message: "Expected an answer, got none just now, so not asked", body: {} };
  }
  let reply = await request(baseUrl + path, begunMs, call);
  // Kept connections may have been closed under the request. There are some only where something was answered before, and
  // which one is taken, or whether it is new, `fetch` decides.
  for (let left = KEPT_MAX; left > 0 && reply.code === "unreachable" && server.answeredMs; left -= 1) {
    reply = await request(baseUrl + path, begunMs, call);
  }
  const endedMs = performance.now();
  if (reply.code !== "unreachable" && reply.code !== "timeout") server.answeredMs = endedMs;
  // While others are answered, one slow call is no silence.
  const isSilent = server.answeredMs < begunMs;
  server.silentUntilMs = isSilent ? endedMs + SILENCE_MS : 0;
  return reply;
}

/** The time-out ends it whatever the platform's `fetch` makes of a signal. */
async function request(url: string, begunMs: number, { args, init, timeoutMs }: Call): Promise<Reply> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Reply>((resolve) => {
    timer = setTimeout(
      () => {
        resolve({ code: "timeout", message: `Expected an answer in ${timeoutMs} ms`, body: {} });
        controller.abort();
      },
      begunMs + timeoutMs - performance.now(),
    );
  });
  const answered = async (): Promise<Reply> => {
    let status: number | undefined;
    try {
      const response = await fetch(url, { ...init, redirect: "manual", signal: controller.signal });
      status = response.status;
      return judge(await response.json(), status, args);
    } catch (cause) {
      if (status !== undefined) return judge(status < 300 ? cause : {}, status);
      // Node and others keep beneath it why: "fetch failed" says nothing. Of several addresses there is a code only.
      const { message, code } = ((cause as Error).cause ?? cause) as { message?: string; code?: string };
      return { code: "unreachable", message: `Expected an answer, got ${message || code}`, cause, body: {} };
    }
  };
  const reply = await Promise.race([late, answered()]);
  clearTimeout(timer);
  return reply;
}

/** A reply from a parsed answer and its status, be it of a single call or of one in a batch. */
export function judge(answer: unknown, status: number, args?: Call["args"]): Reply {
  const body: Reply["body"] = Object(answer);
  let code: FailureCode = "bad-answer";
  if (status >= 500) code = "server-error";
  else if (status >= 400) code = "rejected";
  // A browser hides a redirect behind status 0.
  else if (status >= 300 || status < 200) code = "redirect";
  else if (body["status"] === "ok" && isTo(args, body)) return { body };
  return { code, message: `${body["message"] ?? `Expected an answer, got ${status}`}`, status, body };
}

/** Whether an answer names nobody but who asked: a cache or connection that mixes visitors up is not believed. */
function isTo(args: Call["args"], { client_id = args?.client_id, experiment }: Reply["body"]): boolean {
  const { name = args?.experiment } = Object(experiment);
  return !args || (client_id === args.client_id && name === args.experiment);
}

export function queryOf(args: Arguments): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(args)) {
    for (const item of [value ?? []].flat()) query.append(name, `${item}`);
  }
  return `${query}`;
}
