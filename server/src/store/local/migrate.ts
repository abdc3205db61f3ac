/**
 * Migrates a database of an older layout when it is opened. If that is interrupted, the next opening continues: every
 * batch that rewrites records notes how far it came, and tallies are counted from the records.
 *
 * From layout 2 on the epoch of a record is a varint; layout 1 had a u16. Records of epoch 0 are the same in both. Layout 1
 * counted by the day of events alone, layout 2 without the subset `repeated`, and up to layout 3 sums were rounded. Up to
 * layout 4 each segment had an entry of its own.
 */
import type { Experiment } from "../../domain/experiment.ts";
import { isUnreadable } from "../lives.ts";
import { mayBeOfToday, recordOfLayout1 } from "../record-codec.ts";
import { type Identity, identityText, LAYOUT, migratedIdentity, newIdentity } from "../store-id.ts";
import { TallySum } from "../tally-sum.ts";
import { IDENTITY } from "./bookkeeping.ts";
import { type Database, DURABLE, WALK } from "./database.ts";
import { exportRecords } from "./export.ts";
import { bytes, decodeLife, metaKey, range } from "./keys.ts";
import { parseLife } from "./lives.ts";
import { rowsOfLayout4, type TallyFamily, tallyEntries } from "./tally-entries.ts";

/** The last record that was looked at; there while a migration is under way. */
const MIGRATED = bytes(metaKey("migrated"));

/** The first layout whose tallies need not be counted again. */
const COUNTED_BY_ALL_SUBSETS = 4;

/** Records looked at between two writes. */
const RECORDS_AT_A_TIME = 1_000;

/** @param identity as it is stored; `undefined` where there is none: in an empty store, a very old one, or one that was damaged */
export async function migrate(database: Database, identity: Identity | undefined): Promise<Identity> {
  if (identity?.layout === LAYOUT) return identity;
  if (identity === undefined || identity.layout === 1) await rewriteRecords(database, identity === undefined);
  for (const family of ["tally", "unrecorded"] as const) await packSegments(database, family);
  const isCounted = identity !== undefined && identity.layout >= COUNTED_BY_ALL_SUBSETS;
  const definitions = isCounted ? [] : await database.iterator(range("definition")).all();
  for (const [key, value] of definitions) {
    const life = parseLife(value, decodeLife(key.toString("latin1")));
    if (!isUnreadable(life) && life.experiment.compacted !== true) await countSubsets(database, life.experiment);
  }
  const migrated = identity === undefined ? newIdentity() : migratedIdentity(identity);
  await database
    .batch()
    .put(IDENTITY, Buffer.from(identityText(migrated)))
    .del(MIGRATED)
    .write(DURABLE);
  return migrated;
}

/**
 * @param guesses true if the layout is unknown: then only records that can't have today's layout are taken for layout 1
 */
async function rewriteRecords(database: Database, guesses: boolean): Promise<void> {
  const last = await database.get(MIGRATED);
  const { gte, lt } = range("record");
  const iterator = database.iterator({ ...(last === undefined ? { gte } : { gt: last }), lt, ...WALK });
  try {
    for (;;) {
      const entries = await iterator.nextv(RECORDS_AT_A_TIME);
      const [end] = entries.at(-1) ?? [];
      if (end === undefined) return;
      const batch = database.batch().put(MIGRATED, end);
      for (const [key, value] of entries) {
        const record = guesses && mayBeOfToday(value) ? undefined : recordOfLayout1(value);
        if (record !== undefined) batch.put(key, record);
      }
      await batch.write();
    }
  } finally {
    await iterator.close();
  }
}

/** Each row in one batch with what it replaces, so that an interruption leaves every cell once. */
async function packSegments(database: Database, family: TallyFamily): Promise<void> {
  const iterator = database.iterator({ ...range(family), ...WALK });
  try {
    for await (const { key, value, replaced } of rowsOfLayout4(iterator)) {
      const batch = database.batch();
      if (value !== null) batch.put(key, value);
      for (const each of replaced) batch.del(each);
      await batch.write();
    }
  } finally {
    await iterator.close();
  }
}

async function countSubsets(database: Database, experiment: Experiment): Promise<void> {
  const { life } = experiment;
  const sum = new TallySum();
  // A record that makes no sense is in no subset, and no reason to refuse the folder.
  const readable = exportRecords(database, experiment, { onUnreadable: () => {} });
  for await (const records of readable) for (const record of records) sum.addRecord(record);
  const batch = database.batch();
  const counted = sum.tallies().filter(({ subset }) => subset.kind !== "day");
  for (const [key, value] of tallyEntries("tally", life, counted)) batch.put(key, value);
  await batch.write();
}
