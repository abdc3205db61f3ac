/** Reads the fields of a form or JSON body: each is a text, a list of them, or missing. */
import { Type } from "typebox";
import { SixpackError } from "../../domain/errors.ts";
import { quote } from "../../domain/names.ts";
import { member, noText } from "../../lib/member.ts";

/**
 * A field of a form or JSON body, as its text: programs that send JSON write `true` and `3`, where a form has "true" and "3".
 * Of one sent twice the first counts. `undefined` when it is missing or null.
 * @throws SixpackError invalid-form: it is an object
 */
export function formField(body: unknown, name: string): string | undefined {
  const value = member(body, name);
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return first === undefined || first === null ? undefined : textOf(name, first);
}

/** All values of a field, as `formField` reads one; none of one that is missing. @throws SixpackError invalid-form */
export function formValues(body: unknown, name: string): readonly string[] {
  const value = member(body, name) ?? [];
  return (Array.isArray(value) ? value : [value]).map((item) => textOf(name, item));
}

function textOf(name: string, value: unknown): string {
  if (typeof value !== "object") return String(value);
  if (value === null) return "";
  throw new SixpackError("invalid-form", noText(name, value));
}

/** @throws SixpackError invalid-form */
export function requiredField(body: unknown, name: string): string {
  const value = formField(body, name);
  if (value === undefined) throw new SixpackError("invalid-form", `Expected a field \`${name}\` with text, got none`);
  return value;
}

/**
 * A field that holds a list: sent several times, as one text with commas, or as a list in JSON.
 * @throws SixpackError invalid-form
 */
export function formList(body: unknown, name: string): readonly string[] {
  const values = formValues(body, name);
  const items = Array.isArray(member(body, name)) ? values : values.flatMap((text) => text.split(","));
  if (items.length === 0) throw new SixpackError("invalid-form", `Expected a field \`${name}\` with a list, got none`);
  return items;
}

/** Left out it is `undefined`. @throws SixpackError invalid-form */
export function flagField(body: unknown, name: string): boolean | undefined {
  const raw = formField(body, name);
  if (raw === undefined || raw === "true" || raw === "false") return raw === undefined ? undefined : raw === "true";
  throw new SixpackError("invalid-form", `Expected \`${name}\` as true or false, got ${quote(raw)}`);
}

/** The largest number that `numberField` reads, of 15 digits. */
export const WHOLE_NUMBER_MAX = 999_999_999_999_999;

/** Left out it is `undefined`. @throws SixpackError invalid-form */
export function numberField(body: unknown, name: string): number | undefined {
  return formField(body, name) === undefined ? undefined : requiredNumber(body, name);
}

/** @throws SixpackError invalid-form */
export function requiredNumber(body: unknown, name: string): number {
  const raw = requiredField(body, name);
  if (/^\d{1,15}$/.test(raw)) return Number(raw);
  throw new SixpackError("invalid-form", `Expected \`${name}\` as a number, got ${quote(raw)}`);
}

/** @param otherwise what it is when it is left out; `undefined` where it must be there. @throws SixpackError invalid-form */
export function choiceField<T extends string>(body: unknown, name: string, choices: readonly T[], otherwise?: T): T {
  const raw = formField(body, name) ?? "";
  const choice = raw === "" ? otherwise : choices.find((candidate) => candidate === raw);
  if (choice !== undefined) return choice;
  throw new SixpackError("invalid-form", `Expected \`${name}\` as ${choices.join(" or ")}, got ${quote(raw)}`);
}

/** The schema of what `choiceField` reads. */
export function choice(
  choices: readonly string[],
  options: { readonly default?: string | undefined; readonly description?: string } = {},
) {
  return Type.Enum([...choices], { type: "string", ...options });
}
