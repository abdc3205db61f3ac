/**
 * Whether a store takes writes, asked and told in one place for every engine.
 *
 * A store that answers may take no writes: a full disk, a Redis without memory or one that has become a replica. It isn't
 * asked to write as long as calls succeed. When one fails, and for every `/readyz`, a write that changes nothing finds out; while
 * that fails it is tried again several times a second, so that the store is known to be well without any traffic, and the
 * Redis engine finds the server that took over (`redis/node.ts`).
 */
import { reasonOf, SixpackError } from "../domain/errors.ts";
import { Episode } from "../ops/episode.ts";

/** Pause between two probes, in milliseconds: callers come back within a second or two of the mending. */
const PROBE_EVERY_MS = 250;

export interface WriteEvents {
  /** Writes fail, and why: when it begins, and when another reason takes over. Every reason once until they succeed. */
  readonly onLost: (reason: string) => void;
  /** Writes succeed again, after so many milliseconds. */
  readonly onRegained: (afterMs: number) => void;
}

export class WriteWatch {
  readonly #probe: () => Promise<void>;
  readonly #events: WriteEvents;
  #probing: Promise<void> | undefined;
  /** When it was last found that a call had failed for reasons of its own. */
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
   * Hears why a call failed. One call may fail for reasons of its own, so the store is asked: at once, before the engine has
   * found another server, unless it was asked for the same reason a moment ago.
   */
  noticed(error: unknown): void {
    if (this.#probing !== undefined || this.#timer !== undefined) return;
    if (!(error instanceof SixpackError) || error.code !== "store-unavailable") return;
    this.#checkIn(this.#foundWellAtMs + PROBE_EVERY_MS - performance.now());
  }

  /** From now on nobody is asked or told by itself. */
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
    // Nobody waits for this one; whoever does hears of a failure.
    const check = () => void this.check().then(well, () => {});
    if (waitMs <= 0) check();
    else this.#timer = setTimeout(check, waitMs).unref();
  }
}
