/**
 * Which ids surely have no record, so that a new client costs no look-up in LevelDB: a Bloom filter for each life. That of
 * a life which begins in this process has seen every record; that of another one is filled from the database when it is
 * first asked, and answers when that is done.
 *
 * A filter is a list of layers, each twice as large as the one before; the last one takes what is new. An id sets five of
 * the 32 bits of one word, so a question costs one access to memory a layer. Ids are bytes of a SHA-1: they need no other
 * hash. What a filter takes for known is looked up, which is all that a forgotten client or a lost batch costs.
 * References: Bloom (1970); Putze, Sanders & Singler (2007) for the bits in one word; Almeida and others (2007) for layers.
 */
import { uint32 } from "../../domain/digest.ts";
import { FAMILIES } from "./keys.ts";

/** Of the first layer: 1 KiB. */
const WORDS_MIN = 256;
/** Keys for each word of a layer. With more, more new clients would be looked up: about 7 in 100 at ten million. */
const KEYS_PER_WORD = 2;
/** Memory of all filters together: 16 to 32 million clients. A life that finds no room has none, and is looked up. */
const BYTES_MAX = 64 * 2 ** 20;
const BYTES_PER_WORD = 4;

/** Where the parts of a record's key are: `recordKey`. */
const LIFE_AT = 1;
const HIGH_AT = 5;
const LOW_AT = 9;

interface Filter {
  readonly layers: Uint32Array[];
  /** How many keys the last layer still takes. */
  free: number;
  /** Whether all records of the life are in it. */
  isWhole: boolean;
}

/** The keys of a life's records on disk, after all that was put before; in batches, so that requests get their turns. */
type RecordKeys = (life: number) => AsyncIterable<readonly Buffer[]>;

export class RecordFilter {
  /** `null` where there is no room for one. */
  readonly #filters = new Map<number, Filter | null>();
  readonly #stored: RecordKeys;
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(stored: RecordKeys, bytesMax = BYTES_MAX) {
    this.#stored = stored;
    this.#bytesMax = bytesMax;
  }

  /** A life begins that has no records. */
  begin(life: number): void {
    this.#add(life, true);
  }

  /** A life is over. */
  end(life: number): void {
    this.#release(life);
    this.#filters.delete(life);
  }

  /** Nothing is known any more: the database was opened anew. */
  clear(): void {
    this.#filters.clear();
    this.#bytes = 0;
  }

  /** A key is put; those of other families pass. */
  add(key: string): void {
    if (!key.startsWith(FAMILIES.record)) return;
    const life = uint32(key, LIFE_AT);
    const filter = this.#filters.get(life);
    if (filter === undefined || filter === null || holds(filter, key)) return;
    if (filter.free === 0 && !this.#grow(life, filter)) return;
    const layer = filter.layers.at(-1);
    if (layer === undefined) return;
    const word = wordOf(layer, key);
    layer[word] = (layer[word] ?? 0) | bitsOf(key);
    filter.free -= 1;
  }

  /** Whether a key is surely not stored. False for what may be, and for other families. */
  isAbsent(key: string): boolean {
    if (!key.startsWith(FAMILIES.record)) return false;
    const life = uint32(key, LIFE_AT);
    const filter = this.#filters.get(life);
    if (filter === undefined) void this.#fill(life);
    return filter?.isWhole === true && !holds(filter, key);
  }

  async #fill(life: number): Promise<void> {
    // What is put from here on is added, what was put before is among the stored ones.
    const filter = this.#add(life, false);
    try {
      for await (const keys of this.#stored(life)) {
        if (this.#filters.get(life) !== filter) return;
        for (const key of keys) this.add(key.toString("latin1"));
      }
      filter.isWhole = true;
    } catch {
      // Whoever uses the store hears what is wrong with it; here it means that ids of this life are looked up.
      if (this.#filters.get(life) === filter) this.#giveUp(life);
    }
  }

  #add(life: number, isWhole: boolean): Filter {
    const filter: Filter = { layers: [], free: 0, isWhole };
    this.#filters.set(life, filter);
    this.#grow(life, filter);
    return filter;
  }

  /** Adds a layer if there is room for it. */
  #grow(life: number, filter: Filter): boolean {
    const words = (filter.layers.at(-1)?.length ?? WORDS_MIN / 2) * 2;
    if (this.#bytes + words * BYTES_PER_WORD > this.#bytesMax) {
      this.#giveUp(life);
      return false;
    }
    filter.layers.push(new Uint32Array(words));
    filter.free = words * KEYS_PER_WORD;
    this.#bytes += words * BYTES_PER_WORD;
    return true;
  }

  #giveUp(life: number): void {
    this.#release(life);
    this.#filters.set(life, null);
  }

  #release(life: number): void {
    for (const { length } of this.#filters.get(life)?.layers ?? []) this.#bytes -= length * BYTES_PER_WORD;
  }
}

function holds({ layers }: Filter, key: string): boolean {
  const bits = bitsOf(key);
  for (const layer of layers) {
    if (((layer[wordOf(layer, key)] ?? 0) & bits) === bits) return true;
  }
  return false;
}

/** Five of 32 bits, some of them the same at times. */
function bitsOf(key: string): number {
  const low = uint32(key, LOW_AT);
  return (
    (1 << (low & 31)) |
    (1 << ((low >>> 5) & 31)) |
    (1 << ((low >>> 10) & 31)) |
    (1 << ((low >>> 15) & 31)) |
    (1 << ((low >>> 20) & 31))
  );
}

/** The number of words is a power of two. */
function wordOf(layer: Uint32Array, key: string): number {
  return uint32(key, HIGH_AT) & (layer.length - 1);
}
