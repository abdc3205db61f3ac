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

/** An argument of the query string. */
export function queryField(query: unknown, name: string): string | undefined {
  return formField(query, name);
}

/** The field of a form that carries its token; see `csrf.ts`. */
export const CSRF_FIELD = "_csrf_token";

/** The field of a form into which the name of the experiment is typed before it is lost. */
export const TYPED_FIELD = "confirm_name";

/** All fields of a form that a person could have filled in, for showing it again. */
export function formFields(body: unknown): Readonly<Record<string, string>> {
  const names = typeof body === "object" && body !== null ? Object.keys(body) : [];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = name === CSRF_FIELD ? undefined : formField(body, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
