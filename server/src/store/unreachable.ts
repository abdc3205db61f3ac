/** What may be reached a moment later: Redis that doesn't answer, a folder that another process has open. Not damage. */
import { SixpackError } from "../domain/errors.ts";

export class StoreUnreachable extends SixpackError {
  constructor(detail: string, cause: unknown) {
    super("store-unavailable", detail, { cause });
  }
}
