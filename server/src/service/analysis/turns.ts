/**
 * Runs work in small steps between requests: one step per turn of the event loop, for all callers together. So a
 * request never waits longer than the longest step.
 */
import { afterAnswers } from "../../lib/next-turn.ts";

export class Turns {
  readonly #waiting: (() => void)[] = [];
  #scheduled = false;

  /** Runs one step of a few milliseconds at most when its turn comes. Rejects with what it throws. */
  run<T>(piece: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(piece());
        } catch (error) {
          reject(error);
        }
      });
      this.#schedule();
    });
  }

  /** Runs a computation that pauses, one turn for every step. Rejects with what it throws. */
  async runSteps<T>(steps: Generator<void, T, void>): Promise<T> {
    for (;;) {
      const step = await this.run(() => steps.next());
      if (step.done === true) return step.value;
    }
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    afterAnswers(() => {
      this.#scheduled = false;
      this.#waiting.shift()?.();
      this.#schedule();
    });
  }
}
