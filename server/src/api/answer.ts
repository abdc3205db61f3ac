/** An answer before it is written, and the parts that the schemas of answers share. */
import { type Static, type TSchema, Type } from "typebox";

export interface Answer {
  readonly status: number;
  /** JSON, or the text of another content type. */
  readonly body: string;
  /** Left out for JSON. */
  readonly contentType?: string;
  /** Further headers, flat: name, value, name, value. */
  readonly headers?: readonly string[];
}

export const OK = Type.Literal("ok");
export const NAMED = Type.Object({ name: Type.String() });

/** An answer of 200 that is held to its schema by the compiler. */
export function json<Schema extends TSchema>(body: Static<Schema>): Answer {
  return { status: 200, body: JSON.stringify(body) };
}
