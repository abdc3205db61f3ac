/** Folders and databases of older layouts become ones of today when they are opened, also after that was interrupted. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { assigned } from "../../src/domain/assignment.ts";
import type { Experiment } from "../../src/domain/experiment.ts";
import { inSegment, onDay, REPEATED } from "../../src/domain/subset.ts";
import { type Cell, cappedMetric, PARTICIPATION, type Tally } from "../../src/domain/tally.ts";
import { tallyDifferences } from "../../src/domain/tally-differences.ts";
import type { Database } from "../../src/store/local/database.ts";
import { exportRecords } from "../../src/store/local/export.ts";
import { bytes, metaKey, range, recordKey, u16 } from "../../src/store/local/keys.ts";
import { openLevel } from "../../src/store/local/level-database.ts";
import { LocalStore } from "../../src/store/local/local-store.ts";
import { openMemory } from "../../src/store/local/memory-database.ts";
import { migrate } from "../../src/store/local/migrate.ts";
import { readCells } from "../../src/store/local/tallies.ts";
import { entryKey, type TallyFamily, tallyEntries } from "../../src/store/local/tally-entries.ts";
import { RedisConnection } from "../../src/store/redis/client.ts";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import type { Store } from "../../src/store/store.ts";
import { LAYOUT } from "../../src/store/store-id.ts";
import type { StoredClient } from "../../src/store/transfer.ts";
import * as make from "../support/make.ts";
import { temporaryFolder } from "../support/one-test.ts";
import { RedisServer } from "../support/redis-server.ts";
import { PATIENT } from "./engines/redis.ts";
import { client } from "./fixtures.ts";
import { DAY, expectWhole, fillFolder, fillRedis, living } from "./old-layout.ts";

describe("a data folder of layout 1", () => {
  it("opens with all that was in it", async () => {
    const folder = await temporaryFolder();
    await fillFolder(folder);
    for (const first of [true, false]) {
      const store = await LocalStore.open({ folder, cacheSlots: 0 });
      if (first) await expectWhole(store);
      else expect(await store.records.read(await living(store, "old"), client(13))).toEqual(assigned(1, true));
      await store.close();
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
/** Between a client and the next, so that epochs take one to three bytes. */
const EPOCHS_APART = 13;

/** Many records of layout 1, after some writes of their migration. */
async function migrated(writes: number): Promise<Database> {
  const database = await openMemory();
  const batch = database.batch();
  for (let number = 0; number < CLIENTS; number += 1) {
    const epoch = number * EPOCHS_APART;
    batch.put(bytes(recordKey(1, client(number))), bytes(`\x01${u16(DAY)}${epoch === 0 ? "" : u16(epoch)}`));
  }
  await batch.write();
  await migrateUntil(database, writes, 1);
  return database;
}

/** A migration that dies after some writes. */
async function migrateUntil(database: Database, writes: number, layout: number): Promise<void> {
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
  await migrate(dying, { id: "a", layout }).catch((error: Error) => expect(error.message).toBe("killed"));
}

async function recordsOf(database: Database): Promise<readonly StoredClient[]> {
  const records: StoredClient[] = [];
  const experiment = { ...make.experiment(), currentEpoch: CLIENTS * EPOCHS_APART };
  for await (const batch of exportRecords(database, experiment)) records.push(...batch);
  return records;
}

function layoutIn(text: Buffer | undefined): number {
  return text === undefined ? 1 : JSON.parse(text.toString()).layout;
}

describe("segments of a data folder of layout 4", () => {
  const FAMILIES = ["tally", "unrecorded"] as const;

  it("lie in rows once, before whichever write the process was killed", async () => {
    let writes = 0;
    for (; ; writes += 1) {
      const database = await ofLayout4();
      await migrateUntil(database, writes, 4);
      if (layoutIn(await database.get(bytes(metaKey("store")))) === LAYOUT) break;
      await migrate(database, { id: "a", layout: 4 });
      await expectTallies(database);
    }
    // Rows of two lives, in two families, plain and capped, and the layout.
    expect(writes).toBe(2 * 2 * 2 + 1);
  });

  it("stay where they were if they can't be read, which is told", async () => {
    const database = await ofLayout4();
    const key = keyOfLayout4("tally", 1, segmentCell(1, 255));
    await database.put(key, Buffer.alloc(7, 1));
    await migrate(database, { id: "a", layout: 4 });
    const damaged: Buffer[] = [];
    const read = await readCells(database, "tally", 1, (at) => damaged.push(at));
    expect(damaged).toEqual([key]);
    expect(read).toHaveLength(TALLIES.length - 1);
  });

  it("go where they count nothing", async () => {
    const database = await openMemory();
    await database.put(keyOfLayout4("tally", 1, segmentCell(1, 255)), Buffer.alloc(32));
    await migrate(database, { id: "a", layout: 4 });
    expect(await database.keys(range("tally")).all()).toEqual([]);
  });

  function segmentCell(dimension: number, value: number, metric = PARTICIPATION): Cell {
    return { epoch: 0, assignment: assigned(1), metric, subset: inSegment(dimension, value) };
  }

  const COUNT = { clients: 3, events: 3, sum: 0, squares: 0 };
  const TALLIES: readonly Tally[] = [
    { ...segmentCell(0, 1), ...COUNT },
    { ...segmentCell(0, 2), ...COUNT, clients: 4, events: 4 },
    { ...segmentCell(1, 255), ...COUNT },
    { ...segmentCell(0, 1, cappedMetric(0)), clients: 1, events: 0, sum: 7.5, squares: 56.25 },
    { ...segmentCell(0, 1), subset: onDay(DAY), ...COUNT },
  ];

  async function ofLayout4(): Promise<Database> {
    const database = await openMemory();
    const batch = database.batch();
    for (const family of FAMILIES) {
      for (const life of [1, 2]) {
        for (const tally of TALLIES) {
          // A cell of a day has the value that a segment had.
          const ofDay = { ...tally, subset: onDay(DAY) };
          for (const [, value] of tallyEntries(family, life, [ofDay])) {
            batch.put(keyOfLayout4(family, life, tally), value);
          }
        }
      }
    }
    await batch.write();
    return database;
  }

  function keyOfLayout4(family: TallyFamily, life: number, cell: Cell): Buffer {
    const key = entryKey(family, life, cell);
    if (cell.subset.kind !== "segment") return bytes(key);
    return bytes(key.slice(0, -1) + u16(cell.subset.dimension * 256 + cell.subset.value) + key.slice(-1));
  }

  async function expectTallies(database: Database): Promise<void> {
    for (const family of FAMILIES) {
      for (const life of [1, 2]) expect(tallyDifferences(await readCells(database, family, life), TALLIES)).toEqual([]);
    }
  }
});

