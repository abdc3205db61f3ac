/**
 * What this process remembers of clients' assignments, so that a known client is answered without asking the store.
 *
 * An assignment doesn't change during a life. The number of the life is part of the key, with how often somebody was forgotten
 * in it (`cacheLife`), so entries of before are found no more and are overwritten in time. An entry is taken out only where the
 * record behind it goes into that of another id. Who stands for another id is not remembered, since that record may go on.
 *
 * The table is bounded: open addressing over three typed arrays outside the heap (nothing for the garbage collector to walk), 9
 * bytes a slot. A key may lie only in the PROBE_SLOTS places after its home; when those are full, a newcomer replaces one of
 * them.
 *
 *     const cache = new AssignmentCache(1 << 20); // 9 MiB
 *     cache.set(cacheLife(experiment), client, assigned(1));
 *     cache.get(cacheLife(experiment), client); // { kind: "alternative", index: 1 }
 */
import type { Assignment } from "../domain/assignment.ts";
import { type ClientKey, uint32 } from "../domain/digest.ts";
import type { Experiment } from "../domain/experiment.ts";
import { assignmentCode, assignmentOf, EXCLUDED_CODE } from "./assignment-code.ts";

/** Places in which a key may lie: 32 bytes of the first array, so that a miss nearly always costs one cache line. */
const PROBE_SLOTS = 8;

/** Most slots of one cache: an index has to stay a small integer. 9 GiB. */
const CACHE_SLOTS_MAX = 2 ** 30;

const BYTES_PER_SLOT = 9;

/** A slot's byte is the code + 1, so that 0 is an empty slot; excluded keeps its 255, which leaves codes 0..253. */
const EMPTY = 0;
const ALTERNATIVE_CODE_MAX = EXCLUDED_CODE - 2;

/**
 * The number under which assignments of a life are remembered. Forgetting a client changes it, so that no process goes
 * on answering from what it remembers of that life. The factor is prime and larger than any number of lives that an
 * engine counts up, so no two lives meet.
 */
export function cacheLife({ life, forgets = 0 }: Pick<Experiment, "life" | "forgets">): number {
  return (life + forgets * FORGET_STEP) % Number.MAX_SAFE_INTEGER;
}

/** The next prime after 2^40. */
const FORGET_STEP = 1_099_511_627_791;

export class AssignmentCache {
  readonly #highs: Uint32Array;
  readonly #lows: Uint32Array;
  readonly #codes: Uint8Array;
  readonly #mask: number;
  /**
   * Which place of a full window is replaced next. Keys are spread by a hash, so taking turns is as good as choosing at
   * random.
   */
  #turn = 0;
  #used = 0;
  #forgets = 0;

  /**
   * @param slots Most clients remembered: rounded down to a power of two, at least PROBE_SLOTS, at most
   *   CACHE_SLOTS_MAX.
   */
  constructor(slots: number) {
    const wanted = Math.min(Math.max(slots, PROBE_SLOTS), CACHE_SLOTS_MAX);
    const size = 2 ** Math.floor(Math.log2(wanted));
    this.#highs = new Uint32Array(size);
    this.#lows = new Uint32Array(size);
    this.#codes = new Uint8Array(size);
    this.#mask = size - 1;
  }

  /** Memory taken, whether full or empty. */
  get bytes(): number {
    return this.#codes.length * BYTES_PER_SLOT;
  }

  get usage(): { readonly slots: number; readonly used: number } {
    return { slots: this.#codes.length, used: this.#used };
  }

  /** @param life as `cacheLife` numbers it, here and in `set` */
  get(life: number, client: ClientKey): Assignment | undefined {
    const high = mixHigh(life, client);
    const low = mixLow(life, client);
    for (let probe = 0; probe < PROBE_SLOTS; probe += 1) {
      const slot = (high + probe) & this.#mask;
      if (this.#highs[slot] !== high || this.#lows[slot] !== low) continue;
      const code = this.#codes[slot] ?? EMPTY;
      if (code !== EMPTY) return assignmentOf(code === EXCLUDED_CODE ? code : code - 1);
    }
    return undefined;
  }

  set(life: number, client: ClientKey, assignment: Assignment): void {
    const code = assignmentCode(assignment);
    if (code > ALTERNATIVE_CODE_MAX && code !== EXCLUDED_CODE) return;
    const high = mixHigh(life, client);
    const low = mixLow(life, client);
    const slot = this.#placeFor(high, low);
    if (this.#codes[slot] === EMPTY) this.#used += 1;
    this.#highs[slot] = high;
    this.#lows[slot] = low;
    this.#codes[slot] = code === EXCLUDED_CODE ? code : code + 1;
  }

  /** Takes a client out who no longer has a record of its own. */
  forget(life: number, client: ClientKey): void {
    this.#forgets += 1;
    const high = mixHigh(life, client);
    const low = mixLow(life, client);
    const slot = this.#placeFor(high, low);
    if (this.#highs[slot] !== high || this.#lows[slot] !== low || this.#codes[slot] === EMPTY) return;
    this.#codes[slot] = EMPTY;
    this.#used -= 1;
  }

  /**
   * How often something was taken out. What was asked of a store before and is answered after may have been true in between
   * only: it is not to be remembered.
   */
  get forgets(): number {
    return this.#forgets;
  }

  clear(): void {
    this.#codes.fill(EMPTY);
    this.#used = 0;
    this.#forgets += 1;
  }

  /** The place of the key itself, else an empty one, else the one that is next to be replaced. */
  #placeFor(high: number, low: number): number {
    let empty = -1;
    for (let probe = 0; probe < PROBE_SLOTS; probe += 1) {
      const slot = (high + probe) & this.#mask;
      if (this.#codes[slot] === EMPTY) {
        if (empty === -1) empty = slot;
      } else if (this.#highs[slot] === high && this.#lows[slot] === low) {
        return slot;
      }
    }
    if (empty !== -1) return empty;
    this.#turn = (this.#turn + 1) % PROBE_SLOTS;
    return (high + this.#turn) & this.#mask;
  }
}

// The odd factors of MurmurHash3's finalizer. Lives may have up to 53 bits (lives of the Redis engine are random, so
// that they need no counter), and both halves count. Multiplying by an odd number is a bijection of 32 bits, so two small
// lives never give one client the same mixed key; for large ones it is one chance in 2^64.
function mixHigh(life: number, client: ClientKey): number {
  return (uint32(client, 0) ^ Math.imul(life, 0x85ebca6b) ^ Math.imul(life / 2 ** 32, 0xc2b2ae35)) >>> 0;
}

function mixLow(life: number, client: ClientKey): number {
  return (uint32(client, 4) ^ Math.imul(life, 0xc2b2ae35) ^ Math.imul(life / 2 ** 32, 0x27d4eb2f)) >>> 0;
}
