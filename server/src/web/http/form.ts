/** Reads queries and forms: each value is a text or missing, whatever was sent. */
import type { FastifyRequest } from "fastify";
import { member } from "../../lib/member.ts";
import { formField } from "../../service/administer/fields.ts";

/** An argument of the query string. */
export function queryField(query: unknown, name: string): string | undefined {
  return formField(query, name);
}

/** An argument that may be given several times. */
export function queryList(query: unknown, name: string): readonly string[] {
  const value = member(query, name);
  return (Array.isArray(value) ? value : [value]).filter((item) => typeof item === "string");
}

/** Those of `names` that were sent; every one is a key of the answer. */
export function queryFields<Name extends string>(
  { query }: FastifyRequest,
  names: readonly Name[],
): Record<Name, string | undefined> {
  const fields = Object.fromEntries(names.map((name) => [name, queryField(query, name)]));
  return fields as Record<Name, string | undefined>;
}

/** The field of a form that carries its token; see `access/csrf.ts`. */
export const CSRF_FIELD = "_csrf_token";

/** The field of a form into which the name of the experiment is typed before it is lost. */
export const TYPED_FIELD = "confirm_name";

/** The field of a form with the path of the page where it stands, to which it leads back. */
export const BACK_FIELD = "back";

/** The field by which a form says that it means to override a file in a repository. */
export const OVERRIDE_FIELD = "override_repo";

/** What the fields of a form that waits for a login are called in front of their names. */
export const PENDING = "pending.";
const PENDING_TYPED_FIELD = `${PENDING}${TYPED_FIELD}`;

/** A field as it was sent: its name may stand there several times. */
export type SentField = readonly [name: string, value: string];

/**
 * All fields of a form but its token, for showing it again. The name that is typed before something is lost has to be typed
 * anew: it stands for having looked at what goes.
 */
export function sentFields(body: unknown): readonly SentField[] {
  if (typeof body !== "object" || body === null) return [];
  return Object.entries(body as Readonly<Record<string, unknown>>).flatMap(([name, value]) => {
    if (name === CSRF_FIELD) return [];
    const isTyped = name === TYPED_FIELD || name === PENDING_TYPED_FIELD;
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.flatMap((one): SentField[] => (typeof one === "string" ? [[name, isTyped ? "" : one]] : []));
  });
}
