/** Folders and databases of layout 1 become ones of today when they are opened, also after that was interrupted. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { assigned, EXCLUDED } from "../../src/domain/assignment.ts";
import type { Experiment } from "../../src/domain/experiment.ts";
import type { ClientId } from "../../src/domain/names.ts";
import { type Day, parseDay } from "../../src/domain/period.ts";
import { tallyDifferences } from "../../src/domain/tally.ts";
import { type Database, openMemory } from "../../src/store/local/database.ts";
import { exportRecords } from "../../src/store/local/export.ts";
import { bytes, metaKey, recordKey, u16 } from "../../src/store/local/keys.ts";
import { openLevel } from "../../src/store/local/level-database.ts";
import { LocalStore } from "../../src/store/local/local-store.ts";
import { makeFolder } from "../../src/store/local/make-folder.ts";
import { migrate } from "../../src/store/local/migrate.ts";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import type { Store } from "../../src/store/store.ts";
import { LAYOUT } from "../../src/store/store-id.ts";
import type { ClientRecord, StoredClient } from "../../src/store/transfer.ts";
import { RedisServer } from "../support/redis-server.ts";
import { PATIENT } from "./engines/redis.ts";
import { client, named } from "./fixtures.ts";
import OF_LAYOUT_1 from "./layout-1.json" with { type: "json" };

/** The day on which `layout-1.json` was written. */
const DAY = parseDay("2026-01-01");

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

async function living(store: Store, name: string): Promise<Experiment> {
  const experiment = await store.definitions.read(named(name));
  if (experiment === undefined) throw new Error(`Expected ${name}, got nothing`);
  return experiment;
}

/** All that lay in the store of layout 1 is there, and it goes on from there. */
async function expectWhole(store: Store): Promise<void> {
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

describe("a data folder of layout 1", () => {
  it("opens with all that was in it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sixpack-layout-"));
    try {
      await makeFolder(join(folder, "level"));
      const database = await openLevel(join(folder, "level"), true);
      const batch = database.batch();
      for (const [key = "", value = ""] of OF_LAYOUT_1.embedded) batch.put(hex(key), hex(value));
      await batch.write({ sync: true });
      await database.close();
      for (const first of [true, false]) {
        const store = await LocalStore.open({ folder, cacheSlots: 0 });
        if (first) await expectWhole(store);
        else expect(await store.records.read(await living(store, "old"), client(13))).toEqual(assigned(1, true));
        await store.close();
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("goes on where it was when the process was killed, before each of its writes", async () => {
    const expected = await recordsOf(await migrated(Number.POSITIVE_INFINITY));
    expect(expected).toHaveLength(CLIENTS);
    let writes = 0;
    for (; ; writes += 1) {
      const database = await migrated(writes);
      if (layoutIn(await database.get(bytes(metaKey("store")))) === LAYOUT) break;
      await migrate(database, { id: "a", layout: 1 });
      expect(await recordsOf(database)).toEqual(expected);
      expect(await database.get(bytes(metaKey("migrated")))).toBeUndefined();
    }
    expect(writes).toBeGreaterThan(CLIENTS / 1_000);
  });
});

describe("a data folder that has lost its id", () => {
  it("keeps its records whichever layout they are of", async () => {
    for (const layout of [1, LAYOUT]) {
      const database = await migrated(layout === 1 ? 0 : Number.POSITIVE_INFINITY);
      await migrate(database, undefined);
      expect(await recordsOf(database)).toEqual(await recordsOf(await migrated(Number.POSITIVE_INFINITY)));
    }
  });
});

const CLIENTS = 2_500;

/** Many records of layout 1, whose migration dies after some writes. */
async function migrated(writes: number): Promise<Database> {
  const database = await openMemory();
  const batch = database.batch();
  for (let number = 0; number < CLIENTS; number += 1) {
    const epoch = number * 13;
    batch.put(bytes(recordKey(1, client(number))), bytes(`\x01${u16(DAY)}${epoch === 0 ? "" : u16(epoch)}`));
  }
  await batch.write();
  let left = writes;
  const dying = new Proxy(database, {
    get(target, property) {
      const value = Reflect.get(target, property);
      if (property !== "batch") return typeof value === "function" ? value.bind(target) : value;
      return () => {
        const chained = target.batch();
        const { write } = chained;
        const once = (): undefined => {
          if (left === 0) throw new Error("killed");
          left -= 1;
          return undefined;
        };
        return Object.assign(chained, { write: async () => once() ?? write.call(chained, {}) });
      };
    },
  });
  await migrate(dying, { id: "a", layout: 1 }).catch((error: Error) => expect(error.message).toBe("killed"));
  return database;
}

async function recordsOf(database: Database): Promise<readonly StoredClient[]> {
  const records: StoredClient[] = [];
  for await (const batch of exportRecords(database, 1)) records.push(...batch);
  return records;
}

function layoutIn(text: Buffer | undefined): number {
  return text === undefined ? 1 : JSON.parse(text.toString()).layout;
}

describe("a Redis database of layout 1", () => {
  let server: RedisServer;

  beforeAll(async () => {
    server = await RedisServer.start();
    for (const line of OF_LAYOUT_1.redis) {
      const [type = "", key = "", ...words] = line.split(" ");
      await server.bytes(...commandOf(type, key, words.map(hex)));
    }
  });
  afterAll(() => server.stop());

  it("is read as it is by whoever only reads, and opens with all that was in it", async () => {
    const options = { socketPath: server.socketPath, ...PATIENT };
    const layout = async () => /"layout":(\d+)/.exec(await server.command("GET", "sxp:store"))?.[1];
    const reader = await RedisStore.open({ ...options, mayMake: false });
    expect(await reader.records.read(await living(reader, "old"), client(13))).toEqual(assigned(1, true));
    await reader.close();
    expect(await layout()).toBe("1");
    const store = await RedisStore.open(options);
    expect(await layout()).toBe(String(LAYOUT));
    await expectWhole(store);
    await store.close();
  });
});

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
