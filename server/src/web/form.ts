/** Reading queries and forms: their values are text or not there, whatever was sent. */
import { SixpackError } from "../domain/errors.ts";

/** A field of a form or JSON body; of one sent twice the first counts. `undefined` when it is missing or no text. */
export function formField(body: unknown, name: string): string | undefined {
  if (typeof body !== "object" || body === null || !Object.hasOwn(body, name)) return undefined;
  const value: unknown = Reflect.get(body, name);
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === "string" ? first : undefined;
}

/** @throws SixpackError invalid-form */
export function requiredField(body: unknown, name: string): string {
  const value = formField(body, name);
  if (value === undefined) throw new SixpackError("invalid-form", `Expected a field \`${name}\` with text, got none`);
  return value;
}

/** The same where JSON may hold a number. */
export function textField(body: unknown, name: string): string | undefined {
  const text = formField(body, name);
  if (text !== undefined || typeof body !== "object" || body === null || !Object.hasOwn(body, name)) return text;
  const value: unknown = Reflect.get(body, name);
  return typeof value === "number" ? String(value) : undefined;
}

/**
 * A field that holds a list: sent several times, as one text with commas, or as a list of texts or numbers in JSON.
 * @throws SixpackError invalid-form
 */
export function formList(body: unknown, name: string): readonly string[] {
  const value: unknown =
    typeof body === "object" && body !== null && Object.hasOwn(body, name) ? Reflect.get(body, name) : undefined;
  const items: readonly unknown[] = Array.isArray(value) ? value : typeof value === "string" ? value.split(",") : [];
  if (items.length === 0) throw new SixpackError("invalid-form", `Expected a field \`${name}\` with a list, got none`);
  return items.map((item) => (typeof item === "string" || typeof item === "number" ? String(item) : ""));
}

/** An argument of the query string. */
export function queryField(query: unknown, name: string): string | undefined {
  return formField(query, name);
}

/** The field of a form that carries its token; see `access/csrf.ts`. */
export const CSRF_FIELD = "_csrf_token";

/** The field of a form into which the name of the experiment is typed before it is lost. */
export const TYPED_FIELD = "confirm_name";

/** Fields that `formList` reads. */
const LIST_FIELDS: ReadonlySet<string> = new Set(["weights", "kpi", "role", "better", "decides_on", "margin"]);

function joined(body: unknown, name: string): string {
  return formList(body, name).join(",");
}

/** All fields of a form that a person could have filled in, for showing it again. */
export function formFields(body: unknown): Readonly<Record<string, string>> {
  const names = typeof body === "object" && body !== null ? Object.keys(body) : [];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value =
        name === CSRF_FIELD ? undefined : LIST_FIELDS.has(name) ? joined(body, name) : formField(body, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
