/** What is wrong with a value that a schema refuses, in words. */
import type { TSchema } from "typebox";
import { Errors } from "typebox/value";
import { member } from "../lib/member.ts";

/** @param whole what to call the value itself */
export function faultOf(schema: TSchema, value: unknown, whole: string): string {
  const [first] = Errors(schema, value);
  if (first === undefined) return "what this version keeps, got something else";
  const at = first.instancePath.slice(1);
  const got = at === "" ? undefined : at.split("/").reduce<unknown>(member, value);
  return `${at === "" ? whole : at}: ${first.message}${got === undefined ? "" : `, got ${shown(got)}`}`;
}

const SHOWN_LENGTH_MAX = 80;

export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text;
}
