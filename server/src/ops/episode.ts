/**
 * Trouble that lasts for a while: reported when it begins, when a new reason is added, and when it is over.
 *
 *     if (episode.isNews(reason)) log.warn({ error: reason }, "trouble");
 *     const afterMs = episode.end(); // undefined: there was none
 */

/** Most reasons reported in one episode, because every failure may have a new one. */
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
