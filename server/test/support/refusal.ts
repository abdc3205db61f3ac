/** How a call was refused. */
import { type ErrorCode, SixpackError } from "../../src/domain/errors.ts";

/** The code of the refusal that a call throws; fails where it throws nothing or something else. */
export function codeOf(call: () => unknown): ErrorCode {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    if (error instanceof SixpackError) return error.code;
    throw error;
  }
  throw new Error(`Expected a refusal, got ${JSON.stringify(result)}`);
}

/** The same for a call that answers later. */
export async function laterCodeOf(call: () => unknown): Promise<ErrorCode> {
  let result: unknown;
  try {
    result = await call();
  } catch (error) {
    if (error instanceof SixpackError) return error.code;
    throw error;
  }
  throw new Error(`Expected a refusal, got ${JSON.stringify(result)}`);
}
