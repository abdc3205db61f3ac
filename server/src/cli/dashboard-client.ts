/** A dashboard that a command talks to: its address, a token, and what its refusals mean for whoever typed the command. */
import type { IncomingMessage, RequestOptions } from "node:http";
import type { Command } from "commander";
import type { Environment } from "../config/load.ts";
import type { Role } from "../domain/role.ts";
import { isEmpty } from "../lib/text.ts";
import { addConfigOptions, loadFrom, STORE_FLAGS } from "./flags.ts";
import { urlOf } from "./listen.ts";
import { CliError, type World } from "./world.ts";

/** Which dashboard a command talks to. */
export interface NamedDashboard {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
}

/** What a command is given that works on running servers only. */
export interface DashboardOptions extends NamedDashboard {
  readonly json?: boolean;
}

/** How long an answer may take, in milliseconds. */
const TIMEOUT_MS = 30_000;
/** Longest part of a foreign answer that a message shows, in characters. */
const SHOWN_MAX = 200;

export interface Dashboard {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: string | undefined;
}

/** As options or the environment name it; `undefined` where neither does. @throws CliError an address that is none */
export function dashboardOf(options: NamedDashboard, env: Environment): Dashboard | undefined {
  const url = isEmpty(options.url) ? env["SIXPACK_DASHBOARD_URL"] : options.url;
  const token = isEmpty(options.token) ? env["SIXPACK_TOKEN"] : options.token;
  if (isEmpty(url)) return undefined;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new CliError(
      `Expected the address of a dashboard such as http://localhost:5001, got ${JSON.stringify(url)}`,
      2,
    );
  }
  return { url: url.replace(/\/+$/, ""), token: isEmpty(token) ? undefined : token };
}

/** Adds the options of a command that asks a running dashboard, this configuration's where none is named. */
export function addDashboardOptions(command: Command, role: Role): Command {
  command
    .option("--url <url>", "of the dashboard (SIXPACK_DASHBOARD_URL); left out, the one that is configured here")
    .option("--token <token>", `of the role ${role}; better in SIXPACK_TOKEN, where others don't see it`)
    .option("--json", "prints the answer of the dashboard");
  return addConfigOptions(command, {});
}

/** Adds the options of a command that asks a running dashboard where one is named, and opens the store where none is. */
export function addStoreOrDashboardOptions(command: Command, role: Role): Command {
  command
    .option("--url <url>", "of a running dashboard (SIXPACK_DASHBOARD_URL); left out, the store is opened")
    .option("--token <token>", `of the role ${role}; better in SIXPACK_TOKEN, where others don't see it`);
  return addConfigOptions(command, STORE_FLAGS);
}

/** The dashboard that is named, or the configured one. @throws CliError */
export async function namedDashboard(world: World, command: Command): Promise<Dashboard> {
  const options: DashboardOptions = command.opts();
  const named = dashboardOf(options, world.env);
  if (named !== undefined) return named;
  const { web_host: host, web_port: port, web_base_path: basePath } = (await loadFrom(world, command, {})).config;
  const url = `${urlOf(host, port)}${basePath}`;
  return dashboardOf({ ...options, url }, world.env) ?? { url, token: undefined };
}

/**
 * The JSON at a path. With a body it is sent by POST.
 * @throws CliError 3: nobody answers, or not now; 2: what was asked is refused
 */
export async function askDashboard(dashboard: Dashboard, path: string, body?: object): Promise<unknown> {
  return parsed(await textOf(dashboard, path, body), dashboard.url);
}

/** Of JSON that came in the place of what was asked for. */
export function foreign({ url }: Dashboard, expected: string): CliError {
  return new CliError(
    `Expected ${expected} of a dashboard at ${url}, got other JSON. Is it the API, or an older server?`,
    2,
  );
}

