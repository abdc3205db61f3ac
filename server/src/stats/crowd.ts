/**
 * The participants of an experiment without their arms: who joined when and did what, alike ones counted together. From it the
 * same experiment can be played again with other arms for everybody, as if the alternatives didn't differ.
 */

export interface Participant {
  /** Position of their epoch among those of the report. */
  readonly epoch: number;
  /** The look by which they had joined. */
  readonly joined: number;
  /** Per KPI of the report, the look by which they had reached it, NEVER for none. */
  readonly reached: readonly number[];
  /** Per KPI the sum of their values, 0 without any. */
  readonly totals: readonly number[];
}

export const NEVER = -1;

/** Groups of participants who did the same, in columns, as threads hand them over without copying. */
export interface Groups {
  readonly length: number;
  readonly kpis: number;
  readonly size: Uint32Array<ArrayBuffer>;
  readonly epoch: Uint16Array<ArrayBuffer>;
  readonly joined: Uint16Array<ArrayBuffer>;
  /** A row per group, in it a cell per KPI. */
  readonly reached: Int16Array<ArrayBuffer>;
  readonly totals: Float64Array<ArrayBuffer>;
}

const LENGTH_START = 1_024;

/** Collects participants. */
export class Crowd {
  readonly #kpis: number;
  readonly #byKey = new Map<string | number, number>();
  #groups: Groups;
  #size = 0;

  constructor(kpis: number) {
    this.#kpis = kpis;
    this.#groups = emptyGroups(LENGTH_START, kpis);
  }

  get size(): number {
    return this.#size;
  }

  /** @param count how many there are who did just this */
  add(participant: Participant, count = 1): void {
    if (count === 0) return;
    this.#size += count;
    const key = keyOf(participant);
    const known = key === undefined ? undefined : this.#byKey.get(key);
    if (known !== undefined) {
      this.#groups.size[known] = (this.#groups.size[known] ?? 0) + count;
      return;
    }
    const index = this.#append(participant, count);
    if (key !== undefined) this.#byKey.set(key, index);
  }

  groups(): Groups {
    return resized(this.#groups, this.#groups.length);
  }

  #append({ epoch, joined, reached, totals }: Participant, count: number): number {
    const index = this.#groups.length;
    if (index === this.#groups.size.length) this.#groups = resized(this.#groups, 2 * index);
    const { size, reached: rows, totals: values } = this.#groups;
    size[index] = count;
    this.#groups.epoch[index] = epoch;
    this.#groups.joined[index] = joined;
    rows.set(reached, index * this.#kpis);
    values.set(totals, index * this.#kpis);
    this.#groups = { ...this.#groups, length: index + 1 };
    return index;
  }
}

/** Values are seldom equal: those who have any are no group. Most reach nothing, and a number is found faster than a text. */
function keyOf({ epoch, joined, reached, totals }: Participant): string | number | undefined {
  if (reached.every((look) => look === NEVER)) return epoch * 65_536 + joined;
  if (totals.some((total) => total !== 0)) return undefined;
  return `${epoch},${joined},${reached.join()}`;
}

function emptyGroups(capacity: number, kpis: number): Groups {
  return {
    length: 0,
    kpis,
    size: new Uint32Array(capacity),
    epoch: new Uint16Array(capacity),
    joined: new Uint16Array(capacity),
    reached: new Int16Array(capacity * kpis),
    totals: new Float64Array(capacity * kpis),
  };
}

function resized(groups: Groups, capacity: number): Groups {
  const { length, kpis } = groups;
  const next = { ...emptyGroups(capacity, kpis), length };
  next.size.set(groups.size.subarray(0, length));
  next.epoch.set(groups.epoch.subarray(0, length));
  next.joined.set(groups.joined.subarray(0, length));
  next.reached.set(groups.reached.subarray(0, length * kpis));
  next.totals.set(groups.totals.subarray(0, length * kpis));
  return next;
}
