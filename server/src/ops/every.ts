/**
 * Work that a process does now and then until it stops.
 *
 *     every({ log, shutdown }, { name: "watch", intervalMs: 10_000, work, trouble: "could not look" });
 */
import type { Logger } from "./log.ts";
import type { Shutdown } from "./shutdown.ts";

export interface Recurrent {
  /** What it is called among the things that are closed. */
  readonly name: string;
  readonly intervalMs: number;
  readonly work: () => Promise<void>;
  /** What the log says when the work failed. */
  readonly trouble: string;
}

/**
 * Works every `intervalMs`, never twice at once: a turn is left out while the last one is under way, because on a slow
 * store they would pile up. A turn that fails is logged, and the next one comes all the same.
 */
export function every(
  { log, shutdown }: { readonly log: Logger; readonly shutdown: Shutdown },
  { name, intervalMs, work, trouble }: Recurrent,
): void {
  let working = false;
  const timer = setInterval(async () => {
    if (working) return;
    working = true;
    try {
      await work();
    } catch (error) {
      log.warn({ err: error }, trouble);
    } finally {
      working = false;
    }
  }, intervalMs);
  timer.unref();
  shutdown.add(name, async () => clearInterval(timer));
}
