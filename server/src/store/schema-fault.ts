/** What is wrong with a value that a schema refuses, in words. */
import type { TSchema } from "typebox";
import { Errors } from "typebox/value";
import { member } from "../lib/member.ts";
import { shownJson } from "../lib/shown-json.ts";
import { didYouMean } from "../lib/suggest.ts";

interface Fault {
  /** The keys that lead to it. */
  readonly steps: readonly string[];
  /** Such as "must be array". */
  readonly message: string;
  /** What stands there. */
  readonly value: unknown;
  /** Set if the schema doesn't know the last of the keys: "without" it, and which one may have been meant. */
  readonly stray?: string;
}

type SchemaError = ReturnType<typeof Errors>[number];

/** The first of a value that the schema refuses. */
export function firstFault(schema: TSchema, value: unknown): Fault | undefined {
  const errors = Errors(schema, value);
  if (errors.length === 0) return undefined;
  const { error, message = messageOf(error), at = error.schemaPath } = tellingOf(errors);
  const steps = keysIn(error.instancePath);
  const example = KINDS.has(error.keyword) ? exampleIn(schema, at) : "";
  const fault = { steps, message: `${message}${example}`, value: steps.reduce<unknown>(member, value) };
  if (error.keyword !== "boolean") return fault;
  const key = steps.at(-1) ?? "";
  return { ...fault, stray: `without ${JSON.stringify(key)}${didYouMean(key, knownKeys(schema, error))}` };
}

/**
 * The error that says most. Of a union every member tells why it refuses the value, and the first one is rarely the one that
 * was meant: that is the one whose kind the value has, so that it finds fault with a part of it. If there is none, the value
 * should have been any of them.
 */
function tellingOf(
  errors: readonly SchemaError[],
  from = 0,
): { readonly error: SchemaError; readonly message?: string; readonly at?: string } {
  const [first] = errors as readonly [SchemaError, ...SchemaError[]];
  const at = first.schemaPath.indexOf(MEMBER, from);
  if (at === -1) return { error: first };
  const union = first.schemaPath.slice(0, at);
  // The union itself speaks after its members.
  const end = errors.findIndex(({ keyword, schemaPath }) => keyword === "anyOf" && schemaPath === union);
  const told = errors.slice(0, end === -1 ? errors.length : end);
  const place = errors[end]?.instancePath ?? first.instancePath;
  const parts = told.filter(({ instancePath, keyword }) => instancePath.length > place.length || !KINDS.has(keyword));
  const [part] = parts;
  if (part !== undefined) {
    const member =
      part.schemaPath.slice(0, at + MEMBER.length) + part.schemaPath.slice(at + MEMBER.length).split("/")[0];
    return tellingOf(
      told.filter(({ schemaPath }) => schemaPath === member || schemaPath.startsWith(`${member}/`)),
      member.length,
    );
  }
  return { error: first, message: `must be ${either(told.flatMap(kindsIn))}`, at: union };
}

const MEMBER = "/anyOf/";

/** Keywords by which a schema refuses a value as a whole. */
const KINDS: ReadonlySet<string> = new Set(["type", "enum", "const"]);

/** What it should have been. */
function kindsIn({ keyword, params }: SchemaError): readonly string[] {
  const given = params as {
    readonly type?: unknown;
    readonly allowedValues?: unknown;
    readonly allowedValue?: unknown;
  };
  const kinds = keyword === "enum" ? given.allowedValues : keyword === "const" ? given.allowedValue : given.type;
  return [kinds].flat().flatMap((kind) => (kind === "" ? [] : [String(kind)]));
}

function messageOf(error: SchemaError): string {
  if (error.keyword === "required") {
    return `must have ${(error.params as { requiredProperties: readonly string[] }).requiredProperties.join(", ")}`;
  }
  return KINDS.has(error.keyword) ? `must be ${either(kindsIn(error))}` : error.message;
}

/** What to write there, as the schema or a member of its union shows it: the name of a kind alone says little of an object. */
function exampleIn(schema: TSchema, schemaPath: string): string {
  const there = schemaPath.split("/").slice(1).reduce<unknown>(member, schema);
  const [example] = [there, member(there, "anyOf")].flat().flatMap((one) => member(one, "examples") ?? []);
  return example === undefined ? "" : `, such as ${JSON.stringify(example)}`;
}

function either(words: readonly string[]): string {
  const [last = "", ...others] = [...new Set(words)].reverse();
  return others.length === 0 ? last : `${others.reverse().join(", ")} or ${last}`;
}

/** The keys that a schema knows where it refuses another one. */
function knownKeys(schema: TSchema, { schemaPath }: SchemaError): readonly string[] {
  const holder = schemaPath.split("/").slice(1, -1).reduce<unknown>(member, schema);
  return Object.keys(member(holder, "properties") ?? {});
}

/** Those of a JSON Pointer (RFC 6901). */
function keysIn(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** @param whole what to call the value itself */
export function faultOf(schema: TSchema, value: unknown, whole: string): string {
  const fault = firstFault(schema, value);
  if (fault === undefined) return "what this version keeps, got something else";
  const { steps, message, stray } = fault;
  if (stray !== undefined) return `${steps.slice(0, -1).join("/") || whole} ${stray}`;
  return steps.length === 0 ? `${whole}: ${message}` : `${steps.join("/")}: ${message}, got ${shownJson(fault.value)}`;
}
