/**
 * OpenFeature Remote Evaluation Protocol, so that the stock provider of any language works: every experiment is a flag
 * whose variants are its alternatives. The flag must exist; `targetingKey` is the client id.
 *
 * The value of a flag is the alternative's name; experiments between `true` and `false`, or `on` and `off`, are boolean
 * flags. The evaluation of one flag takes part in its experiment, as the protocol has no other call that could, unless
 * the context says `sixpackRecord: false`. The evaluation of all flags never does: a flag that was fetched may never be
 * shown.
 *
 * Specification: OpenFeature protocol repository, service/openapi.yaml, version 0.2.
 */
import { hash } from "node:crypto";
import { type Static, Type } from "typebox";
import { SixpackError } from "../domain/errors.ts";
import { type ClientId, parseClientId } from "../domain/names.ts";
import { member } from "../lib/member.ts";
import { holdsTag } from "../ops/etag.ts";
import type { ServiceContext } from "../service/context.ts";
import { EVALUATION_REASONS, type Evaluation, evaluate, type Visitor } from "../service/evaluate.ts";
import { unlessUnreadable } from "../service/unless-unreadable.ts";
import type { Answer } from "./answer.ts";

const EVALUATION_ERRORS = ["PARSE_ERROR", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "FLAG_NOT_FOUND"] as const;

export const FLAG = Type.Object({
  key: Type.String(),
  reason: Type.Enum([...EVALUATION_REASONS]),
  variant: Type.String(),
  value: Type.Union([Type.String(), Type.Boolean()]),
  metadata: Type.Object({}),
});

export const FLAGS = Type.Object({ flags: Type.Array(FLAG) });

export const EVALUATION_FAILURE = Type.Object({
  key: Type.Optional(Type.String()),
  errorCode: Type.Enum([...EVALUATION_ERRORS]),
  errorDetails: Type.String(),
});
export type EvaluationFailure = Static<typeof EVALUATION_FAILURE>;

/** The body of both calls, as far as it is read. */
export const EVALUATION_CONTEXT = Type.Object({
  context: Type.Object({
    targetingKey: Type.String({ minLength: 1 }),
    userAgent: Type.Optional(Type.String()),
    ipAddress: Type.Optional(Type.String()),
    sixpackRecord: Type.Optional(Type.Boolean({ description: "`false` asks for one flag without taking part" })),
  }),
});

/** `POST /ofrep/v1/evaluate/flags/<key>` */
export async function evaluateFlag(context: ServiceContext, key: string, text: string): Promise<Answer> {
  const visitor = parseVisitor(text);
  if ("errorCode" in visitor) return evaluationRefusal(400, visitor.errorCode, visitor.errorDetails, key);
  const experiment = await context.store.definitions.read(key);
  const evaluation = experiment && (await evaluate(context, experiment, visitor));
  if (evaluation === undefined)
    return evaluationRefusal(404, "FLAG_NOT_FOUND", "Expected the name of an experiment", key);
  return { status: 200, body: JSON.stringify(flag(evaluation)) };
}

/**
 * `POST /ofrep/v1/evaluate/flags`: all running experiments, with an ETag over what was answered. @param onTouched
 * called with the number of experiments that are evaluated
 */
export async function evaluateFlags(
  context: ServiceContext,
  text: string,
  ifNoneMatch: string | undefined,
  onTouched: (experiments: number) => void,
): Promise<Answer> {
  const visitor = parseVisitor(text);
  if ("errorCode" in visitor) return evaluationRefusal(400, visitor.errorCode, visitor.errorDetails);
  const experiments = (await context.store.definitions.list()).filter(({ archived }) => !archived);
  onTouched(experiments.length);
  const asking = { ...visitor, record: false };
  const evaluations = await Promise.all(
    experiments.map((experiment) => unlessUnreadable(evaluate(context, experiment, asking), undefined)),
  );
  // An experiment that was deleted meanwhile, or that can't be read, is left out.
  const found = evaluations.filter((evaluation) => evaluation !== undefined);
  const flags = found.map(flag).sort((a, b) => (a.key < b.key ? -1 : 1));
  const body = JSON.stringify({ flags });
  const etag = `"${hash("sha1", body)}"`;
  const headers = ["ETag", etag];
  return holdsTag(ifNoneMatch, etag) ? { status: 304, body: "", headers } : { status: 200, body, headers };
}

function flag({ experiment, alternative, reason }: Evaluation): Static<typeof FLAG> {
  return {
    key: experiment.name,
    reason,
    variant: alternative,
    value: flagValue(experiment, alternative),
    metadata: {},
  };
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map(
  Object.entries({ true: true, false: false, on: true, off: false }),
);

function flagValue({ alternatives }: Evaluation["experiment"], alternative: string): string | boolean {
  const isBoolean = alternatives.every(({ name }) => BOOLEANS.has(name));
  return isBoolean ? (BOOLEANS.get(alternative) ?? alternative) : alternative;
}

export function parseVisitor(text: string): Visitor | EvaluationFailure {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { errorCode: "PARSE_ERROR", errorDetails: 'Expected a JSON body {"context":{"targetingKey":…}}' };
  }
  const given = member(body, "context");
  if (typeof given !== "object" || given === null) {
    return { errorCode: "INVALID_CONTEXT", errorDetails: "Expected `context` as an object" };
  }
  const key = member(given, "targetingKey");
  if (typeof key !== "string" || key === "") {
    return { errorCode: "TARGETING_KEY_MISSING", errorDetails: "Expected `context.targetingKey`: the client id" };
  }
  let client: ClientId;
  try {
    client = parseClientId(key);
  } catch (error) {
    const details = error instanceof SixpackError ? error.detail : undefined;
    return { errorCode: "INVALID_CONTEXT", errorDetails: details ?? "Expected another targetingKey" };
  }
  return {
    client,
    userAgent: textField(given, "userAgent"),
    address: textField(given, "ipAddress"),
    segments: segmentsIn(given),
    record: member(given, "sixpackRecord") !== false,
  };
}

/** Members `segment.<dimension>`, and those of `segment`, where a provider nests them. */
function segmentsIn(given: object): ReadonlyMap<string, string> | undefined {
  const nested = member(given, "segment");
  const named = Object.entries(given).flatMap(([name, value]) =>
    name.startsWith("segment.") ? [[name.slice("segment.".length), value]] : [],
  );
  const members = [...(typeof nested === "object" && nested !== null ? Object.entries(nested) : []), ...named];
  if (members.length === 0) return undefined;
  return new Map(members.flatMap(([name, value]) => (typeof value === "object" ? [] : [[name, `${value}`] as const])));
}

function textField(value: unknown, name: string): string | undefined {
  const text = member(value, name);
  return typeof text === "string" ? text : undefined;
}

export function evaluationRefusal(
  status: number,
  errorCode: EvaluationFailure["errorCode"],
  errorDetails: string,
  key?: string,
): Answer {
  return { status, body: JSON.stringify({ key, errorCode, errorDetails }) };
}
