/** What lies in Redis: the keys of docs/storage.md and no others, in encodings that keep a client small. */
import { readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { assigned } from "../../src/domain/assignment.ts";
import type { EventKey } from "../../src/domain/digest.ts";
import type { Experiment } from "../../src/domain/experiment.ts";
import type { ClientId } from "../../src/domain/names.ts";
import { Keys } from "../../src/store/redis/keys.ts";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import * as make from "../support/make.ts";
import { RedisServer } from "../support/redis-server.ts";
import { PATIENT } from "./engines/redis.ts";
import { client, named, participantsOf } from "./fixtures.ts";

let server: RedisServer;
let store: RedisStore;

beforeAll(async () => {
  server = await RedisServer.start();
});
beforeEach(async () => {
  store = await RedisStore.open({ socketPath: server.socketPath, ...PATIENT });
});
afterEach(async () => {
  await store.close();
  await server.command("FLUSHALL");
});
afterAll(() => server.stop());

async function populate(
  experiment: Experiment,
  clients: number,
  idOf: (number: number) => ClientId | undefined = () => undefined,
): Promise<void> {
  for (let start = 0; start < clients; start += 5_000) {
    const numbers = Array.from({ length: Math.min(5_000, clients - start) }, (_, index) => start + index);
    await Promise.all(
      numbers.map((number) =>
        store.records.participate({
          experiment,
          client: client(number),
          proposal: assigned(number % 3),
          day: make.DAY,
          id: idOf(number),
        }),
      ),
    );
  }
}

/** 36 characters, as clients make them. */
function uuidOf(number: number): ClientId {
  return `00000000-0000-4000-8000-${String(number).padStart(12, "0")}` as ClientId;
}

/** The words of a flat array reply. */
function wordsIn(reply: string): readonly string[] {
  return reply
    .split("\r\n")
    .slice(1)
    .filter((line, index) => index % 2 === 1 && line !== "");
}

async function keys(pattern = "*"): Promise<readonly string[]> {
  // Only a test may do this; the engine computes every key.
  return wordsIn(await server.command("KEYS", pattern));
}

async function integer(...words: readonly string[]): Promise<number> {
  return Number((await server.command(...words)).slice(1));
}

/** The family that docs/storage.md names: the parts that vary put as words. */
function familyOf(key: string): string {
  return key
    .replace(/^sxp/, "<prefix>")
    .replace(/\{[^<}]*\}/, "{<name>}")
    .replace(/:[0-9a-z]+:(definition|records|ids|tallies|unrecorded)/, ":<life>:$1")
    .replace(/:[0-9a-z]+:event:.*$/s, ":<life>:event:<id>")
    .replace(/:lease:.*$/, ":lease:<lease>")
    .replace(/:notes:.*$/, ":notes:<family>")
    .replace(/:\d+$/, ":<b>");
}

