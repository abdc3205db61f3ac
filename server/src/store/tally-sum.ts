/** Adds tallies up, each cell once. */
import { createHash } from "node:crypto";
import { subsetKey } from "../domain/subset.ts";
import {
  asTally,
  type Caps,
  countsOf,
  isSomething,
  joiningCounts,
  NO_CAPS,
  NOTHING,
  plus,
  type Tally,
  takenOut,
} from "../domain/tally.ts";
import { assignmentCode } from "./assignment-code.ts";
import { isClientLink, type StoredClient } from "./transfer.ts";

/** All that a record, or a link, counts for. */
export function countsOfRecord(stored: StoredClient, caps: Caps): readonly Tally[] {
  if (isClientLink(stored)) {
    return stored.conflict === undefined ? [] : [takenOut(stored.conflict.kept, stored.conflict.takenOut)];
  }
  const reached = stored.conversions.flatMap((one) => countsOf(stored, one.kpi, one, caps));
  return [...joiningCounts(stored), ...reached].map((counted) => asTally(stored, counted));
}

export class TallySum {
  readonly #cells = new Map<string, Tally>();
  readonly #caps: Caps;

  /** @param caps by which records are counted */
  constructor(caps: Caps = NO_CAPS) {
    this.#caps = caps;
  }

  add(tally: Tally): void {
    const key = `${tally.epoch}:${assignmentCode(tally.assignment)}:${tally.metric}:${subsetKey(tally.subset)}`;
    this.#cells.set(key, plus(tally, this.#cells.get(key)));
  }

  /** Adds a client by its record: all events of a KPI count on the day of the first. Of a link, what it took out. */
  addRecord(stored: StoredClient): void {
    for (const tally of countsOfRecord(stored, this.#caps)) this.add(tally);
  }

  /** See `tallyDigest`. */
  digest(): string {
    const hash = createHash("sha1");
    for (const key of [...this.#cells.keys()].sort()) {
      const { clients, events, sum, squares } = this.#cells.get(key) ?? NOTHING;
      hash.update(`${key}=${[clients, events, sum, squares].join(",")}\n`);
    }
    return hash.digest("hex");
  }

  /** Cells that are all zero are left out. */
  tallies(): readonly Tally[] {
    return [...this.#cells.values()].filter(isSomething);
  }
}

/**
 * SHA-1 over all cells in one order, whatever order they come in; cells of the same place are added up first. Numbers
 * are written as JavaScript does, so equal digests mean equal doubles; what these leave out of a sum is not in it. Exported
 * files of every version carry it.
 */
export function tallyDigest(tallies: readonly Tally[]): string {
  const sum = new TallySum();
  for (const tally of tallies) sum.add(tally);
  return sum.digest();
}

/**
 * Adds subsets that are missing in tallies of an older version, for a migration or an import. Cells by day stay as they
 * are, because records don't keep the days of repeated events; all others are counted from the records. A compacted
 * life has no records, so its tallies stay as they are.
 * @param recorded tallies that have records behind them
 * @param ofRecords the same counted from the records alone
 */
export function withMissingSubsets(recorded: readonly Tally[], ofRecords: readonly Tally[]): readonly Tally[] {
  if (ofRecords.length === 0) return recorded;
  return [
    ...recorded.filter(({ subset }) => subset.kind === "day"),
    ...ofRecords.filter(({ subset }) => subset.kind !== "day"),
  ];
}
