/** Tallies and records that somebody damaged or wrote by hand cost their own experiment or client, on both engines. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkRecords } from "../../src/cli/doctor/record-counts.ts";
import { assigned } from "../../src/domain/assignment.ts";
import { clientKey, digestOf, eventKey } from "../../src/domain/digest.ts";
import type { Experiment } from "../../src/domain/experiment.ts";
import type { ClientId } from "../../src/domain/names.ts";
import { isCapped, type Tally } from "../../src/domain/tally.ts";
import { tallyDifferences } from "../../src/domain/tally-differences.ts";
import { remove, reset, restore } from "../../src/service/administer/acts/ending.ts";
import { forgetClient } from "../../src/service/administer/forget.ts";
import { lossOf } from "../../src/service/administer/loss.ts";
import { listLost } from "../../src/service/administer/lost.ts";
import { exportClientsCsv } from "../../src/service/report/clients-csv.ts";
import { exportFile } from "../../src/service/transfer/file/export-file.ts";
import { recordKey } from "../../src/store/local/keys.ts";
import { openLevel } from "../../src/store/local/level-database.ts";
import { LocalStore } from "../../src/store/local/local-store.ts";
import { repairFolder } from "../../src/store/local/repair.ts";
import { entryKey } from "../../src/store/local/tally-entries.ts";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import type { Store } from "../../src/store/store.ts";
import { changed, withKpiRules } from "../store/conformance/caps.ts";
import { PATIENT } from "../store/engines/redis.ts";
import * as make from "../support/make.ts";
import { closing, stopping, temporaryFolder } from "../support/one-test.ts";
import { RedisServer } from "../support/redis-server.ts";

/** Fields of tallies that no script writes, and values that nothing adds up to. */
const CELLS: readonly (readonly [field: string, value: string])[] = [
  ["0:0:20000:p", "x"],
  ["0:0:20000:p", ""],
  ["0:0:20000:p", "1.5"],
  ["0:0:20000:0:e", "nan"],
  ["0:0:20000:0:s", "inf"],
  ["0:0:20000:0:q", "-nan"],
  ["0:0:20000:0:z", "4"],
  ["0:0:20000:q9", "4"],
  ["0:0:k20000:p", "4"],
  ["0:0:x:0:e", "1"],
  ["0:120:20000:p", "1"],
  ["-1:0:20000:p", "1"],
  ["zz", "1"],
];

/** Records that end too early, or say what nothing can mean. */
const RECORDS: readonly (readonly number[])[] = [
  [],
  [1],
  [0, 1],
  [0, 1, 1, 128],
  [120, 1, 1],
  [0, 78, 1, 0, 0, 1],
  [0, 78, 1, 0, 255, 7],
  [0, 78, 1, 0, 0, 78, 1, 3, 127, 248, 0, 0, 0, 0, 0, 0],
  [254, 1],
];

