/**
 * Tallies on their way to disk: the cells written lately, in memory, changed in place by every event and encoded once
 * per flush.
 */
import { addTo, isSomething, type Quantities } from "../../domain/tally.ts";
import type { Mutable } from "../../lib/mutable.ts";
import { decodeLife, decodeSums, encodeSums } from "./keys.ts";

/** Most cells kept in memory between flushes; beyond it they are read from disk again when needed. */
const CELLS_MAX = 100_000;

type Sums = Mutable<Quantities>;

export class Cells {
  readonly #cells = new Map<string, Sums>();
  #changed = new Map<string, Sums>();
  /** Changes per life since this process began. */
  readonly #marks = new Map<number, number>();
  readonly #read: (key: string) => Buffer | undefined;

  /** @param read The cell as it was last put or written. */
  constructor(read: (key: string) => Buffer | undefined) {
    this.#read = read;
  }

  add(key: string, added: Quantities): void {
    let sums = this.#cells.get(key);
    if (sums === undefined) {
      const value = this.#read(key);
      sums = value === undefined ? nothing() : sumsIn(value);
      this.#cells.set(key, sums);
    }
    addTo(sums, added);
    this.#changed.set(key, sums);
    this.#mark(key);
  }

  /** Keys of the cells of a life that are in memory. */
  keysOf(life: number): readonly string[] {
    return [...this.#cells.keys()].filter((key) => decodeLife(key) === life);
  }

  /** How often cells of a life changed since this process began. */
  mark(life: number): number {
    return this.#marks.get(life) ?? 0;
  }

  /** Encodes every cell that changed since the last time; one that counts nothing any more is deleted. */
  flush(put: (key: string, value: Buffer | null) => void): void {
    const changed = this.#changed;
    this.#changed = new Map();
    for (const [key, sums] of changed) put(key, isSomething(sums) ? encodeSums(sums) : null);
    // All of them are written now, so they can be read again.
    if (this.#cells.size > CELLS_MAX) this.#cells.clear();
  }

  forget(key: string): void {
    this.#cells.delete(key);
    this.#changed.delete(key);
    // What was read while it was here is no longer true.
    this.#mark(key);
  }

  #mark(key: string): void {
    const life = decodeLife(key);
    this.#marks.set(life, this.mark(life) + 1);
  }

  /** Everything is read from disk again: what was last written may be there or not, so every mark moves. */
  clear(): void {
    this.#cells.clear();
    this.#changed.clear();
    for (const [life, mark] of this.#marks) this.#marks.set(life, mark + 1);
  }
}

/** With every field that it will ever have. */
function nothing(): Sums {
  return { clients: 0, events: 0, sum: 0, sumRest: undefined, squares: 0, squaresRest: undefined };
}

/**
 * Those of a damaged cell are no numbers, and stay so whatever is added. Whoever reads the tally is told; an error here would
 * leave uncounted what was put already.
 */
function sumsIn(value: Buffer): Sums {
  try {
    return decodeSums(value);
  } catch {
    const none = Number.NaN;
    return { clients: none, events: none, sum: none, sumRest: undefined, squares: none, squaresRest: undefined };
  }
}
