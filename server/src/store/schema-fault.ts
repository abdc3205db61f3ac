/** What is wrong with a value that a schema refuses, in words. */
import type { TSchema } from "typebox";
import { Errors } from "typebox/value";
import { member } from "../lib/member.ts";

interface Fault {
  /** The keys that lead to it. */
  readonly steps: readonly string[];
  /** Such as "must be array". */
  readonly message: string;
  readonly keyword: string;
  /** What stands there. */
  readonly value: unknown;
}

/** The first of a value that the schema refuses. */
export function firstFault(schema: TSchema, value: unknown): Fault | undefined {
  const [first] = Errors(schema, value);
  if (first === undefined) return undefined;
  // A JSON Pointer (RFC 6901).
  const steps = first.instancePath
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  return { steps, message: first.message, keyword: first.keyword, value: steps.reduce<unknown>(member, value) };
}

/** @param whole what to call the value itself */
export function faultOf(schema: TSchema, value: unknown, whole: string): string {
  const fault = firstFault(schema, value);
  if (fault === undefined) return "what this version keeps, got something else";
  const { steps, message } = fault;
  return steps.length === 0 ? `${whole}: ${message}` : `${steps.join("/")}: ${message}, got ${shown(fault.value)}`;
}

const SHOWN_LENGTH_MAX = 80;

export function shown(value: unknown): string {
  const text = jsonOf(value);
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text;
}

/** JSON can be read that is nested deeper than it can be written. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return "what is nested too deeply";
  }
}
