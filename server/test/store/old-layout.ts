/** Folders and databases as layout 1 left them, and what must be in them once they are of today. */
import { join } from "node:path";
import { expect } from "vitest";
import { assigned, EXCLUDED } from "../../src/domain/assignment.ts";
import type { Experiment } from "../../src/domain/experiment.ts";
import type { ClientId } from "../../src/domain/names.ts";
import { type Day, parseDay } from "../../src/domain/period.ts";
import { tallyDifferences } from "../../src/domain/tally-differences.ts";
import { openLevel } from "../../src/store/local/level-database.ts";
import { makeFolder } from "../../src/store/local/make-folder.ts";
import type { Store } from "../../src/store/store.ts";
import type { ClientRecord, StoredClient } from "../../src/store/transfer.ts";
import type { RedisServer } from "../support/redis-server.ts";
import { client, named } from "./fixtures.ts";
import OF_LAYOUT_1 from "./layout-1.json" with { type: "json" };

/** The day on which `layout-1.json` was written. */
export const DAY = parseDay("2026-01-01");

/** Those in which the clients of the experiment `old` joined, two in each. */
const EPOCHS = [0, 1, 127, 128, 255, 256, 300];

/** What was written when layout 1 was today's: every form that a record of it has. */
const OLD_RECORDS: readonly ClientRecord[] = EPOCHS.flatMap((epoch, at) =>
  [2 * at, 2 * at + 1].map((number) => {
    const isExcluded = number % 5 === 4;
    const total = number % 4 === 1 ? 1.5 * number : 0;
    const reached = { kpi: number % 2, day: (DAY + 1) as Day, events: number + 1, total };
    return {
      client: client(number),
      assignment: isExcluded ? EXCLUDED : assigned(number % 3, number % 2 === 1),
      epoch,
      day: (DAY + (number % 3)) as Day,
      conversions: isExcluded || number % 3 === 0 ? [] : [reached],
      ...(number % 2 === 0 ? { id: `client-${number}` as ClientId } : {}),
    };
  }),
);

function inOrder(records: readonly StoredClient[]): readonly StoredClient[] {
  return records.toSorted((left, right) => (left.client < right.client ? -1 : 1));
}

export async function living(store: Store, name: string): Promise<Experiment> {
  const experiment = await store.definitions.read(named(name));
  if (experiment === undefined) throw new Error(`Expected ${name}, got nothing`);
  return experiment;
}

/** All that lay in the store of layout 1 is there, and it goes on from there. */
export async function expectWhole(store: Store): Promise<void> {
  const old = await living(store, "old");
  const records: StoredClient[] = [];
  for await (const batch of store.transfer.exportRecords(old)) records.push(...batch);
  expect(inOrder(records)).toEqual(inOrder(OLD_RECORDS));
  const call = { experiment: old, client: client(13), proposal: assigned(2), day: DAY };
  expect(await store.records.participate(call)).toEqual({ kind: "existing", assignment: assigned(1, true) });
  for (const number of [0, 2, 7, 13]) {
    await store.records.convert({ experiment: old, client: client(number), kpi: 0, day: DAY, value: 2.5 });
  }
  const fresh = await living(store, "fresh");
  for (const number of [2, 7]) {
    const joins = {
      experiment: fresh,
      client: client(number),
      proposal: assigned(0),
      day: DAY,
      segments: [7, 255],
    };
    await store.records.participate(joins);
    await store.records.convert({ experiment: fresh, client: client(number), kpi: 0, day: DAY, value: 2.5 });
  }
  expect(await store.records.find(fresh, client(2))).not.toHaveProperty("segments");
  expect(await store.records.find(fresh, client(7))).toMatchObject({ segments: [7, 255], conversions: [{ kpi: 0 }] });
  for (const experiment of [old, fresh]) {
    expect(tallyDifferences(await store.tallies.read(experiment), await store.tallies.recount(experiment))).toEqual([]);
  }
  expect(await store.activity.read({ limit: 10 })).toMatchObject([{ actor: "ann", after: "yes" }]);
}

export async function fillFolder(folder: string): Promise<void> {
  await makeFolder(join(folder, "level"));
  const database = await openLevel(join(folder, "level"), true);
  const batch = database.batch();
  for (const [key = "", value = ""] of OF_LAYOUT_1.embedded) batch.put(hex(key), withAllEpochs(hex(value)));
  await batch.write({ sync: true });
  await database.close();
}

export async function fillRedis(server: RedisServer): Promise<void> {
  for (const line of OF_LAYOUT_1.redis) {
    const [type = "", key = "", ...words] = line.split(" ");
    await server.bytes(...commandOf(type, key, words.map(hex).map(withAllEpochs)));
    if (type === "hash" && key.startsWith("sxp:{old}:") && key.endsWith(":definition")) {
      await server.bytes(...commandOf(type, key, [Buffer.from("epoch"), Buffer.from(String(EPOCHS.at(-1)))]));
    }
  }
}

/** Definitions of `old` in the file have two of the epochs that its records are of; all of them would be most of the file. */
function withAllEpochs(value: Buffer): Buffer {
  if (!value.includes('"epochs":')) return value;
  const stored = JSON.parse(value.toString());
  const { epochs } = stored.experiment ?? stored;
  while (epochs.length > 1 && epochs.length <= Math.max(...EPOCHS)) epochs.push(epochs.at(-1));
  return Buffer.from(JSON.stringify(stored));
}

function hex(text: string): Buffer {
  return Buffer.from(text, "hex");
}

/** What makes a key of that type again. */
function commandOf(type: string, key: string, values: readonly Buffer[]): readonly Buffer[] {
  const words = (...texts: readonly string[]) => texts.map((text) => Buffer.from(text));
  switch (type) {
    case "string":
      return [...words("SET", key), ...values];
    case "hash":
      return [...words("HSET", key), ...values];
    case "set":
      return [...words("SADD", key), ...values];
    case "stream":
      return [...words("XADD", key), ...values];
    default: {
      const pairs = values.flatMap((value, at) => (at % 2 === 0 ? [values[at + 1] ?? value, value] : []));
      return [...words("ZADD", key), ...pairs];
    }
  }
}
