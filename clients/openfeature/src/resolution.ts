/** From the alternative that a client gets to a flag's value, in OpenFeature's words. */
import {
  FlagNotFoundError,
  GeneralError,
  type JsonValue,
  type ResolutionDetails,
  StandardResolutionReasons,
  TypeMismatchError,
} from "@openfeature/core";
import type { Participation } from "@sixpack/client";
import type { Flag } from "./flags.ts";

export type FlagType = "boolean" | "string" | "number" | "object";

/** @throws FlagNotFoundError */
export function flagOf(flags: Readonly<Record<string, Flag>>, key: string): Flag {
  const flag = Object.hasOwn(flags, key) ? flags[key] : undefined;
  if (flag === undefined) throw new FlagNotFoundError(`Expected one of the provider's flags, got ${key}`);
  return flag;
}

/** @throws GeneralError when there was no answer, so that the caller gets its default; TypeMismatchError */
export function details<T extends JsonValue>(
  flag: Flag,
  { alternative, reason = "", failure }: Participation,
  type: FlagType,
): ResolutionDetails<T> {
  if (failure !== undefined) throw new GeneralError(`${failure.code}: ${failure.message}`);
  const { values } = flag;
  const value = values !== undefined && Object.hasOwn(values, alternative) ? values[alternative] : alternative;
  if (typeof value !== type || value === null) {
    throw new TypeMismatchError(`Expected a ${type} for ${alternative}, got ${JSON.stringify(value)}`);
  }
  const told = Object.hasOwn(REASONS, reason) ? REASONS[reason] : undefined;
  return { value: value as T, variant: alternative, reason: told ?? UNKNOWN };
}

const { SPLIT, STATIC, DISABLED, DEFAULT, UNKNOWN } = StandardResolutionReasons;

/** OpenFeature's word for what the server says of an answer (docs/http-api.md). */
const REASONS: Readonly<Record<string, string>> = {
  assigned: SPLIT,
  prefetched: SPLIT,
  winner: STATIC,
  forced: STATIC,
  disabled: DISABLED,
  paused: DISABLED,
  archived: DISABLED,
  excluded: DEFAULT,
  "outside-slice": DEFAULT,
  filtered: DEFAULT,
  "unknown-to-caller": DEFAULT,
  "intake-closed": DEFAULT,
  "no-experiment": DEFAULT,
};
