/**
 * Tallies on their way to disk: the entries written lately, in memory, changed in place by every event and encoded once
 * per flush.
 */
import { addTo, type Cell, type MetricCount } from "../../domain/tally.ts";
import { decodeLife } from "./keys.ts";
import { counts, decodeEntry, encodeEntry, entryKey, isInOneEntry, placeInEntry, type Row } from "./tally-entries.ts";

/** Most entries kept in memory between flushes; beyond it they are read from disk again when needed. */
const ENTRIES_MAX = 100_000;

/** A damaged entry stays as it is, whatever is added: whoever reads it is told, and a repair counts it anew. */
type Entry = Row | "damaged";

export class Cells {
  readonly #entries = new Map<string, Entry>();
  #changed = new Map<string, Row>();
  /** Changes per life since this process began. */
  readonly #marks = new Map<number, number>();
  readonly #read: (key: string) => Buffer | undefined;

  /** @param read The entry as it was last put or written. */
  constructor(read: (key: string) => Buffer | undefined) {
    this.#read = read;
  }

  /** Adds what is counted of an epoch and assignment. */
  add(life: number, { epoch, assignment }: Pick<Cell, "epoch" | "assignment">, counted: readonly MetricCount[]): void {
    this.#mark(life);
    let last: MetricCount | undefined;
    let entry: Entry = "damaged";
    for (const one of counted) {
      const { metric, subset } = one;
      // A client counts in a cell of every dimension, one after the other, and finding their row takes most of the time.
      if (last === undefined || !isInOneEntry(last, one))
        entry = this.#change(life, { epoch, assignment, metric, subset });
      last = one;
      if (entry === "damaged") continue;
      const place = placeInEntry(subset);
      let sums = entry.get(place);
      if (sums === undefined) {
        sums = counts(0, 0);
        entry.set(place, sums);
      }
      addTo(sums, one);
    }
  }

  /** The entry of a cell, to be written with the next flush. */
  #change(life: number, cell: Cell): Entry {
    const key = entryKey("tally", life, cell);
    const entry = this.#entries.get(key) ?? this.#load(key);
    if (entry !== "damaged") this.#changed.set(key, entry);
    return entry;
  }

  /** Keys of the entries of a life that are in memory. */
  keysOf(life: number): readonly string[] {
    return [...this.#entries.keys()].filter((key) => decodeLife(key) === life);
  }

  /** How often cells of a life changed since this process began. */
  mark(life: number): number {
    return this.#marks.get(life) ?? 0;
  }

  /** Encodes every entry that changed since the last time; one that counts nothing any more is deleted. */
  flush(put: (key: string, value: Buffer | null) => void): void {
    const changed = this.#changed;
    this.#changed = new Map();
    for (const [key, row] of changed) put(key, encodeEntry(key, row));
    // All of them are written now, so they can be read again.
    if (this.#entries.size > ENTRIES_MAX) this.#entries.clear();
  }

  forget(key: string): void {
    this.#entries.delete(key);
    this.#changed.delete(key);
    // What was read while it was here is no longer true.
    this.#mark(decodeLife(key));
  }

  #mark(life: number): void {
    this.#marks.set(life, this.mark(life) + 1);
  }

  /** Everything is read from disk again: what was last written may be there or not, so every mark moves. */
  clear(): void {
    this.#entries.clear();
    this.#changed.clear();
    for (const [life, mark] of this.#marks) this.#marks.set(life, mark + 1);
  }

  #load(key: string): Entry {
    const value = this.#read(key);
    const entry = value === undefined ? new Map() : entryIn(key, value);
    this.#entries.set(key, entry);
    return entry;
  }
}

/** An error here would leave uncounted what was put already. */
function entryIn(key: string, value: Buffer): Entry {
  try {
    return decodeEntry(key, value);
  } catch {
    return "damaged";
  }
}
