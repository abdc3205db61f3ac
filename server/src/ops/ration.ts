/**
 * Limits how often each of a few things may happen in a second. Those left out are counted, so that the next one can
 * say how many there were.
 *
 *     const ration = new Ration(10);
 *     const untold = ration.take("failed request"); // undefined: too many in this second
 */

/** Most things told apart; further ones share one ration. */
const KINDS_MAX = 1_000;

interface Kind {
  second: number;
  taken: number;
  untold: number;
}

export class Ration {
  readonly #max: number;
  readonly #elapsedMs: () => number;
  readonly #kinds = new Map<string, Kind>();

  /**
   * @param max of each kind in a second
   * @param elapsedMs milliseconds since any moment, by a clock that nobody sets
   */
  constructor(max: number, elapsedMs = () => performance.now()) {
    this.#max = max;
    this.#elapsedMs = elapsedMs;
  }

  /** How many of this kind were left out since the last one that was not; `undefined` leaves out this one too. */
  take(name: string): number | undefined {
    const second = Math.floor(this.#elapsedMs() / 1_000);
    const kind = this.#kindOf(name);
    if (kind.second !== second) {
      kind.second = second;
      kind.taken = 0;
    }
    if (kind.taken === this.#max) {
      kind.untold += 1;
      return undefined;
    }
    kind.taken += 1;
    const { untold } = kind;
    kind.untold = 0;
    return untold;
  }

  #kindOf(name: string): Kind {
    const key = this.#kinds.has(name) || this.#kinds.size < KINDS_MAX ? name : "";
    const known = this.#kinds.get(key);
    if (known !== undefined) return known;
    const kind = { second: Number.NaN, taken: 0, untold: 0 };
    this.#kinds.set(key, kind);
    return kind;
  }
}
