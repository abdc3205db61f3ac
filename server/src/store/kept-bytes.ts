/**
 * What was kept, and makes no sense: a tally or record that somebody else wrote, or that a disk or a Redis damaged. It
 * costs its own experiment, and is never counted as something it is not.
 */
import type { ClientKey } from "../domain/digest.ts";
import { isOfExperiment, reasonOf, SixpackError } from "../domain/errors.ts";
import type { Tally } from "../domain/tally.ts";
import type { OnUnreadable, StoredClient } from "./transfer.ts";

const SHOWN_BYTES_MAX = 40;

/** @param what "a tally", "a record"; followed by what came */
export function unreadable(what: string, got: string): SixpackError {
  return new SixpackError("experiment-unreadable", `Expected ${what} as this version keeps it, got ${got}`);
}

/** Decodes bytes. @throws SixpackError experiment-unreadable: they end too early, or say what nothing can mean */
export function decoded<Value>(what: string, bytes: Buffer, decode: (bytes: Buffer) => Value): Value {
  try {
    return decode(bytes);
  } catch {
    throw unreadable(what, `bytes ${bytes.toString("hex", 0, SHOWN_BYTES_MAX)}`);
  }
}

/**
 * What lies under a client.
 * @returns `undefined` where it makes no sense and `onUnreadable` has heard of it
 * @throws SixpackError experiment-unreadable: nobody hears of it
 */
export function readableClient(
  client: ClientKey,
  read: () => StoredClient,
  onUnreadable: OnUnreadable | undefined,
): StoredClient | undefined {
  try {
    return read();
  } catch (error) {
    if (onUnreadable === undefined || !isOfExperiment(error)) throw error;
    onUnreadable(client, reasonOf(error));
    return undefined;
  }
}

/** Counts are whole, sums finite. @param got what it was read from */
export function soundTally(tally: Tally, got: () => string): Tally {
  const { clients, events, sum, squares } = tally;
  if ([clients, events].every(Number.isSafeInteger) && Number.isFinite(sum) && Number.isFinite(squares)) return tally;
  throw unreadable("a tally", got());
}
