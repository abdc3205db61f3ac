/**
 * Counting totals anew after the cap of a KPI was set or changed: one pass over the records as they were at one moment, while
 * the life goes on. Whoever did something meanwhile is counted once more at the end.
 */
import type { ClientKey } from "../../domain/digest.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { capsOf } from "../../domain/kpi-definition.ts";
import { asTally, type Caps, cappedCountsOf, type Tally, taken } from "../../domain/tally.ts";
import { readableClient } from "../kept-bytes.ts";
import type { Move } from "../lives.ts";
import { decodeConversion, decodeRecord, isLink } from "../record-codec.ts";
import { TallySum } from "../tally-sum.ts";
import { isClientLink, type KpiRecord, type StoredClient } from "../transfer.ts";
import type { Database } from "./database.ts";
import { exportConverted, type Snapshot } from "./export.ts";
import { findWholeRecord } from "./find-record.ts";
import type { GroupCommit } from "./group-commit.ts";
import { bytes, conversionKey, recordKey } from "./keys.ts";
import type { Lives } from "./lives.ts";
import { readCells } from "./tallies.ts";
import type { Cells } from "./tally-cells.ts";
import { entryKey, isCappedEntry } from "./tally-entries.ts";

interface Pass {
  readonly life: number;
  /** Whose record changed since it began. */
  readonly changed: Set<ClientKey>;
}

export class Recaps {
  readonly #database: Database;
  readonly #commit: GroupCommit;
  readonly #cells: Cells;
  readonly #lives: Lives;
  readonly #passes = new Set<Pass>();

  constructor(database: Database, commit: GroupCommit, cells: Cells, lives: Lives) {
    this.#database = database;
    this.#commit = commit;
    this.#cells = cells;
    this.#lives = lives;
  }

  /** To be told before a record with conversions is changed. */
  touch(life: number, client: ClientKey): void {
    for (const pass of this.#passes) if (pass.life === life) pass.changed.add(client);
  }

  /** Stores a definition with other caps, and the totals by them. */
  async change(next: Experiment): Promise<Move> {
    const { life, name } = next;
    const caps = capsOf(next);
    const pass: Pass = { life, changed: new Set() };
    this.#passes.add(pass);
    await this.#commit.committed();
    const snapshot = this.#database.snapshot();
    try {
      const sum = new TallySum();
      for await (const batch of exportConverted(this.#database, next, { moment: snapshot, onUnreadable: () => {} })) {
        for (const record of batch) add(sum, record, caps);
      }
      const before = await readCells(this.#database, "tally", life);
      // It may grow meanwhile; the last of them is followed by what is below in the same turn.
      for (const client of pass.changed) {
        const record = await this.#recordThen(next, client, caps, snapshot);
        if (record !== undefined) for (const tally of cappedOf(record, caps)) sum.add(taken(tally));
      }
      const move = this.#lives.move(name, { kind: "change", next });
      if (move.kind !== "moved") return move;
      for (const client of pass.changed) {
        const record = findWholeRecord(this.#commit, next, client);
        if (record?.client === client) add(sum, record, caps);
      }
      this.#drop(life, before);
      for (const tally of sum.tallies()) this.#cells.add(life, tally, [tally]);
      return move;
    } finally {
      this.#passes.delete(pass);
      await snapshot.close();
    }
  }

  /** Takes all cells by earlier caps away: those on disk, and those in memory. */
  #drop(life: number, onDisk: readonly Tally[]): void {
    const written = onDisk.map((tally) => entryKey("tally", life, tally));
    const keys = new Set([...written, ...this.#cells.keysOf(life)].filter(isCappedEntry));
    for (const key of keys) {
      this.#cells.forget(key);
      this.#commit.put(key, null);
    }
  }

  /** What the pass saw of a client, by the same rules. */
  async #recordThen(
    experiment: Experiment,
    client: ClientKey,
    caps: Caps,
    snapshot: Snapshot,
  ): Promise<StoredClient | undefined> {
    const { life } = experiment;
    const value = await this.#database.get(bytes(recordKey(life, client)), { snapshot });
    if (value === undefined || isLink(value)) return undefined;
    const conversions: KpiRecord[] = [];
    for (const kpi of caps.keys()) {
      const reached = await this.#database.get(bytes(conversionKey(life, client, kpi)), { snapshot });
      if (reached !== undefined) conversions.push({ kpi, ...decodeConversion(reached) });
    }
    const read = () => ({ client, ...decodeRecord(value), conversions });
    return readableClient(experiment, client, read, () => {});
  }
}

function add(sum: TallySum, record: StoredClient, caps: Caps): void {
  for (const tally of cappedOf(record, caps)) sum.add(tally);
}

function cappedOf(record: StoredClient, caps: Caps): readonly Tally[] {
  if (isClientLink(record)) return [];
  return record.conversions.flatMap((one) =>
    cappedCountsOf(record, one.kpi, one, caps).map((counted) => asTally(record, counted)),
  );
}