describe("a tally or record that makes no sense", () => {
  it("is an error of its experiment in Redis, and never a number", async () => {
    const redis = stopping(await RedisServer.start());
    const store = closing(await RedisStore.open({ ...PATIENT, socketPath: redis.socketPath }));
    const [bad, good] = [
      await make.created(store, make.draft({ name: "bad" })),
      await make.created(store, make.draft({ name: "good" })),
    ];
    const client = clientKey(digestOf(bad.name, "ann" as ClientId));
    for (const experiment of [bad, good]) {
      await store.records.participate({ experiment, client, proposal: assigned(0), day: make.DAY });
    }
    const tallies = `sxp:{bad}:${bad.life.toString(36)}:tallies`;
    const refused = { code: "experiment-unreadable" };
    for (const [field, value] of CELLS) {
      await redis.bytes(...["HSET", tallies, field, value].map((word) => Buffer.from(word)));
      await expect(store.tallies.read(bad), `${field} = ${value}`).rejects.toMatchObject(refused);
      await redis.command("HDEL", tallies, field);
    }
    await redis.command("HSET", tallies, "changes", "x");
    await expect(store.tallies.mark(bad)).rejects.toMatchObject(refused);
    const newcomer = clientKey(digestOf(bad.name, "ben" as ClientId));
    const joining = { client: newcomer, proposal: assigned(1), day: make.DAY };
    await redis.command("HSET", tallies, "changes", "7");
    const bucket = `sxp:{bad}:${bad.life.toString(36)}:records:0`;
    for (const bytes of RECORDS) {
      const set = [Buffer.from("HSET"), Buffer.from(bucket), Buffer.from(client, "latin1"), Buffer.from(bytes)];
      await redis.bytes(...set);
      await expect(store.tallies.recount(bad), bytes.join(" ")).rejects.toMatchObject(refused);
    }
    await redis.command("HSET", `sxp:{bad}:${bad.life.toString(36)}:records`, "buckets", "x");
    await expect(store.tallies.recount(bad)).rejects.toMatchObject(refused);
    expect(await store.tallies.recount(good)).toEqual(await store.tallies.read(good));
    await store.records.participate({ experiment: good, ...joining });
    expect((await store.tallies.read(good)).reduce((sum, { clients }) => sum + clients, 0)).toBe(2);
  });

  it("is an error of its experiment in a folder", async () => {
    const folder = await temporaryFolder();
    const first = await LocalStore.open({ folder, cacheSlots: 0 });
    const bad = await make.created(first, make.draft({ name: "bad" }));
    const client = clientKey(digestOf(bad.name, "ann" as ClientId));
    await first.records.participate({ experiment: bad, client, proposal: assigned(0), day: make.DAY });
    const [cell] = await first.tallies.read(bad);
    await first.close();
    if (cell === undefined) throw new Error("Expected a tally");
    const tally = Buffer.from(entryKey("tally", bad.life, cell), "latin1");
    const record = Buffer.from(recordKey(bad.life, client), "latin1");
    const damaged: readonly (readonly [Buffer, Buffer])[] = [
      ...[Buffer.alloc(0), Buffer.alloc(31), Buffer.alloc(32, 255)].map((value) => [tally, value] as const),
      ...RECORDS.filter((bytes) => bytes.length < 4).map((bytes) => [record, Buffer.from(bytes)] as const),
    ];
    for (const [key, value] of damaged) {
      const database = await openLevel(join(folder, "level"), false);
      const before = await database.get(key);
      await database.put(key, value);
      await database.close();
      const store = await LocalStore.open({ folder, cacheSlots: 0 });
      const reading = key === tally ? store.tallies.read(bad) : store.tallies.recount(bad);
      await expect(reading, value.toString("hex")).rejects.toMatchObject({ code: "experiment-unreadable" });
      await store.close();
      const mending = await openLevel(join(folder, "level"), false);
      if (before !== undefined) await mending.put(key, before);
      await mending.close();
    }
  });
});

/** Records with numbers that nothing can mean, and links without an end. */
const SENSELESS: readonly (readonly number[])[] = [
  [100, 78, 1],
  [228, 78, 1],
  [0, 78, 1, 255, 255, 255, 255, 15],
  [0, 78, 1, 0, 255, 8, 127, 192, 0, 0],
  [0, 78, 1, 0, 255, 8, 127, 128, 0, 0],
  [254, 97, 98, 99],
  [254, 97, 98, 99, 100, 101, 102, 103, 104, 120, 0],
];

/** The same within the conversions, which only Redis keeps in a record. */
const OVERFLOWING: readonly (readonly number[])[] = [
  [0, 78, 1, 0, 0, 78, 1, 3, 127, 224, 0, 0, 0, 0, 0, 0],
  [0, 78, 1, 0, 0, 78, 1, 255, 255, 255, 255, 255, 255, 255, 255, 127],
];

