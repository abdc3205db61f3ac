/** The endpoints of the API server, and the code that answers each. */
import { VERSION } from "../config/version.ts";
import { SixpackError, unreachable } from "../domain/errors.ts";
import { quote } from "../domain/names.ts";
import type { Caller } from "../domain/scope.ts";
import type { ServiceContext } from "../service/context.ts";
import { convert } from "../service/convert.ts";
import { convertEverywhere } from "../service/convert-everywhere.ts";
import { explain } from "../service/explain.ts";
import { link, participateLinked } from "../service/link-ids.ts";
import { participate } from "../service/participate.ts";
import type { Answer } from "./answer.ts";
import type { Arguments } from "./arguments.ts";
import { parseBatch, runBatch } from "./batch.ts";
import { conversion, conversions } from "./conversion.ts";
import { slimDetails } from "./details.ts";
import { decodePercent } from "./encoding.ts";
import { explanation } from "./explanation.ts";
import { BATCH_CALLS_MAX } from "./limits.ts";
import { links } from "./link-answer.ts";
import { evaluateFlag, evaluateFlags, evaluationRefusal } from "./ofrep.ts";
import { openApi } from "./openapi.ts";
import type { ApiOptions } from "./options.ts";
import {
  asksWhy,
  type Calling,
  parseConvert,
  parseConvertEverywhere,
  parseLink,
  parseParticipate,
  parsePrevious,
} from "./parse.ts";
import { participation } from "./participation.ts";
import type { Route } from "./paths.ts";
import { refusal } from "./respond.ts";
import { orNobody, parseTracking } from "./tracking.ts";

/** What a route is asked. */
export interface Call {
  readonly route: Route;
  readonly path: string;
  readonly args: Arguments;
  /** The body of a document route; empty for the others. */
  readonly document: string;
  readonly ifNoneMatch: string | undefined;
  readonly caller: Caller;
}

/** Answers a call, without a promise if nothing has to be waited for. @throws SixpackError */
export function dispatch(context: ServiceContext, options: ApiOptions, call: Call): Answer | Promise<Answer> {
  const { route, path, args, caller } = call;
  const calling = { caller, clock: context.clock };
  const touch = (experiments: number) => options.owe(caller, experiments - 1);
  switch (route) {
    case "participate": {
      const request = parseParticipate(args, calling);
      const previous = parsePrevious(args);
      if (asksWhy(args, caller)) {
        return explain(context, request, previous).then((told) => explanation(told, request, args));
      }
      const answer =
        previous === undefined ? participate(context, request) : participateLinked(context, request, previous);
      return answer instanceof Promise
        ? answer.then((later) => participation(later, args))
        : participation(answer, args);
    }
    case "convert":
      return args.experiment === undefined && args.kpi !== undefined
        ? convertAnywhere(context, args, calling, touch)
        : convertInOne(context, args, calling);
    case "link":
      return link(context, parseLink(args, calling), touch).then((linked) => links(linked, args));
    case "batch": {
      const calls = parseBatch(call.document, caller.key === undefined ? options.batchCallsMax : BATCH_CALLS_MAX);
      options.charge(caller, calls.length);
      return runBatch(calls, (single) => dispatch(context, options, { ...call, ...single }), options);
    }
    case "flags":
      return evaluateFlags(context, call.document, call.ifNoneMatch, touch);
    case "flag":
      return evaluateFlag(context, nameIn(path), call.document);
    case "track":
      return track(context, call.document, calling, touch);
    case "details":
      return slimDetails(context, nameIn(path));
    case "status":
      return status(context);
    case "healthz":
      return { status: 200, body: '{"status":"ok"}' };
    case "readyz":
      return ready(context, options);
    case "metrics":
      return options.metrics().then(({ contentType, body }) => ({ status: 200, contentType, body }));
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

async function convertAnywhere(
  context: ServiceContext,
  args: Arguments,
  calling: Calling,
  touch: (experiments: number) => void,
): Promise<Answer> {
  const request = parseConvertEverywhere(args, calling);
  const previous = parsePrevious(args);
  if (previous !== undefined) await link(context, { ...request, experiment: undefined, previous }, touch);
  return conversions(await convertEverywhere(context, request, touch), args);
}

async function track(
  context: ServiceContext,
  text: string,
  calling: Calling,
  touch: (experiments: number) => void,
): Promise<Answer> {
  const args = parseTracking(text);
  if ("errorCode" in args) return evaluationRefusal(400, args.errorCode, args.errorDetails);
  const request = parseConvertEverywhere(args, calling);
  return conversions(await convertEverywhere(context, request, touch).catch(orNobody), args);
}

async function convertInOne(context: ServiceContext, args: Arguments, calling: Calling): Promise<Answer> {
  const request = parseConvert(args, calling);
  const previous = parsePrevious(args);
  if (previous !== undefined) await link(context, { ...request, previous });
  return conversion(await convert(context, request), args);
}

/** The name of the experiment that a path ends with; a slash behind it is as good as none. @throws SixpackError invalid-encoding */
function nameIn(path: string): string {
  const name = decodePercent(path.replace(/\/$/, "").split("/").at(-1) ?? "");
  if (!name.isWellFormed())
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

async function ready({ store }: ServiceContext, { draining }: ApiOptions): Promise<Answer> {
  if (draining()) return refusal("shutting-down");
  // Tries a write instead of a ping, because a store that answers may refuse writes.
  await store.probe();
  return { status: 200, body: '{"status":"ok"}' };
}
