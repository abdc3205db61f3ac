/**
 * `POST /batch`: up to BATCH_CALLS_MAX calls of `/participate` and `/convert` in one, answered in order.
 *
 *     {"calls":[{"participate":{"experiment":"a","alternatives":["x","y"],"client_id":"1"}},{"convert":{…}}]}
 *
 * A refused call doesn't affect the others: each answer is the body that the single call would have had, with its
 * status as `http_status`.
 */
import { SixpackError } from "../domain/errors.ts";
import { quote } from "../domain/names.ts";
import { shownJson } from "../lib/shown-json.ts";
import type { Answer } from "./answer.ts";
import { type Arguments, noArguments } from "./arguments.ts";
import type { ApiOptions } from "./options.ts";
import { readMembers } from "./read.ts";
import { failure } from "./respond.ts";

interface BatchCall {
  readonly route: "participate" | "convert";
  readonly args: Arguments;
  /** The refusal that is its answer, if it is refused before it runs. */
  readonly refusal?: SixpackError;
}

/**
 * @param callsMax most calls that this caller may send at once
 * @throws SixpackError invalid-body
 */
export function parseBatch(text: string, callsMax: number): readonly BatchCall[] {
  const expected = 'Expected {"calls":[{"participate":{…}},{"convert":{…}}]}';
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new SixpackError("invalid-body", `${expected}, got ${quote(text)}`, { cause });
  }
  const calls = isObject(body) ? body["calls"] : undefined;
  if (!Array.isArray(calls)) throw new SixpackError("invalid-body", `${expected}, got ${quote(text)}`);
  if (calls.length > callsMax) {
    throw new SixpackError("invalid-body", `Expected at most ${callsMax} calls, got ${calls.length}`);
  }
  return calls.map((call: unknown) => {
    const [entry, ...others] = isObject(call) ? Object.entries(call) : [];
    const [route, members] = entry ?? [];
    if ((route !== "participate" && route !== "convert") || !isObject(members) || others.length > 0) {
      throw new SixpackError("invalid-body", `${expected}, got the call ${shownJson(call)}`);
    }
    return readCall(route, members);
  });
}

function readCall(route: BatchCall["route"], members: Readonly<Record<string, unknown>>): BatchCall {
  const args = noArguments();
  try {
    readMembers(members, args);
    return { route, args };
  } catch (refusal) {
    if (!(refusal instanceof SixpackError) || refusal.code === "invalid-body") throw refusal;
    return { route, args, refusal };
  }
}

/**
 * Runs the calls. Consecutive calls of one kind run in parallel; a conversion waits for the participations before it,
 * and the other way round, so that the result is the same as one after the other.
 */
export async function runBatch(
  calls: readonly BatchCall[],
  run: (call: Pick<BatchCall, "route" | "args">) => Answer | Promise<Answer>,
  { onDefect, debug }: Pick<ApiOptions, "onDefect" | "debug">,
): Promise<Answer> {
  const answers: Answer[] = [];
  for (let start = 0; start < calls.length; ) {
    const { route } = calls[start] ?? {};
    let end = start;
    while (end < calls.length && calls[end]?.route === route) end += 1;
    const answering = calls.slice(start, end).map(async ({ refusal, ...call }) => {
      try {
        if (refusal !== undefined) throw refusal;
        return await run(call);
      } catch (error) {
        if (!(error instanceof SixpackError) || error.code === "internal") onDefect(error);
        return failure(error, debug);
      }
    });
    answers.push(...(await Promise.all(answering)));
    start = end;
  }
  const bodies = answers.map(({ status, body }) => `{"http_status":${status},${body.slice(1)}`);
  return { status: 200, body: `{"status":"ok","answers":[${bodies.join(",")}]}` };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
