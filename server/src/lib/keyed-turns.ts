/**
 * Work that touches the same things goes one after the other, in the order in which it came; other work does not wait.
 *
 *     const turns = new KeyedTurns();
 *     await Promise.all([turns.run(["a", "b"], one), turns.run(["b"], afterOne), turns.run(["c"], atOnce)]);
 */
export class KeyedTurns {
  /** The last work of each key that is not done. */
  readonly #last = new Map<string, Promise<void>>();

  /**
   * All keys are taken at once, so that nobody waits for somebody who waits for him.
   * @param work hears whether it had to wait
   */
  run<Result>(keys: readonly string[], work: (hasWaited: boolean) => Promise<Result>): Promise<Result> {
    const before = keys.flatMap((key) => this.#last.get(key) ?? []);
    const done = before.length === 0 ? work(false) : Promise.all(before).then(() => work(true));
    const over = done.then(nothing, nothing).then(() => {
      for (const key of keys) if (this.#last.get(key) === over) this.#last.delete(key);
    });
    for (const key of keys) this.#last.set(key, over);
    return done;
  }
}

function nothing(): void {}