/** The text at a path. With a body it is sent by POST. @throws CliError as `askDashboard` */
export async function textOf(dashboard: Dashboard, path: string, body?: object): Promise<string> {
  return wholeOf(await answerOf(dashboard, path, AbortSignal.timeout(TIMEOUT_MS), body)).catch((cause: unknown) => {
    throw brokenOff(dashboard, cause);
  });
}

/** A file at a path, however long it takes to come. @throws CliError as `askDashboard` */
export async function* piecesOf(dashboard: Dashboard, path: string): AsyncIterable<string> {
  const answer = await answerOf(dashboard, path, undefined);
  try {
    yield* answer as AsyncIterable<string>;
  } catch (cause) {
    throw brokenOff(dashboard, cause);
  }
}

async function wholeOf(answer: IncomingMessage): Promise<string> {
  let whole = "";
  for await (const piece of answer as AsyncIterable<string>) whole += piece;
  return whole;
}

function brokenOff({ url }: Dashboard, cause: unknown): CliError {
  return new CliError(`${url} broke off its answer.`, 3, { cause });
}

async function answerOf(
  { url, token }: Dashboard,
  path: string,
  signal: AbortSignal | undefined,
  body?: object,
): Promise<IncomingMessage> {
  const headers = {
    accept: "application/json",
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const answer = await sent(new URL(`${url}${path}`), { headers, signal }, body);
  const status = answer.statusCode ?? 0;
  if (status >= 200 && status < 300) return answer;
  const refusal = refusalIn(await wholeOf(answer).catch(() => ""));
  if (status === 429 || status >= 500) throw new CliError(`${url} can't answer now (${status}): ${refusal}`, 3);
  if (status >= 300 && status < 400) {
    const to = answer.headers.location ?? "nowhere";
    throw new CliError(`${url} leads elsewhere (${status}), to ${to}. Give the address itself.`, 2);
  }
  const hint =
    status === 401 ? " Make a token: sixpack hash-password NAME --token --role viewer; give it in SIXPACK_TOKEN." : "";
  throw new CliError(`${url} refuses (${status}): ${refusal}${hint}`, 2);
}

/** By `node:http`: loading and using `fetch` for one question took two fifths of `sixpack verdict`. */
async function sent(
  url: URL,
  { headers, signal }: Pick<RequestOptions, "headers" | "signal">,
  body: object | undefined,
): Promise<IncomingMessage> {
  const { request } = url.protocol === "https:" ? await import("node:https") : await import("node:http");
  // One question, one connection: a kept one would be closed by the server while `--wait` waits.
  const options = { agent: false, headers, method: body === undefined ? "GET" : "POST", ...(signal && { signal }) };
  try {
    return await new Promise((resolve, reject) => {
      const asked = request(url, options, (answer) => resolve(answer.setEncoding("utf8")));
      asked.once("error", reject).end(body && JSON.stringify(body));
    });
  } catch (cause) {
    const why = cause instanceof Error ? reasonIn(cause) : String(cause);
    throw new CliError(`Nobody answers at ${url.origin}: ${why}`, 3, { cause });
  }
}

/** All addresses that were tried, or why it was given up. */
function reasonIn(error: Error): string {
  if (error instanceof AggregateError)
    return error.errors.map((one: unknown) => String((one as Error).message)).join(", ");
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function parsed(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CliError(`Expected JSON of a dashboard at ${url}, got ${JSON.stringify(text.slice(0, SHOWN_MAX))}`, 2, {
      cause,
    });
  }
}

/** What a refusal says, in the words of our JSON, or the beginning of whatever came. */
function refusalIn(text: string): string {
  try {
    const { message, detail } = JSON.parse(text) as { readonly message?: unknown; readonly detail?: unknown };
    const words = [message, detail].filter((part) => typeof part === "string");
    if (words.length > 0) return `${words.join(". ")}.`;
  } catch {
    // No JSON: shown as it is.
  }
  return JSON.stringify(text.slice(0, SHOWN_MAX));
}