/** A client for each record, who gets it by `put` in place of its own, and one who is left alone. */
async function makeDamaged(store: Store, records: readonly (readonly number[])[]) {
  const experiment = await make.created(store, make.draft({ name: "worn" }));
  const clientOf = (name: string) => clientKey(digestOf(experiment.name, name as ClientId));
  const damaged = records.map((bytes, at) => ({ bytes: Buffer.from(bytes), client: clientOf(`damaged ${at}`) }));
  for (const client of [...damaged.map(({ client }) => client), clientOf("sound")]) {
    await store.records.participate({ experiment, client, proposal: assigned(0), day: make.DAY });
  }
  return { experiment, damaged, clientOf };
}

async function expectRecordsLostAlone(
  store: Store,
  { experiment, damaged, clientOf }: Awaited<ReturnType<typeof makeDamaged>>,
): Promise<void> {
  const refused = { code: "experiment-unreadable" };
  // In one batch: what is damaged stands in front of what is not, and behind it.
  const converting = [...damaged, { client: clientOf("sound") }, ...damaged].map(({ client }, at) => {
    const event = { key: eventKey(experiment.name, "any" as ClientId, `${at}`), atMs: make.NOW_MS };
    return store.records.convert({ experiment, client, kpi: 0, day: make.DAY, value: 2, event });
  });
  const joining = [...damaged.map(({ client }) => client), clientOf("new")].map((client) =>
    store.records.participate({ experiment, client, proposal: assigned(1), day: make.DAY }),
  );
  const [converted, joined] = await Promise.all([Promise.allSettled(converting), Promise.allSettled(joining)]);
  for (const [at, outcome] of converted.entries()) {
    const expected = at === damaged.length ? { value: { kind: "converted" } } : { reason: refused };
    expect(outcome, `conversion ${at}`).toMatchObject(expected);
  }
  expect(joined.at(-1)).toMatchObject({ value: { kind: "recorded" } });
  for (const { client, bytes } of damaged) {
    await expect(store.records.forget(experiment, client), bytes.join(" ")).rejects.toMatchObject(refused);
  }
  const cells = (await store.tallies.read(experiment)).filter(({ subset }) => subset.kind === "day");
  const ofDay = { epoch: 0, subset: { kind: "day", day: make.DAY } };
  const expected = [
    { ...ofDay, assignment: assigned(0), metric: -1, clients: damaged.length + 1 },
    { ...ofDay, assignment: assigned(0), metric: 0, clients: 1, events: 1, sum: 2, squares: 4 },
    { ...ofDay, assignment: assigned(1), metric: -1, clients: 1 },
  ];
  const order = ({ assignment, metric }: Tally) => `${JSON.stringify(assignment)} ${metric}`;
  expect(cells.sort((one, other) => order(one).localeCompare(order(other)))).toMatchObject(expected);

  // Counting by a new cap looks at every record, too.
  await changed(store, withKpiRules(experiment, { cap: { amount: 1 } }));
  const capped = (await store.tallies.read(experiment)).filter(({ metric }) => isCapped(metric));
  expect(capped.filter(({ subset }) => subset.kind === "day")).toMatchObject([{ clients: 1, sum: 1, squares: 1 }]);

  const told: unknown[] = [];
  const context = { store, clock: make.clock() };
  const onExported = (...what: readonly unknown[]) => told.push(what.slice(1));
  for await (const _ of exportFile(context, { names: [], version: "0", onExported }));
  expect(told).toEqual([[2, false, damaged.length]]);
  let table = "";
  for await (const piece of await exportClientsCsv(store, experiment)) table += piece;
  expect(table.match(/^,\(unreadable\),/gm)).toHaveLength(damaged.length);
  expect(table.trim().split("\r\n")).toHaveLength(1 + damaged.length + 2);

  // Whoever saw two alternatives is forgotten under both ids, whatever lies beside them.
  const now = (await store.definitions.read("worn")) ?? experiment;
  const [phone, account] = [{ client: clientOf("phone") }, { client: clientOf("account") }];
  await store.records.participate({ experiment: now, ...phone, proposal: assigned(0), day: make.DAY });
  await store.records.participate({ experiment: now, ...account, proposal: assigned(1), day: make.DAY });
  expect(await store.records.link(now, phone, account)).toMatchObject({ kind: "conflict" });
  expect(await forgetClient(make.context({ store }), "phone" as ClientId, "ada")).toEqual(["worn"]);
  expect(await store.records.find(now, account.client)).toBeUndefined();
}

