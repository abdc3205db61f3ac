/**
 * One part of the table of remembered assignments: open addressing with linear probing in one typed array, which doubles as
 * it fills.
 *
 * A slot is two words of 32 bits: one half of a key, and of the other half 24 bits beside 8 bits that say what is remembered
 * of the key, 0 in an empty slot. The 8 bits that have no place are the same for all keys of a segment: they tell which one
 * it is.
 */

/** Places in which a key may lie: as many bytes as a line of the processor's cache. */
export const PROBE_SLOTS = 8;

/** The low bits of a slot's second word: what is remembered. */
const CODE_BITS = 0xff;
export const EMPTY = 0;

/** A segment doubles when a key finds its places taken, but not for a few keys with one home while most of it is empty. */
const DOUBLES_FROM = 1 / 4;

const WORDS_PER_SLOT = 2;

export class CacheSegment {
  #words = new Uint32Array(PROBE_SLOTS * WORDS_PER_SLOT);
  readonly #slotsMax: number;
  #used = 0;
  /** Which place of a full window is replaced next: keys are spread by a hash, so turns are as good as chance. */
  #turn = 0;

  /** @param slotsMax a power of two, at least PROBE_SLOTS */
  constructor(slotsMax: number) {
    this.#slotsMax = slotsMax;
  }

  get used(): number {
    return this.#used;
  }

  get bytes(): number {
    return this.#words.byteLength;
  }

  /** What is remembered of a key, or EMPTY. */
  get(high: number, low: number): number {
    const at = this.#find(high, low);
    return at === -1 ? EMPTY : (this.#words[at + 1] ?? EMPTY) & CODE_BITS;
  }

  /** @param code 1 to 255 */
  set(high: number, low: number, code: number): void {
    const found = this.#find(high, low);
    this.#put(found === -1 ? this.#placeFor(high) : found, high, (low & ~CODE_BITS) | code);
  }

  forget(high: number, low: number): void {
    const at = this.#find(high, low);
    if (at === -1) return;
    this.#words[at + 1] = EMPTY;
    this.#used -= 1;
  }

  /** Where a key lies, or -1. */
  #find(high: number, low: number): number {
    const words = this.#words;
    const last = words.length - 1;
    for (let probe = 0, at = (high * WORDS_PER_SLOT) & last; probe < PROBE_SLOTS; probe += 1) {
      const second = words[at + 1] ?? EMPTY;
      if (words[at] === high && ((second ^ low) & ~CODE_BITS) === 0 && (second & CODE_BITS) !== EMPTY) return at;
      at = (at + WORDS_PER_SLOT) & last;
    }
    return -1;
  }

  /** An empty place for a key that has none, else the one that is next to be replaced. */
  #placeFor(high: number): number {
    const empty = this.#emptyFor(high);
    if (empty !== -1) return empty;
    const slots = this.#words.length / WORDS_PER_SLOT;
    if (slots < this.#slotsMax && this.#used >= slots * DOUBLES_FROM) {
      this.#double();
      return this.#placeFor(high);
    }
    this.#turn = (this.#turn + 1) % PROBE_SLOTS;
    return ((high + this.#turn) * WORDS_PER_SLOT) & (this.#words.length - 1);
  }

  #emptyFor(high: number): number {
    const last = this.#words.length - 1;
    for (let probe = 0, at = (high * WORDS_PER_SLOT) & last; probe < PROBE_SLOTS; probe += 1) {
      if (((this.#words[at + 1] ?? EMPTY) & CODE_BITS) === EMPTY) return at;
      at = (at + WORDS_PER_SLOT) & last;
    }
    return -1;
  }

  #put(at: number, high: number, second: number): void {
    if (((this.#words[at + 1] ?? EMPTY) & CODE_BITS) === EMPTY) this.#used += 1;
    this.#words[at] = high;
    this.#words[at + 1] = second;
  }

  #double(): void {
    const before = this.#words;
    this.#words = new Uint32Array(before.length * 2);
    this.#used = 0;
    for (let at = 0; at < before.length; at += WORDS_PER_SLOT) {
      const high = before[at] ?? 0;
      const second = before[at + 1] ?? EMPTY;
      if ((second & CODE_BITS) === EMPTY) continue;
      const empty = this.#emptyFor(high);
      if (empty !== -1) this.#put(empty, high, second);
    }
  }
}
