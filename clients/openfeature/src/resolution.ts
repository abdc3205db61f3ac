/** From the alternative that a client gets to a flag's value, in OpenFeature's words. */
import {
  FlagNotFoundError,
  GeneralError,
  type JsonValue,
  type ResolutionDetails,
  StandardResolutionReasons,
  TypeMismatchError,
} from "@openfeature/core";
import type { Participation, Session } from "@sixpack/client";
import type { Flag } from "./flags.ts";

/** Why a client sees what it sees, by the server's account. */
export type Reason = string;

export interface Resolved {
  readonly participation: Participation;
  readonly reason: Reason;
}

export type FlagType = "boolean" | "string" | "number" | "object";

/** What the server is told of the visitor besides its id. */
export interface Visitor {
  readonly userAgent?: string | undefined;
  readonly ipAddress?: string | undefined;
}

/** @throws FlagNotFoundError */
export function flagOf(flags: Readonly<Record<string, Flag>>, key: string): Flag {
  const flag = Object.hasOwn(flags, key) ? flags[key] : undefined;
  if (flag === undefined) throw new FlagNotFoundError(`Expected one of the provider's flags, got ${key}`);
  return flag;
}

/** @throws GeneralError when there was no answer, so that the caller gets its default; TypeMismatchError */
export function details<T extends JsonValue>(flag: Flag, resolved: Resolved, type: FlagType): ResolutionDetails<T> {
  const { participation, reason } = resolved;
  const { alternative, failure } = participation;
  if (failure !== undefined) throw new GeneralError(`${failure.code}: ${failure.message}`);
  const { values } = flag;
  const value = values !== undefined && Object.hasOwn(values, alternative) ? values[alternative] : alternative;
  if (typeof value !== type || value === null) {
    throw new TypeMismatchError(`Expected a ${type} for ${alternative}, got ${JSON.stringify(value)}`);
  }
  return { value: value as T, variant: alternative, reason };
}

/** The reason for one experiment. Asked without taking part, so that it may run beside the participation. */
export async function reasonOf(
  session: Session,
  experiment: string,
  visitor: Visitor,
  timeoutMs = 500,
): Promise<Reason> {
  const answer = await evaluate(session, `/${encodeURIComponent(experiment)}`, visitor, timeoutMs);
  // The participation beside it is making the experiment.
  if (answer["errorCode"] === "FLAG_NOT_FOUND") return StandardResolutionReasons.SPLIT;
  return reasonIn(answer);
}

/** The reasons for all experiments of the server, by name. */
export async function reasonsOf(
  session: Session,
  visitor: Visitor,
  timeoutMs = 500,
): Promise<ReadonlyMap<string, Reason>> {
  const { flags } = await evaluate(session, "", visitor, timeoutMs);
  const evaluations: readonly Record<string, unknown>[] = Array.isArray(flags) ? flags : [];
  return new Map(evaluations.map((evaluation) => [String(evaluation["key"]), reasonIn(evaluation)]));
}

function reasonIn({ reason }: Record<string, unknown>): Reason {
  return typeof reason === "string" ? reason : StandardResolutionReasons.UNKNOWN;
}

/** The server's OpenFeature endpoint; an empty object for whatever goes wrong, because a reason is only told to people. */
async function evaluate(
  session: Session,
  path: string,
  { userAgent, ipAddress }: Visitor,
  timeoutMs: number,
): Promise<Record<string, unknown>> {
  const context = { targetingKey: session.clientId, userAgent, ipAddress, sixpackRecord: false };
  try {
    const response = await fetch(`${session.baseUrl}/ofrep/v1/evaluate/flags${path}`, {
      method: "POST",
      body: JSON.stringify({ context }),
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    return Object(await response.json());
  } catch {
    return {};
  }
}
