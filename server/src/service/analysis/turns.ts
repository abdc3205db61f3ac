/**
 * Work in small pieces between requests: one piece per turn of the event loop, whoever asked for it, so that nobody
 * waits for longer than the longest piece however much there is to do.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #scheduled = false;

  /** The answer of a piece of a few milliseconds at most, when its turn has come. Rejects with what it throws. */
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

  /** The answer of a computation that pauses: a turn for every piece of it. Rejects with what it throws. */
  async runSteps<T>(steps: Generator<void, T, void>): Promise<T> {
    for (;;) {
      const step = await this.run(() => steps.next());
      if (step.done === true) return step.value;
    }
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    // After the requests that are waiting have been heard.
    setImmediate(() => {
      this.#scheduled = false;
      this.#waiting.shift()?.();
      this.#schedule();
    });
  }
}
