/**
 * What this process remembers of clients' assignments, so that a known client is answered without asking the store.
 *
 * An assignment doesn't change during a life, whose number is part of the key. An entry is taken out where the record behind it
 * goes into that of another id. Where somebody is forgotten, the local engine takes that entry out, too. On Redis, whose other
 * processes remember as well, the life gets another number (`cacheLife`): entries of before are found no more, and are
 * overwritten in time. Who stands for another id is not remembered, since that record may go on.
 *
 * The table is bounded, and takes memory as it fills. It lies outside the heap, so that the garbage collector has nothing to
 * walk, in segments that double one by one, so that no call waits until millions of entries were moved.
 *
 *     const cache = new AssignmentCache(1 << 20); // at most 8 MiB
 *     cache.set(cacheLife(experiment), client, assigned(1));
 *     cache.get(cacheLife(experiment), client); // { kind: "alternative", index: 1 }
 */
import type { Assignment } from "../domain/assignment.ts";
import { type ClientKey, uint32 } from "../domain/digest.ts";
import type { Experiment } from "../domain/experiment.ts";
import { assignmentCode, assignmentOf, EXCLUDED_CODE } from "./assignment-code.ts";
import { CacheSegment, EMPTY, PROBE_SLOTS } from "./cache-segment.ts";

/** A segment is told by at least those 8 bits of a key that it doesn't store. */
const SEGMENTS_MIN = 256;
/** Doubling the largest segment moves half as many entries: a millisecond. */
const SEGMENT_SLOTS_MAX = 2 ** 16;

/** Beyond this share of the slots, some newcomers find their places taken. */
const ROOM_SHARE = 5 / 8;

const CACHE_SLOTS_MIN = SEGMENTS_MIN * PROBE_SLOTS;
/** 8 GiB. */
const CACHE_SLOTS_MAX = 2 ** 30;

/** What is stored is the code + 1, since 0 is an empty slot; excluded keeps its 255, which leaves codes 0..253. */
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
  readonly #segments: CacheSegment[] = [];
  readonly #slots: number;
  #used = 0;
  #forgets = 0;

  /**
   * @param slots Most clients remembered: rounded down to a power of two, at least CACHE_SLOTS_MIN, at most
   *   CACHE_SLOTS_MAX.
   */
  constructor(slots: number) {
    const wanted = Math.min(Math.max(slots, CACHE_SLOTS_MIN), CACHE_SLOTS_MAX);
    this.#slots = 2 ** Math.floor(Math.log2(wanted));
    this.#begin();
  }

  /** Memory taken now: at most 8 bytes for each slot. */
  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get usage(): { readonly slots: number; readonly used: number } {
    return { slots: this.#slots, used: this.#used };
  }

  /** Whether another client can be remembered without forgetting one. */
  get hasRoom(): boolean {
    return this.#used < this.#slots * ROOM_SHARE;
  }

  /** @param life its number, or on Redis as `cacheLife` numbers it; the same here, in `set` and in `forget` */
  get(life: number, client: ClientKey): Assignment | undefined {
    const low = mixLow(life, client);
    const code = this.#segmentOf(low)?.get(mixHigh(life, client), low) ?? EMPTY;
    return code === EMPTY ? undefined : assignmentOf(code === EXCLUDED_CODE ? code : code - 1);
  }

  set(life: number, client: ClientKey, assignment: Assignment): void {
    const code = assignmentCode(assignment);
    if (code > ALTERNATIVE_CODE_MAX && code !== EXCLUDED_CODE) return;
    const low = mixLow(life, client);
    this.#change(low, (segment) => {
      segment.set(mixHigh(life, client), low, code === EXCLUDED_CODE ? code : code + 1);
    });
  }

  /** Takes a client out who no longer has a record of its own. */
  forget(life: number, client: ClientKey): void {
    this.#forgets += 1;
    const low = mixLow(life, client);
    this.#change(low, (segment) => segment.forget(mixHigh(life, client), low));
  }

  /**
   * How often something was taken out. What was asked of a store before and is answered after may have been true in between
   * only: it is not to be remembered.
   */
  get forgets(): number {
    return this.#forgets;
  }

  clear(): void {
    this.#begin();
    this.#forgets += 1;
  }

  #begin(): void {
    const count = Math.max(SEGMENTS_MIN, this.#slots / SEGMENT_SLOTS_MAX);
    for (let at = 0; at < count; at += 1) this.#segments[at] = new CacheSegment(this.#slots / count);
    this.#used = 0;
  }

  /** Their number is a power of two. */
  #segmentOf(low: number): CacheSegment | undefined {
    return this.#segments[low & (this.#segments.length - 1)];
  }

  #change(low: number, change: (segment: CacheSegment) => void): void {
    const segment = this.#segmentOf(low);
    if (segment === undefined) return;
    const before = segment.used;
    change(segment);
    this.#used += segment.used - before;
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
