/**
 * Repairs a damaged data folder: everything with a right checksum is kept.
 *
 * The damaged files are only read, and are kept beside. What is readable goes into a new database, where the tallies of every
 * life are counted anew from its records: a record and its tally may have been in different blocks.
 */
import { readdir, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { ClientKey } from "../../domain/digest.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { capsOf } from "../../domain/kpi-definition.ts";
import { PARTICIPATION, type Tally } from "../../domain/tally.ts";
import { tallyDifferences } from "../../domain/tally-differences.ts";
import { isUnreadable } from "../lives.ts";
import { TallySum, withMissingSubsets } from "../tally-sum.ts";
import { batchesIn, identityIn } from "./bookkeeping.ts";
import type { Database } from "./database.ts";
import { exportRecords } from "./export.ts";
import { lockFolder } from "./folder-lock.ts";
import { refusalOf } from "./folder-refusal.ts";
import { bytes, conversionKey, decodeLife, idKey, KPI_NUMBER_MAX, metaKey, range, recordKey } from "./keys.ts";
import { inspectLevel } from "./level/level-folder.ts";
import { salvage } from "./level/salvage.ts";
import type { LevelEntry } from "./level/write-batch.ts";
import { openLevel } from "./level-database.ts";
import { parseLife } from "./lives.ts";
import { migrate } from "./migrate.ts";
import { OwnerFile, readOwner } from "./owner-file.ts";
import { readCells } from "./tallies.ts";
import { tallyEntries } from "./tally-entries.ts";

/** What became of one life. */
interface RepairedLife {
  readonly name: string;
  /** Participants by the tallies that were readable, and by the records. */
  readonly before: number;
  readonly after: number;
  /** Whether any of its figures changed. */
  readonly changed: boolean;
}

export interface RepairReport {
  /** What was lost from the files, in words; empty if the folder was sound. */
  readonly lost: readonly string[];
  readonly lives: readonly RepairedLife[];
  /** Keys of lives whose definition is lost, so that they are of no use. */
  readonly orphans: number;
  /** Where the damaged files are; `undefined` where nothing was changed. */
  readonly kept: string | undefined;
}

/** Between the name of the database and the moment of its repair: damaged files that were kept. */
const DAMAGED = ".damaged-";

/** Entries written at a time. */
const ENTRIES_AT_A_TIME = 1_000;

/** Above every sequence number, so that what is taken from it sorts the newest first. */
const SEQUENCES = 2n ** 56n;

/** @throws SixpackError store-unavailable: a process has it open, a later version wrote it, or nothing can be written */
export async function repairFolder(folder: string, nowMs: number): Promise<RepairReport> {
  const location = resolve(folder, "level");
  const [sorted, repaired] = [join(folder, "level.sorted"), join(folder, "level.repaired")];
  let release: (() => Promise<void>) | undefined;
  try {
    await putBack(folder);
    release = await lockFolder(location);
    await clear(sorted, repaired);
    const { damages } = await inspectLevel(location);
    const lost = await sortInto(location, sorted);
    // Some damage is outside of what holds data.
    if (lost.length === 0) lost.push(...damages);
    const { lives, dropped, orphans, batches } = await fill(repaired, sorted, folder);
    lost.push(...dropped);
    const missing = ((await readOwner(folder))?.batches ?? 0) - batches;
    if (missing > 0) lost.push(`${missing} batches that were answered are missing`);
    if (lost.length === 0 && orphans === 0 && lives.every(({ changed }) => !changed)) {
      return { lost, lives, orphans, kept: undefined };
    }
    const kept = `${location}${DAMAGED}${new Date(nowMs).toISOString().replaceAll(/[:.]/g, "-")}`;
    await rename(location, kept);
    await rename(repaired, location);
    await OwnerFile.claim(folder, batches);
    return { lost, lives, orphans, kept };
  } catch (error) {
    throw await refusalOf(folder, error);
  } finally {
    await clear(sorted, repaired).catch(() => {});
    await release?.();
  }
}

/** Undoes the first of the two renames where a repair was killed before the second. */
async function putBack(folder: string): Promise<void> {
  const names = await readdir(folder);
  const last = names
    .filter((name) => name.startsWith(`level${DAMAGED}`))
    .sort()
    .at(-1);
  if (last !== undefined && !names.includes("level")) await rename(join(folder, last), join(folder, "level"));
}

async function clear(...folders: readonly string[]): Promise<void> {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
}

/** Puts every entry that is readable under its key and its age. @returns what is not */
async function sortInto(location: string, sorted: string): Promise<string[]> {
  const database = await openLevel(sorted, true);
  try {
    const lost: string[] = [];
    for await (const file of salvage(location)) {
      lost.push(...file.lost);
      for (let start = 0; start < file.entries.length; start += ENTRIES_AT_A_TIME) {
        const batch = database.batch();
        for (const entry of file.entries.slice(start, start + ENTRIES_AT_A_TIME)) {
          batch.put(sortedKey(entry), entry.value === null ? Buffer.alloc(0) : Buffer.concat([PRESENT, entry.value]));
        }
        await batch.write();
      }
    }
    return lost;
  } finally {
    await database.close();
  }
}

/** Put before a value to tell it from a deletion. */
const PRESENT = Buffer.from([1]);

/** The length comes first, so that a key that begins with another one is not taken for it. */
function sortedKey({ key, sequence }: LevelEntry): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(key.length);
  const age = Buffer.alloc(8);
  age.writeBigUInt64BE(SEQUENCES - BigInt(sequence));
  return Buffer.concat([head, key, age]);
}