describe("an experiment whose tallies make no sense", () => {
  it("can be reset, brought back and deleted, and costs no list of what was removed", async () => {
    const redis = stopping(await RedisServer.start());
    const store = closing(await RedisStore.open({ ...PATIENT, socketPath: redis.socketPath }));
    const context = make.context({ store });
    const bad = await make.created(store, make.draft({ name: "bad" }));
    await make.created(store, make.draft({ name: "good" }));
    await redis.command("HSET", `sxp:{bad}:${bad.life.toString(36)}:tallies`, "0:0:20000:p", "x");
    const act = (name: string) => ({ name, actor: "ann" });
    expect(await lossOf(context, bad)).toBeUndefined();
    await reset(context, act("bad"));
    context.pass(1);
    await remove(context, act("good"));
    context.pass(1);
    expect((await listLost(context)).map(({ experiment, participants }) => [experiment.name, participants])).toEqual([
      ["good", 0],
      ["bad", undefined],
    ]);
    expect(await restore(context, act("bad"), bad.life)).toMatchObject({ life: bad.life });
    await remove(context, act("bad"));
    const log = await store.activity.read({ experiment: bad.name, limit: 3 });
    expect(log.map(({ action, before, after }) => [action, before, after])).toEqual([
      ["delete", "what can't be read", null],
      ["restore", expect.stringMatching(/^reset /), "what can't be read"],
      ["reset", "what can't be read", null],
    ]);
  });
});

describe("a record that makes no sense costs its client, and nobody else", () => {
  it("in Redis", async () => {
    const redis = stopping(await RedisServer.start());
    const store = closing(await RedisStore.open({ ...PATIENT, socketPath: redis.socketPath }));
    const records = [...RECORDS, ...SENSELESS, ...OVERFLOWING];
    const made = await makeDamaged(store, records);
    const bucket = Buffer.from(`sxp:{worn}:${made.experiment.life.toString(36)}:records:0`);
    for (const { client, bytes } of made.damaged) {
      await redis.bytes(Buffer.from("HSET"), bucket, Buffer.from(client, "latin1"), bytes);
    }
    await expectRecordsLostAlone(store, made);
  });

  it("in a folder, which a repair frees of it", async () => {
    const folder = await temporaryFolder();
    const first = await LocalStore.open({ folder, cacheSlots: 0 });
    const records = [...RECORDS.filter((bytes) => bytes.length < 4), ...SENSELESS];
    const made = await makeDamaged(first, records);
    await first.close();
    const database = await openLevel(join(folder, "level"), false);
    for (const { client, bytes } of made.damaged) {
      await database.put(Buffer.from(recordKey(made.experiment.life, client), "latin1"), bytes);
    }
    await database.close();
    const store = await LocalStore.open({ folder, cacheSlots: 0 });
    await expectRecordsLostAlone(store, made);
    await store.close();
    const { lost, lives } = await repairFolder(folder, make.NOW_MS);
    expect(lost).toContain(`${records.length} records of worn can't be read`);
    expect(lives).toMatchObject([{ name: "worn", after: 2, changed: true }]);
    const repaired = closing(await LocalStore.open({ folder, cacheSlots: 0 }));
    const experiment = await repaired.definitions.read("worn");
    const client = made.damaged[0]?.client;
    if (experiment === undefined || client === undefined) throw new Error("Expected what was repaired");
    const again = { experiment, client, proposal: assigned(1), day: make.DAY };
    expect(await repaired.records.participate(again)).toMatchObject({ kind: "recorded" });
  });
});

