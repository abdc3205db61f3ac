/**
 * Doing something that looks at a whole before it writes a part of it, one at a time in all processes: whoever does it holds
 * a lease meanwhile. Those of one process wait in line, so that hundreds that come at once all get their turn. Whoever was
 * stopped for so long that the lease ran out before the write looks again, because others may have written.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { SixpackError } from "../domain/errors.ts";
import { alone } from "./alone.ts";
import type { ServiceContext } from "./context.ts";

/** How often something that somebody else is doing is asked for, and the pause between, in milliseconds. */
const TRIES_MAX = 100;
const PAUSE_MS = 50;

/** What waits in this process, by store and lease. */
const lines = new WeakMap<object, Map<string, Promise<unknown>>>();

/** Reads and refuses, and returns what writes. May be done more than once. */
type Look<Result> = () => Promise<() => Promise<Result>>;

/**
 * @param what is looked at, as a message calls it
 * @throws SixpackError experiment-busy where others do the same for seconds; whatever `look` throws
 */
export async function oneAtATime<Result>(
  context: Pick<ServiceContext, "store">,
  what: string,
  look: Look<Result>,
): Promise<Result> {
  const line = lines.get(context.store) ?? new Map<string, Promise<unknown>>();
  lines.set(context.store, line);
  const result = (line.get(what) ?? Promise.resolve()).then(() => leased(context, what, look));
  const last = result.catch(() => {});
  line.set(what, last);
  try {
    return await result;
  } finally {
    if (line.get(what) === last) line.delete(what);
  }
}

async function leased<Result>(
  context: Pick<ServiceContext, "store">,
  what: string,
  look: Look<Result>,
): Promise<Result> {
  // Two acts must not share the lease: the first to end would give it up for both.
  const holder = randomUUID();
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const done = await alone(context, what, holder, async (stillAlone) => {
      const write = await look();
      return stillAlone() ? { result: await write() } : undefined;
    });
    if (done !== undefined) return done.result;
    await sleep(PAUSE_MS);
  }
  throw new SixpackError("experiment-busy", `Expected the ${what} to rest for a moment, got changes by others`);
}
