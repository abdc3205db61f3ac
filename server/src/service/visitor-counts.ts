/**
 * How many calls the visitor filter answered without recording them, by experiment, since this process began. No tally
 * has them, because robots are not part of the data; but a filter that catches people should be noticed.
 */
import type { Experiment } from "../domain/experiment.ts";

export interface VisitorCount {
  /** Calls of `/participate` that named the experiment. */
  readonly calls: number;
  /** Those of robots and ignored addresses among them. */
  readonly filtered: number;
}

export class VisitorCounts {
  /** By life. */
  readonly #counts = new Map<number, { calls: number; filtered: number }>();

  count({ life }: Experiment, filtered: boolean): void {
    let counts = this.#counts.get(life);
    if (counts === undefined) {
      counts = { calls: 0, filtered: 0 };
      this.#counts.set(life, counts);
    }
    counts.calls += 1;
    if (filtered) counts.filtered += 1;
  }

  of({ life }: Experiment): VisitorCount {
    return this.#counts.get(life) ?? { calls: 0, filtered: 0 };
  }
}
