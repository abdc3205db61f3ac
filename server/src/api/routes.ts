/** The endpoints of the API server: which path is answered by what. `docs/http-api.md` lists the same ones. */
import { VERSION } from "../config/version.ts";
import { SixpackError } from "../domain/errors.ts";
import type { ServiceContext } from "../service/context.ts";
import { type ConvertAnswer, convert } from "../service/convert.ts";
import { type ParticipateAnswer, participate } from "../service/participate.ts";
import type { Arguments } from "./arguments.ts";
import { slimDetails } from "./details.ts";
import { openApi } from "./openapi.ts";
import { parseConvert, parseParticipate } from "./parse.ts";
import { type Answer, participationBody, refusal, unrecordedBody } from "./respond.ts";

/** What the routes ask of the process around them. */
export interface Operations {
  /** True from the moment the server has been asked to stop. */
  readonly draining: () => boolean;
  /** Prometheus text. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
}

/** A path, without query, that is answered as it stands. `/experiments/<name>` is the one with a name in it. */
export const ROUTES = {
  "/participate": "participate",
  "/convert": "convert",
  "/_status": "status",
  "/healthz": "healthz",
  "/readyz": "readyz",
  "/metrics": "metrics",
  "/openapi.json": "openapi",
  "/": "greeting",
  "/favicon.ico": "favicon",
} as const;
export type Route = (typeof ROUTES)[keyof typeof ROUTES] | "details";

const DETAILS = "/experiments/";

/** The route of a path, `undefined` where there is none. */
export function routeOf(path: string): Route | undefined {
  if (Object.hasOwn(ROUTES, path)) return ROUTES[path as keyof typeof ROUTES];
  return path.startsWith(DETAILS) && path.length > DETAILS.length ? "details" : undefined;
}

/** Answers a call, in this turn of the event loop where nothing has to be waited for. @throws SixpackError */
export function dispatch(
  context: ServiceContext,
  operations: Operations,
  route: Route,
  path: string,
  args: Arguments,
): Answer | Promise<Answer> {
  switch (route) {
    case "participate": {
      const request = parseParticipate(args);
      const answer = participate(context, request);
      return answer instanceof Promise
        ? answer.then((later) => participation(later, args))
        : participation(answer, args);
    }
    case "convert":
      return convert(context, parseConvert(args)).then((answer) => conversion(answer, args));
    case "details":
      return details(context, path);
    case "status":
      return status(context);
    case "healthz":
      return { status: 200, body: '{"status":"ok"}' };
    case "readyz":
      return ready(context, operations);
    case "metrics":
      return operations.metrics().then(({ contentType, body }) => ({ status: 200, contentType, body }));
    case "openapi":
      return { status: 200, body: JSON.stringify(openApi()) };
    case "greeting":
      return { status: 200, contentType: "text/plain; charset=utf-8", body: `Sixpack ${VERSION} says hello\n` };
    case "favicon":
      return { status: 200, contentType: "image/x-icon", body: "" };
  }
}

function participation({ experiment, index }: ParticipateAnswer, args: Arguments): Answer {
  const client = args.client_id ?? "";
  const body =
    experiment === undefined
      ? unrecordedBody(args.alternatives[index] ?? "", args.experiment ?? "", client)
      : participationBody(experiment, index, client);
  return { status: 200, body };
}

function conversion(answer: ConvertAnswer, args: Arguments): Answer {
  if (answer.kind === "filtered") return { status: 200, body: '{"status":"ok","excluded":"true"}' };
  const { alternative, experiment } = answer;
  const body = JSON.stringify({
    status: "ok",
    alternative: { name: alternative },
    experiment: { name: experiment.name },
    conversion: { value: args.value === undefined ? null : Number(args.value), kpi: args.kpi ?? null },
    client_id: args.client_id,
  });
  return { status: 200, body };
}

async function details(context: ServiceContext, path: string): Promise<Answer> {
  const encoded = path.slice(DETAILS.length).replace(/\/$/, "");
  let name: string;
  try {
    name = decodeURIComponent(encoded);
  } catch (cause) {
    throw new SixpackError("invalid-encoding", "Expected percent-encoded UTF-8 in the path", { cause });
  }
  return { status: 200, body: JSON.stringify(await slimDetails(context, name)) };
}

/** 2.7 documents 500 here when its Redis doesn't answer; every other route says 503. */
async function status({ store }: ServiceContext): Promise<Answer> {
  try {
    await store.ping();
    return { status: 200, body: JSON.stringify({ status: "ok", version: VERSION }) };
  } catch {
    return { ...refusal("store-unavailable"), status: 500 };
  }
}

async function ready({ store }: ServiceContext, { draining }: Operations): Promise<Answer> {
  if (draining()) return refusal("shutting-down");
  await store.ping();
  return { status: 200, body: '{"status":"ok"}' };
}
