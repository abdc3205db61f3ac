/**
 * What was kept, and makes no sense: a tally or record that somebody else wrote, or that a disk or a Redis damaged. It
 * costs its own experiment, and is never counted as something it is not.
 */
import type { Assignment } from "../domain/assignment.ts";
import type { ClientKey } from "../domain/digest.ts";
import { isOfExperiment, reasonOf, SixpackError } from "../domain/errors.ts";
import type { Experiment } from "../domain/experiment.ts";
import type { Tally } from "../domain/tally.ts";
import type { Rest } from "../lib/exact-sum.ts";
import type { Joined, LinkTarget, OnUnreadable, StoredClient } from "./transfer.ts";

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

/** Whose records are read, and what they are held to. */
export interface RecordsOf extends Pick<Experiment, "life" | "alternatives" | "epochs"> {
  /** The epoch in force, where another process may have begun one since the definition was read; the last of `epochs` if missing. */
  readonly currentEpoch?: number;
}

/**
 * What lies under a client of an experiment.
 * @returns `undefined` where it makes no sense and `onUnreadable` has heard of it
 * @throws SixpackError experiment-unreadable: nobody hears of it
 */
export function readableClient(
  experiment: RecordsOf,
  client: ClientKey,
  read: () => StoredClient,
  onUnreadable: OnUnreadable | undefined,
): StoredClient | undefined {
  try {
    const stored = read();
    expectKnown(experiment, stored);
    return stored;
  } catch (error) {
    if (onUnreadable === undefined || !isOfExperiment(error)) throw error;
    onUnreadable(client, reasonOf(error));
    return undefined;
  }
}

/**
 * A record, or a link with a conflict, of an epoch or alternative that there never was is damaged. An epoch that the definition
 * does not know yet may have added alternatives since it was read. `ever_was` in `redis/lua/records.lua` says the same.
 * @throws SixpackError experiment-unreadable
 */
export function expectKnown(of: RecordsOf, stored: Pick<Joined, "assignment" | "epoch"> | LinkTarget): void {
  if (!("to" in stored)) expectEver(of, stored.assignment, stored.epoch);
  else if (stored.conflict !== undefined) {
    const { kept, takenOut } = stored.conflict;
    expectEver(of, kept, takenOut.epoch);
    expectEver(of, takenOut.assignment, takenOut.epoch);
  }
}

function expectEver(of: RecordsOf, assignment: Assignment, epoch: number): void {
  const { alternatives, epochs, currentEpoch = epochs.length - 1 } = of;
  if (epoch > currentEpoch) throw unreadable("a record", `epoch ${epoch}, where ${currentEpoch} is in force`);
  if (assignment.kind === "excluded" || assignment.index < alternatives.length || epoch >= epochs.length) return;
  throw unreadable("a record", `alternative ${assignment.index} of ${alternatives.length}`);
}

/** Counts are whole, sums finite. @param got what it was read from */
export function soundTally(tally: Tally, got: () => string): Tally {
  const { clients, events, sum, sumRest, squares, squaresRest } = tally;
  const areWhole = Number.isSafeInteger(clients) && Number.isSafeInteger(events);
  if (areWhole && areFinite(sum, sumRest) && areFinite(squares, squaresRest)) return tally;
  throw unreadable("a tally", got());
}

function areFinite(nearest: number, rest: Rest): boolean {
  return Number.isFinite(nearest) && (rest === undefined || rest.every(Number.isFinite));
}