async function fill(repaired: string, sorted: string, folder: string) {
  const database = await openLevel(repaired, true);
  try {
    await takeNewest(sorted, database);
    // A folder of a later or an earlier layout would be misread.
    await migrate(database, await identityIn(folder, database));
    const { known, lives, dropped } = await recount(database);
    const orphans = await dropOrphans(database, known);
    return { lives, dropped, orphans, batches: await batchesIn(database) };
  } finally {
    await database.close();
  }
}

async function takeNewest(sorted: string, target: Database): Promise<void> {
  const source = await openLevel(sorted, true);
  try {
    let last = Buffer.alloc(0);
    let batch = target.batch();
    for await (const [sortedAs, value] of source.iterator()) {
      const key = sortedAs.subarray(2, -8);
      if (key.equals(last)) continue;
      last = Buffer.from(key);
      if (value.length === 0) continue;
      batch.put(last, value.subarray(1));
      if (batch.length < ENTRIES_AT_A_TIME) continue;
      await batch.write();
      batch = target.batch();
    }
    await batch.write({ sync: true });
  } finally {
    await source.close();
  }
}

async function recount(database: Database) {
  const known = new Set<number>();
  const lives: RepairedLife[] = [];
  const dropped: string[] = [];
  for (const [key, value] of await database.iterator(range("definition")).all()) {
    const life = parseLife(value, decodeLife(key.toString("latin1")));
    if (isUnreadable(life)) {
      // It is left out because its name would stay taken; the damaged files still have it.
      dropped.push(`the definition of ${life.name} can't be read: ${life.reason}`);
      await database.batch().del(key).write({ sync: true });
      continue;
    }
    const { experiment, state } = life;
    known.add(experiment.life);
    if (experiment.compacted === true || state === "sweeping" || state === "staged") continue;
    lives.push(await recountLife(database, experiment, dropped));
  }
  return { known, lives, dropped };
}

async function recountLife(database: Database, experiment: Experiment, dropped: string[]): Promise<RepairedLife> {
  const { name, life } = experiment;
  const damaged: Buffer[] = [];
  const before = await readCells(database, "tally", life, (key) => damaged.push(key));
  // What came without records can't be counted anew.
  await readCells(database, "unrecorded", life, (key) => damaged.push(key));
  const gone = database.batch();
  for (const key of damaged) gone.del(key);
  await gone.write({ sync: true });
  if (damaged.length > 0) dropped.push(`${damaged.length} tallies of ${name} can't be read`);
  const sum = new TallySum(capsOf(experiment));
  const unreadable: ClientKey[] = [];
  const records = exportRecords(database, experiment, { onUnreadable: (client) => unreadable.push(client) });
  for await (const batch of records) for (const record of batch) sum.addRecord(record);
  for (const client of unreadable) await dropClient(database, life, client);
  if (unreadable.length > 0) dropped.push(`${unreadable.length} records of ${name} can't be read`);
  const after = sum.tallies();
  // Subsets other than days are no figures of their own: they are what the records say.
  const complete = withMissingSubsets(before, after);
  const changed = tallyDifferences(complete, after).length > 0;
  if (changed || tallyDifferences(before, after).length > 0) {
    await database.clear(range("tally", life));
    const batch = database.batch();
    for (const [key, value] of tallyEntries("tally", life, changed ? after : complete)) batch.put(key, value);
    await batch.write({ sync: true });
  }
  return { name, before: participantsIn(before), after: participantsIn(after), changed };
}

/** A client whose record says nothing takes part anew, and its conversions with it. */
async function dropClient(database: Database, life: number, client: ClientKey): Promise<void> {
  const batch = database
    .batch()
    .del(bytes(recordKey(life, client)))
    .del(bytes(idKey(life, client)));
  for (let kpi = 0; kpi <= KPI_NUMBER_MAX; kpi += 1) batch.del(bytes(conversionKey(life, client, kpi)));
  await batch.write();
}

function participantsIn(tallies: readonly Tally[]): number {
  return tallies.reduce((sum, { metric, clients }) => sum + (metric === PARTICIPATION ? clients : 0), 0);
}

const OF_LIVES = ["record", "conversion", "id", "tally", "unrecorded"] as const;

/** Deletes what belongs to no life. New lives get numbers above all that were used. */
async function dropOrphans(database: Database, known: ReadonlySet<number>): Promise<number> {
  let orphans = 0;
  let highest = Math.max(0, ...known);
  for (const family of OF_LIVES) {
    let batch = database.batch();
    for await (const key of database.keys(range(family))) {
      const life = decodeLife(key.toString("latin1"));
      highest = Math.max(highest, life);
      if (known.has(life)) continue;
      orphans += 1;
      batch.del(key);
      if (batch.length < ENTRIES_AT_A_TIME) continue;
      await batch.write();
      batch = database.batch();
    }
    await batch.write({ sync: true });
  }
  const lives = bytes(metaKey("lives"));
  const given = Number((await database.get(lives))?.toString("latin1") ?? 0);
  if (given < highest)
    await database
      .batch()
      .put(lives, Buffer.from(String(highest)))
      .write({ sync: true });
  return orphans;
}
