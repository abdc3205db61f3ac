/** Folders and databases of layout 1 become ones of today when they are opened, also after that was interrupted. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { assigned } from "../../src/domain/assignment.ts";
import { type Database, openMemory } from "../../src/store/local/database.ts";
import { exportRecords } from "../../src/store/local/export.ts";
import { bytes, metaKey, recordKey, u16 } from "../../src/store/local/keys.ts";
import { LocalStore } from "../../src/store/local/local-store.ts";
import { migrate } from "../../src/store/local/migrate.ts";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import { LAYOUT } from "../../src/store/store-id.ts";
import type { StoredClient } from "../../src/store/transfer.ts";
import { RedisServer } from "../support/redis-server.ts";
import { PATIENT } from "./engines/redis.ts";
import { client } from "./fixtures.ts";
import { DAY, expectWhole, fillFolder, fillRedis, living } from "./old-layout.ts";

describe("a data folder of layout 1", () => {
  it("opens with all that was in it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sixpack-layout-"));
    try {
      await fillFolder(folder);
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
    await fillRedis(server);
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
