/** The endpoints of the API server: which route is answered by what. */
import { VERSION } from "../config/version.ts";
import { SixpackError, unreachable } from "../domain/errors.ts";
import { isWellFormed, quote } from "../domain/names.ts";
import type { Note } from "../ops/notes.ts";
import type { ServiceContext } from "../service/context.ts";
import { type ConvertAnswer, convert } from "../service/convert.ts";
import { type ConvertEverywhereAnswer, convertEverywhere } from "../service/convert-everywhere.ts";
import { type ParticipateAnswer, participate } from "../service/participate.ts";
import type { Answer } from "./answer.ts";
import type { Arguments } from "./arguments.ts";
import { parseBatch, runBatch } from "./batch.ts";
import { slimDetails } from "./details.ts";
import { decodePercent } from "./encoding.ts";
import { evaluateFlag, evaluateFlags } from "./ofrep.ts";
import { openApi } from "./openapi.ts";
import { parseConvert, parseConvertEverywhere, parseParticipate } from "./parse.ts";
import type { Route } from "./paths.ts";
import { participationBody, refusal, unrecordedBody } from "./respond.ts";

/** What the routes ask of the process around them. */
export interface Operations {
  /** True from the moment the server has been asked to stop. */
  readonly draining: () => boolean;
  /** Prometheus text. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
  /** Counts calls of an address against its quota. @throws SixpackError too-many-requests */
  readonly charge: (caller: string, calls: number) => void;
  /** Told of every defect of ours: an error that is not a refusal. */
  readonly onDefect: (error: unknown, requestId?: string) => void;
  /** Hears of requests that failed on our side or were slow; left out, nobody does. */
  readonly notes?: { readonly newRequestId: () => string; readonly write: (note: Note) => void };
}

/** What a route is asked. */
export interface Call {
  readonly route: Route;
  readonly path: string;
  readonly args: Arguments;
  /** The body of a document route; empty for the others. */
  readonly document: string;
  readonly ifNoneMatch: string | undefined;
  /** Address that the call came from; empty where nobody asks. */
  readonly caller: string;
}

/** Answers a call, in this turn of the event loop where nothing has to be waited for. @throws SixpackError */
export function dispatch(context: ServiceContext, operations: Operations, call: Call): Answer | Promise<Answer> {
  const { route, path, args } = call;
  switch (route) {
    case "participate": {
      const answer = participate(context, parseParticipate(args, call.caller));
      return answer instanceof Promise
        ? answer.then((later) => participation(later, args))
        : participation(answer, args);
    }
    case "convert":
      return args.experiment === undefined && args.kpi !== undefined
        ? convertEverywhere(context, parseConvertEverywhere(args)).then((answer) => conversions(answer, args))
        : convert(context, parseConvert(args)).then((answer) => conversion(answer, args));
    case "batch": {
      const calls = parseBatch(call.document);
      operations.charge(call.caller, calls.length);
      return runBatch(calls, (single) => dispatch(context, operations, { ...call, ...single }), operations.onDefect);
    }
    case "flags":
      return evaluateFlags(context, call.document, call.ifNoneMatch);
    case "flag":
      return evaluateFlag(context, nameIn(path), call.document);
    case "details":
      return slimDetails(context, nameIn(path)).then((details) => ({ status: 200, body: JSON.stringify(details) }));
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
    default:
      return unreachable(route);
  }
}

function participation({ experiment, index, reason }: ParticipateAnswer, args: Arguments): Answer {
  const client = args.client_id ?? "";
  const body =
    experiment === undefined
      ? unrecordedBody(args.alternatives[index] ?? "", args.experiment ?? "", client, reason)
      : participationBody(experiment, index, client, reason);
  return { status: 200, body };
}

const FILTERED: Answer = { status: 200, body: '{"status":"ok","excluded":"true"}' };

function conversion(answer: ConvertAnswer, args: Arguments): Answer {
  if (answer.kind === "filtered") return FILTERED;
  const { alternative, experiment } = answer;
  const body = JSON.stringify({
    status: "ok",
    alternative: { name: alternative },
    experiment: { name: experiment.name },
    conversion: conversionOf(args),
    client_id: args.client_id,
  });
  return { status: 200, body };
}

function conversions({ kind, conversions: list }: ConvertEverywhereAnswer, args: Arguments): Answer {
  if (kind === "filtered") return FILTERED;
  const body = JSON.stringify({
    status: "ok",
    conversion: conversionOf(args),
    client_id: args.client_id,
    experiments: list.map(({ experiment, alternative }) => ({
      name: experiment.name,
      alternative: { name: alternative },
    })),
  });
  return { status: 200, body };
}

function conversionOf({ value, kpi }: Arguments): object {
  return { value: value === undefined || value === "" ? null : Number(value), kpi: kpi ?? null };
}

/** The name of the experiment that a path ends with; a slash behind it is as good as none. @throws SixpackError invalid-encoding */
function nameIn(path: string): string {
  const name = decodePercent(path.replace(/\/$/, "").split("/").at(-1) ?? "");
  if (!isWellFormed(name))
    throw new SixpackError("invalid-encoding", `Expected percent-encoded UTF-8, got ${quote(path)}`);
  return name;
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
  // Not a ping: what comes here has to be written, and a store that answers may take no writes.
  await store.probe();
  return { status: 200, body: '{"status":"ok"}' };
}