describe("the keys in Redis", () => {
  it("are those of docs/storage.md, and all of those", async () => {
    const experiment = await make.created(store, make.draft({ name: "documented" }));
    await populate(experiment, 100, uuidOf);
    const event = { key: "event-01" as EventKey, atMs: make.NOW_MS };
    await store.records.convert({ experiment, client: client(1), kpi: 0, day: make.DAY, value: 1, event });
    // 0 and 1 are in different alternatives.
    await store.records.link(experiment, { client: client(0) }, { client: client(1) });
    await store.leases.claim("rebalance", "this process", 10_000);
    await store.notes.swap("mail", "1", null, "kept");
    await store.lives.remove(await make.created(store, make.draft({ name: "gone" })), make.NOW_MS, undefined);
    await store.transfer.loadTallies(experiment, [], await store.tallies.read(experiment));
    const entry = {
      atMs: make.NOW_MS,
      experiment: named("documented"),
      action: "x",
      before: null,
      after: null,
    };
    for (const actor of ["x", "api", "server"]) await store.activity.append({ ...entry, actor });
    const docs = await readFile(new URL("../../../docs/storage.md", import.meta.url), "utf8");
    const documented = new Set([...docs.matchAll(/`(<prefix>:[^`]+)`/g)].map(([, family]) => family));
    expect(new Set((await keys()).map(familyOf))).toEqual(documented);
  });

  it("carry the experiment's hash tag, so that a Cluster keeps them in one slot", async () => {
    for (const name of ["plain", "br{ac}es", "a:b"]) {
      await populate(await make.created(store, make.draft({ name })), 100, uuidOf);
    }
    const ofExperiments = (await keys()).filter((key) => key.startsWith("sxp:{"));
    const tags = new Set(ofExperiments.map((key) => /^sxp:\{([^{}]+)\}:/.exec(key)?.[1]));
    expect(tags).toEqual(new Set(["plain", "br%7Bac%7Des", "a:b"]));
  });

  it("are all gone after a delete and a sweep, and no other experiment's are", async () => {
    await populate(await make.created(store, make.draft({ name: "kept" })), 2_000);
    const before = (await keys()).toSorted();
    const experiment = await make.created(store, make.draft({ name: "freed" }));
    await populate(experiment, 40_000, uuidOf);
    await store.lives.remove(experiment, make.NOW_MS, undefined);
    expect(await store.lives.sweep(make.NOW_MS)).toBe(1);
    expect((await keys()).toSorted()).toEqual(before);
    expect(wordsIn(await server.command("ZRANGE", "sxp:experiments", "0", "-1"))).toEqual(["kept"]);
  });

  it("go on being freed where a sweep was cut short, and can't come back meanwhile", async () => {
    const experiment = await make.created(store, make.draft({ name: "crashed" }));
    await populate(experiment, 2_000);
    await store.lives.remove(experiment, make.NOW_MS, undefined);
    // What a process leaves that dies in the middle: the mark, and some of the buckets gone.
    await server.command("HSET", new Keys("sxp").life(experiment).definition, "state", "sweeping");
    for (const key of await keys("*:records:1?")) await server.command("DEL", key);
    expect(await store.lives.listRemoved()).toEqual([]);
    expect(await store.lives.restore(named("crashed"), experiment.life, make.NOW_MS)).toBeUndefined();
    expect(await store.lives.sweep(0)).toBe(1);
    expect((await keys()).toSorted()).toEqual(["sxp:experiments", "sxp:store"]);
  });

  it.each([
    ["the definition in force under its name", (life: Experiment) => new Keys("sxp").life(life).definition],
    ["which life is in force under its name", () => new Keys("sxp").name("a-damaged").live],
    ["its records", (_: Experiment, removed: Experiment) => new Keys("sxp").life(removed).records],
    ["its definition", (_: Experiment, removed: Experiment) => new Keys("sxp").life(removed).definition],
  ])("are freed of every life that is due but the one of which %s makes no sense", async (_, damagedKey) => {
    const removed: Experiment[] = [];
    for (const name of ["a-damaged", "b-sound"]) {
      const experiment = await make.created(store, make.draft({ name }));
      await populate(experiment, 100);
      await store.lives.remove(experiment, make.NOW_MS, undefined);
      removed.push(experiment);
    }
    const [first] = removed;
    if (first === undefined) throw new Error("Expected two lives");
    const key = damagedKey(await make.created(store, make.draft({ name: "a-damaged" })), first);
    await server.command("SET", key, "x");
    expect((await store.lives.listRemoved()).map(({ experiment }) => experiment.name)).toContain("b-sound");
    await store.lives.sweep(make.NOW_MS);
    expect((await keys()).filter((each) => each.includes("b-sound"))).toEqual([]);
    expect(await store.definitions.read(named("b-sound"))).toBeUndefined();
  });

  it("are not made where a life was freed while it was loaded", async () => {
    const { life: _, version: __, ...definition } = await make.created(store, make.draft({ name: "kept" }));
    const before = (await keys()).toSorted();
    const staged = await store.transfer.stage({ ...definition, name: named("loaded") }, make.NOW_MS);
    // By a process whose clock is days ahead.
    await store.lives.sweep(make.NOW_MS);
    const record = { client: client(1), assignment: assigned(1), epoch: 0, day: make.DAY, conversions: [] };
    const loads = [
      store.transfer.loadRecords(staged, [{ ...record, id: uuidOf(1) }]),
      store.transfer.loadTallies(staged, [make.tally()], [make.tally()]),
    ];
    for (const load of loads) await expect(load).rejects.toMatchObject({ code: "transfer-failed" });
    expect((await keys()).toSorted()).toEqual(before);
  });

  it("that name a life which is not there are refused at once, and the name stays taken", async () => {
    const experiment = await make.created(store, make.draft({ name: "evicted" }));
    await server.command("DEL", new Keys("sxp").life(experiment).definition);
    await expect(store.definitions.read(named("evicted"))).rejects.toMatchObject({ code: "experiment-unreadable" });
    await expect(make.created(store, make.draft({ name: "evicted" }))).rejects.toMatchObject({
      code: "experiment-unreadable",
    });
    expect(await store.definitions.list()).toEqual([]);
    expect(await store.definitions.listUnreadable()).toMatchObject([{ name: "evicted" }]);
  });
});

describe("the records in Redis", () => {
  it("lie in buckets that all keep the compact encoding, and as many as the clients need", async () => {
    const experiment = await make.created(store, make.draft({ name: "buckets" }));
    await populate(experiment, 20_000);
    const buckets = await keys("*:records:*");
    // One bucket more for each 32 clients: 20,000 / 32 = 625.
    expect(buckets).toHaveLength(625);
    const sizes = await Promise.all(buckets.map((key) => integer("HLEN", key)));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(20_000);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(128);
    const encodings = await Promise.all(buckets.map((key) => server.command("OBJECT", "ENCODING", key)));
    expect(new Set(encodings)).toEqual(new Set(["$8\r\nlistpack\r\n"]));
    expect(await participantsOf(store, experiment)).toBe(20_000);
  });

  it("take less than 32 bytes a client", async () => {
    const used = async () => Number(/used_memory:(\d+)/.exec(await server.command("INFO", "memory"))?.[1]);
    const experiment = await make.created(store, make.draft({ name: "small" }));
    const before = await used();
    await populate(experiment, 100_000);
    expect((await used()) - before).toBeLessThan(32 * 100_000);
  });

  it("have ids beside them in buckets of the compact encoding too, and no trace of ids where none are kept", async () => {
    const experiment = await make.created(store, make.draft({ name: "with-ids" }));
    await populate(experiment, 5_000, uuidOf);
    const buckets = await keys("*:ids:*");
    // As many as for records: 5,000 / 32 = 156.25.
    expect(buckets).toHaveLength(157);
    const sizes = await Promise.all(buckets.map((key) => integer("HLEN", key)));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(5_000);
    const encodings = await Promise.all(buckets.map((key) => server.command("OBJECT", "ENCODING", key)));
    expect(new Set(encodings)).toEqual(new Set(["$8\r\nlistpack\r\n"]));
    const without = await make.created(store, make.draft({ name: "without" }));
    await populate(without, 100);
    expect(await keys("sxp:{without}:*:ids*")).toEqual([]);
    const [records = ""] = await keys("sxp:{without}:*:records");
    expect(wordsIn(await server.command("HKEYS", records)).toSorted()).toEqual(["buckets", "entries"]);
  });
});