describe("a damaged count stops nobody: all are recorded, those of other experiments too, and mended it is a recount", () => {
  /** Twenty who join and convert in either experiment, all at once, the last of them linked to and forgotten. */
  async function recordBeside(store: Store, bad: Experiment, good: Experiment): Promise<void> {
    const clients = Array.from({ length: 20 }, (_, number) => clientKey(digestOf(bad.name, `c${number}` as ClientId)));
    const calls = [bad, good].flatMap((experiment) => clients.map((client) => ({ experiment, client, day: make.DAY })));
    const joined = await Promise.all(
      calls.map((call) => store.records.participate({ ...call, proposal: assigned(0), covariate: 2 })),
    );
    expect(joined.every(({ kind }) => kind === "recorded")).toBe(true);
    const converted = await Promise.all(calls.map((call) => store.records.convert({ ...call, kpi: 0, value: 1.5 })));
    expect(converted.every(({ kind }) => kind === "converted")).toBe(true);
    for (const experiment of [bad, good]) {
      const [one, other, left] = clients.map((client) => ({ client }));
      if (one === undefined || other === undefined || left === undefined) throw new Error("Expected clients");
      expect(await store.records.link(experiment, one, other)).toMatchObject({ kind: "linked" });
      expect(await store.records.forget(experiment, left.client)).toMatchObject({ kind: "forgotten" });
    }
    await expect(store.tallies.read(bad)).rejects.toMatchObject({ code: "experiment-unreadable" });
    expect(await checkRecords(store, [bad, good])).toMatchObject([{ level: "fail" }, { level: "ok" }]);
    expect(tallyDifferences(await store.tallies.read(good), await store.tallies.recount(bad))).toEqual([]);
  }

  async function twoMade(store: Store) {
    const [bad, good] = [
      await make.created(store, make.draft({ name: "bad" })),
      await make.created(store, make.draft({ name: "good" })),
    ];
    const first = clientKey(digestOf(bad.name, "ann" as ClientId));
    for (const experiment of [bad, good]) {
      await store.records.participate({ experiment, client: first, proposal: assigned(0), day: make.DAY });
    }
    return { bad, good };
  }

  it("in Redis", async () => {
    const redis = stopping(await RedisServer.start());
    const store = closing(await RedisStore.open({ ...PATIENT, socketPath: redis.socketPath }));
    const { bad, good } = await twoMade(store);
    const tallies = `sxp:{bad}:${bad.life.toString(36)}:tallies`;
    const damaged = [`0:0:${make.DAY}:p`, "0:0:v0:p", `0:0:${make.DAY}:0:c`, `0:0:j${make.DAY}:0:e`];
    for (const field of damaged) await redis.command("HSET", tallies, field, "x");
    await recordBeside(store, bad, good);
    // By the fields of the other one, which was not damaged.
    const sound = `sxp:{good}:${good.life.toString(36)}:tallies`;
    for (const field of damaged) {
      const [, count = ""] = (await redis.command("HGET", sound, field)).split("\r\n");
      await redis.command("HSET", tallies, field, count);
    }
    expect(tallyDifferences(await store.tallies.read(bad), await store.tallies.recount(bad))).toEqual([]);
  });

  it("in a folder, which a repair counts anew", async () => {
    const folder = await temporaryFolder();
    const first = await LocalStore.open({ folder, cacheSlots: 0 });
    const { bad, good } = await twoMade(first);
    const [cell] = await first.tallies.read(bad);
    await first.close();
    if (cell === undefined) throw new Error("Expected a tally");
    const database = await openLevel(join(folder, "level"), false);
    await database.put(Buffer.from(entryKey("tally", bad.life, cell), "latin1"), Buffer.alloc(7, 1));
    await database.close();
    const store = await LocalStore.open({ folder, cacheSlots: 0 });
    await recordBeside(store, bad, good);
    await store.close();
    const { lost } = await repairFolder(folder, make.NOW_MS);
    expect(lost).toContain("1 tallies of bad can't be read");
    const repaired = closing(await LocalStore.open({ folder, cacheSlots: 0 }));
    expect(tallyDifferences(await repaired.tallies.read(bad), await repaired.tallies.recount(good))).toEqual([]);
  });
});
