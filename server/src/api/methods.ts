/** Which methods a path allows, and the answer to others. */
import type { Answer } from "./answer.ts";
import { refusal } from "./respond.ts";

type Methods = ReadonlySet<string | undefined>;

export const METHODS: Methods = new Set(["GET", "HEAD", "POST", "OPTIONS"]);
/** Routes that take a document in the body. */
export const DOCUMENT_METHODS: Methods = new Set(["POST", "OPTIONS"]);

export function allow(methods: Methods): readonly string[] {
  return ["Allow", [...methods].join(", ")];
}

export function methodNotAllowed(methods: Methods, method: string | undefined): Answer {
  const detail = `Expected ${[...methods].join(", ")}, got ${method}`;
  return { ...refusal("method-not-allowed", detail), headers: allow(methods) };
}
