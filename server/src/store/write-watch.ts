/**
 * Watches whether a store takes writes, for every engine.
 *
 * A store that answers may take no writes: a full disk, a Redis without memory or one that has become a replica. As
 * long as calls succeed, nothing is tested. When one fails, and for every `/readyz`, a write that changes nothing is
 * tried. While it fails it is repeated several times a second: so a recovery is noticed without any traffic, and the
 * Redis engine finds the server that took over (`redis/node.ts`).
 */
import { reasonOf, SixpackError } from "../domain/errors.ts";
import { Episode } from "../ops/episode.ts";

/** Pause between two probes, in milliseconds: calls work again within a second or two of the recovery. */
const PROBE_EVERY_MS = 250;

interface WriteEvents {
  /** Writes fail, and why: when it begins, and when another reason takes over. Every reason once until they succeed. */
  readonly onLost: (reason: string) => void;
  /** Writes succeed again, after so many milliseconds. */
  readonly onRegained: (afterMs: number) => void;
}

export class WriteWatch {
  readonly #probe: () => Promise<void>;
  readonly #events: WriteEvents;
  #probing: Promise<void> | undefined;
  /** When a probe last showed that a call had failed for another reason. */
  #foundWellAtMs = Number.NEGATIVE_INFINITY;
  readonly #episode = new Episode();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param probe a write that changes nothing, as `Store.probe` */
  constructor(probe: () => Promise<void>, events: WriteEvents) {
    this.#probe = probe;
    this.#events = events;
  }

  /** Probes now, or waits for the probe that is under way. @throws SixpackError store-unavailable: what keeps writes out */
  check(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#probing ??= this.#look().finally(() => {
      this.#probing = undefined;
      if (this.#episode.lasts) this.#checkIn(PROBE_EVERY_MS);
    });
    return this.#probing;
  }

  /**
   * Called when a call failed. The call itself may be the reason, so the store is probed: at once, before the engine
   * finds another server, unless that was done for the same reason a moment ago.
   */
  noticed(error: unknown): void {
    if (this.#probing !== undefined || this.#timer !== undefined) return;
    if (!(error instanceof SixpackError) || error.code !== "store-unavailable") return;
    this.#checkIn(this.#foundWellAtMs + PROBE_EVERY_MS - performance.now());
  }

  /** Stops probing and reporting. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    try {
      await this.#probe();
    } catch (error) {
      this.#lost(error);
      throw error;
    }
    this.#regained();
  }

  #lost(error: unknown): void {
    if (this.#stopped) return;
    const reason = reasonOf(error);
    if (this.#episode.isNews(reason)) this.#events.onLost(reason);
  }

  #regained(): void {
    if (this.#stopped) return;
    const afterMs = this.#episode.end();
    if (afterMs !== undefined) this.#events.onRegained(afterMs);
  }

  #checkIn(waitMs: number): void {
    if (this.#stopped) return;
    const well = () => {
      this.#foundWellAtMs = performance.now();
    };
    // No caller waits for this probe. Callers that wait for one get its error.
    const check = () => void this.check().then(well, () => {});
    if (waitMs <= 0) check();
    else this.#timer = setTimeout(check, waitMs).unref();
  }
}
