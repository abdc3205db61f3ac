/**
 * Trouble that lasts: what is told of it when it begins, what comes to it, and that it is over.
 *
 *     if (episode.isNews(reason)) log.warn({ error: reason }, "trouble");
 *     const afterMs = episode.end(); // undefined: there was none
 */

/** Most news of one episode: what fails may fail for ever new reasons. */
const NEWS_MAX = 10;

export class Episode {
  readonly #told = new Set<string>();
  #sinceMs: number | undefined;

  /** Whether there is trouble now. */
  get lasts(): boolean {
    return this.#sinceMs !== undefined;
  }

  /** Begins it or goes on with it. True if this has not been told in it. */
  isNews(what: string): boolean {
    this.#sinceMs ??= performance.now();
    if (this.#told.has(what) || this.#told.size === NEWS_MAX) return false;
    this.#told.add(what);
    return true;
  }

  /** Milliseconds it lasted; `undefined` if there was none. */
  end(): number | undefined {
    if (this.#sinceMs === undefined) return undefined;
    const lastedMs = performance.now() - this.#sinceMs;
    this.#sinceMs = undefined;
    this.#told.clear();
    return lastedMs;
  }
}
