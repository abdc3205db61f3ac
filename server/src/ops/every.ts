/**
 * Work that a process does now and then until it stops.
 *
 *     every({ log, shutdown }, { name: "watch", intervalMs: 10_000, work, trouble: "could not look", mended: "looks again" });
 */
import { reasonOf, SixpackError } from "../domain/errors.ts";
import { Episode } from "./episode.ts";
import type { Logger } from "./log.ts";
import type { Shutdown } from "./shutdown.ts";

/** What went wrong in a round, and with which experiment if not with all. */
export interface Trouble {
  readonly error: unknown;
  readonly experiment?: string;
}

export interface Recurrent {
  /** What it is called among the things that are closed. */
  readonly name: string;
  readonly intervalMs: number;
  /** Resolves with the parts that failed; throws if all of it failed. */
  readonly work: () => Promise<readonly Trouble[]>;
  /** What the log says when something went wrong: once, however many turns it lasts. */
  readonly trouble: string;
  /** What the log says of the first turn after it in which nothing does. */
  readonly mended: string;
}

/**
 * Runs the work every `intervalMs`, never twice at once: a round is skipped while the last one is running, because on a
 * slow store they would pile up. After a failed round the next one runs all the same.
 */
export function every(
  { log, shutdown }: { readonly log: Logger; readonly shutdown: Shutdown },
  { name, intervalMs, work, trouble, mended }: Recurrent,
): void {
  const episode = new Episode();
  let working = false;
  const timer = setInterval(async () => {
    if (working) return;
    working = true;
    const troubles = await work().catch((error: unknown) => [{ error }]);
    working = false;
    // A store that is closing refuses everything: that is no trouble.
    if (shutdown.begun) return;
    for (const one of troubles) {
      if (episode.isNews(keyOf(one))) log.warn({ ...fieldsOf(one), failed: troubles.length }, trouble);
    }
    if (troubles.length > 0) return;
    const afterMs = episode.end();
    if (afterMs !== undefined) log.warn({ ms: Math.round(afterMs) }, mended);
  }, intervalMs);
  timer.unref();
  shutdown.add(name, async () => clearInterval(timer));
}

/** A store that can't be reached gives a reason in every round, and rarely the same one. */
function keyOf({ error, experiment }: Trouble): string {
  return `${error instanceof SixpackError ? error.code : reasonOf(error)} ${experiment}`;
}

/** Where an error comes from matters only if nobody expected it. */
function fieldsOf({ error, experiment }: Trouble) {
  const told = error instanceof SixpackError ? { error: reasonOf(error) } : { err: error };
  return experiment === undefined ? told : { experiment, ...told };
}