describe("what layout 2 did not count", () => {
  const REPEATED_CELL = Buffer.from("r");

  it("is counted from the records of a folder", async () => {
    const folder = await temporaryFolder();
    const store = await LocalStore.open({ folder, cacheSlots: 0 });
    await convertOften(store);
    await store.close();
    const database = await openLevel(join(folder, "level"), false);
    const cells = (await database.keys(range("tally")).all()).filter((key) => key.subarray(11).equals(REPEATED_CELL));
    expect(cells).toHaveLength(1);
    for (const key of cells) await database.del(key);
    await database.put(bytes(metaKey("store")), Buffer.from(JSON.stringify({ id: "a", layout: 2 })));
    await database.close();
    const next = await LocalStore.open({ folder, cacheSlots: 0 });
    await expectRepeats(next);
    await next.close();
  });

  it("is counted from the records of a Redis database", async () => {
    const server = await RedisServer.start();
    try {
      const options = { socketPath: server.socketPath, ...PATIENT };
      const store = await RedisStore.open(options);
      const { life } = await convertOften(store);
      await store.close();
      const tallies = `sxp:{often}:${life.toString(36)}:tallies`;
      expect(await server.command("HDEL", tallies, "0:1:r0:0:s", "0:1:r0:0:q")).toMatch(/^:2/);
      await server.command("SET", "sxp:store", JSON.stringify({ id: "a", layout: 2 }));
      const next = await RedisStore.open(options);
      await expectRepeats(next);
      await next.close();
    } finally {
      await server.stop();
    }
  });

  it("is not counted again over what others have served since by whoever was stopped meanwhile", async () => {
    const server = await RedisServer.start();
    try {
      const options = { socketPath: server.socketPath, ...PATIENT };
      const before = await RedisStore.open(options);
      await convertOften(before);
      await before.close();
      await server.command("SET", "sxp:store", JSON.stringify({ id: "a", layout: 2 }));
      const send = RedisConnection.prototype.send;
      let other: RedisStore | undefined;
      const sent = vi.spyOn(RedisConnection.prototype, "send");
      sent.mockImplementation(async function (this: RedisConnection, ...args) {
        if (other === undefined && args[0] === "HGET" && args[2] === "epoch") {
          sent.mockImplementation(send);
          // The records are read, and the lease runs out.
          await server.command("DEL", "sxp:lease:migration");
          other = await RedisStore.open(options);
          const experiment = await living(other, "often");
          await other.records.convert({ experiment, client: client(1), kpi: 0, day: DAY, value: 8 });
        }
        return send.apply(this, args);
      });
      const stopped = await RedisStore.open(options);
      sent.mockRestore();
      expect(other).toBeDefined();
      const experiment = await living(stopped, "often");
      const tallies = await stopped.tallies.read(experiment);
      expect(tallyDifferences(tallies, await stopped.tallies.recount(experiment))).toEqual([]);
      await Promise.all([stopped.close(), other?.close()]);
    } finally {
      await server.stop();
    }
  });

  /** One client that converts once, and one that does it three times. */
  async function convertOften(store: Store): Promise<Experiment> {
    const experiment = await make.created(store, make.draft({ name: "often" }));
    for (const [number, values] of [[4], [1, 2, 3.5]].entries()) {
      const who = { experiment, client: client(number) };
      await store.records.participate({ ...who, proposal: assigned(1), day: DAY });
      for (const value of values) await store.records.convert({ ...who, kpi: 0, day: DAY, value });
    }
    return experiment;
  }

  async function expectRepeats(store: Store): Promise<void> {
    const experiment = await living(store, "often");
    const tallies = await store.tallies.read(experiment);
    expect(tallyDifferences(tallies, await store.tallies.recount(experiment))).toEqual([]);
    const cell = { epoch: 0, assignment: assigned(1), metric: 0, clients: 0, events: 0 };
    expect(tallies).toContainEqual({ ...cell, subset: REPEATED, sum: 2 * 6.5, squares: 2 * 3 });
  }
});

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
