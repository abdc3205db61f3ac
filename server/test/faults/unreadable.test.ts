/**
 * Definitions, tallies and entries of the log that somebody damaged or wrote by hand, on both engines: each costs its own
 * experiment, pages and doctor say so, and the other experiments go on.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { assigned } from "../../src/domain/assignment.ts";
import { clientKey, digestOf, eventKey } from "../../src/domain/digest.ts";
import type { Experiment } from "../../src/domain/experiment.ts";
import type { ClientId } from "../../src/domain/names.ts";
import { isCapped, type Tally } from "../../src/domain/tally.ts";
import { forgetClient } from "../../src/service/administer/forget.ts";
import { exportClientsCsv } from "../../src/service/report/clients-csv.ts";
import { exportFile } from "../../src/service/transfer/file/export-file.ts";
import { recordKey, tallyKey } from "../../src/store/local/keys.ts";
import { openLevel } from "../../src/store/local/level-database.ts";
import { LocalStore } from "../../src/store/local/local-store.ts";
import { repairFolder } from "../../src/store/local/repair.ts";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import type { Store } from "../../src/store/store.ts";
import { changed, withKpiRules } from "../store/conformance/caps.ts";
import { named } from "../store/fixtures.ts";
import { cleanUpAfterEach, run, start } from "../support/command.ts";
import * as make from "../support/make.ts";
import { RedisServer } from "../support/redis-server.ts";

cleanUpAfterEach();
const started: { readonly stop: () => Promise<unknown> }[] = [];
afterEach(async () => {
  for (const part of started.splice(0).reverse()) await part.stop();
});

/** What may stand where a definition should: text, or fields that were changed. */
const BODIES: readonly (string | Readonly<Record<string, unknown>>)[] = [
  "not json",
  "null",
  "{}",
  "[]",
  "5",
  { description: {} },
  { epochs: [] },
  { epochs: null },
  { alternatives: null },
  { alternatives: [] },
  { createdAtMs: "x" },
  { createdAtMs: 1e300 },
  { kpis: null },
  { winner: "nobody" },
  { noticed: {} },
];

function bodyOf(experiment: Experiment, body: (typeof BODIES)[number]): string {
  return typeof body === "string" ? body : JSON.stringify({ ...experiment, ...body });
}

async function expectOneUnreadable(store: Store, what: string): Promise<void> {
  expect(
    (await store.definitions.list()).map(({ name }) => name),
    what,
  ).toEqual(["good"]);
  const unreadable = await store.definitions.listUnreadable();
  expect(unreadable, what).toEqual([{ name: expect.any(String), reason: expect.stringMatching(/./) }]);
  expect(await store.definitions.read("good"), what).toBeDefined();
}

async function expectNameKept(store: Store, what: string): Promise<void> {
  const refused = { code: "experiment-unreadable" };
  await expect(store.definitions.read("bad"), what).rejects.toMatchObject(refused);
  await expect(store.definitions.create(make.draft({ name: "bad" })), what).rejects.toMatchObject(refused);
}

describe("a definition that makes no sense", () => {
  it("costs its experiment alone, in a folder", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sixpack-unreadable-"));
    started.push({ stop: () => rm(folder, { recursive: true, force: true }) });
    const first = await LocalStore.open({ folder, cacheSlots: 0 });
    await first.definitions.create(make.draft({ name: "good" }));
    const bad = await first.definitions.create(make.draft({ name: "bad" }));
    await first.close();
    for (const body of BODIES) {
      const what = JSON.stringify(body);
      const database = await openLevel(join(folder, "level"), false);
      const key = Buffer.from([100, 0, 0, 0, bad.life]);
      const life = `{"state":"live","sinceMs":1,"experiment":${bodyOf(bad, body)}}`;
      await database.put(key, Buffer.from(body === "not json" ? body : life));
      await database.put(Buffer.from([97, 0, 0, 0, 0, 0, 1]), Buffer.from(what));
      await database.close();
      const store = await LocalStore.open({ folder, cacheSlots: 0 });
      await expectOneUnreadable(store, what);
      if (typeof body !== "string") await expectNameKept(store, what);
      expect(await store.activity.read({ limit: 5 }), what).toMatchObject([{ action: "unreadable" }]);
      await store.close();
    }
  });

  it("costs its experiment alone, in Redis", async () => {
    const redis = await RedisServer.start();
    started.push(redis);
    const store = await RedisStore.open({ socketPath: redis.socketPath });
    started.push({ stop: () => store.close() });
    await store.definitions.create(make.draft({ name: "good" }));
    const bad = await store.definitions.create(make.draft({ name: "bad" }));
    const key = `sxp:{bad}:${bad.life.toString(36)}:definition`;
    for (const body of BODIES) {
      const what = JSON.stringify(body);
      await redis.command("HSET", key, "body", bodyOf(bad, body));
      await expectOneUnreadable(store, what);
      await expectNameKept(store, what);
    }
    await redis.command("DEL", key);
    await redis.command("SET", key, "x");
    await expectOneUnreadable(store, "WRONGTYPE");
    await expectNameKept(store, "WRONGTYPE");
    for (const entry of ["null", "{}", "x"]) await redis.command("XADD", "sxp:activity", "*", "entry", entry);
    const whole = {
      atMs: make.NOW_MS,
      experiment: named("good"),
      actor: "a",
      action: "pause",
      before: null,
      after: null,
    };
    await store.activity.append(whole);
    const rows = await store.activity.read({ limit: 5 });
    expect(rows.map(({ action }) => action)).toEqual(["pause", "unreadable", "unreadable", "unreadable"]);
  });
});

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
    const redis = await RedisServer.start();
    started.push(redis);
    const store = await RedisStore.open({ socketPath: redis.socketPath });
    started.push({ stop: () => store.close() });
    const [bad, good] = [
      await store.definitions.create(make.draft({ name: "bad" })),
      await store.definitions.create(make.draft({ name: "good" })),
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
    await expect(store.records.participate({ experiment: bad, ...joining })).rejects.toMatchObject(refused);
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
    const folder = await mkdtemp(join(tmpdir(), "sixpack-unreadable-"));
    started.push({ stop: () => rm(folder, { recursive: true, force: true }) });
    const first = await LocalStore.open({ folder, cacheSlots: 0 });
    const bad = await first.definitions.create(make.draft({ name: "bad" }));
    const client = clientKey(digestOf(bad.name, "ann" as ClientId));
    await first.records.participate({ experiment: bad, client, proposal: assigned(0), day: make.DAY });
    const [cell] = await first.tallies.read(bad);
    await first.close();
    if (cell === undefined) throw new Error("Expected a tally");
    const tally = Buffer.from(tallyKey(bad.life, cell), "latin1");
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
  const experiment = await store.definitions.create(make.draft({ name: "worn" }));
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
  const cells = (await store.tallies.read(experiment)).filter(({ slice }) => slice.kind === "day");
  const ofDay = { epoch: 0, slice: { kind: "day", day: make.DAY } };
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
  expect(capped.filter(({ slice }) => slice.kind === "day")).toMatchObject([{ clients: 1, sum: 1, squares: 1 }]);

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

describe("a record that makes no sense costs its client, and nobody else", () => {
  it("in Redis", async () => {
    const redis = await RedisServer.start();
    started.push(redis);
    const store = await RedisStore.open({ socketPath: redis.socketPath });
    started.push({ stop: () => store.close() });
    const records = [...RECORDS, ...SENSELESS, ...OVERFLOWING];
    const made = await makeDamaged(store, records);
    const bucket = Buffer.from(`sxp:{worn}:${made.experiment.life.toString(36)}:records:0`);
    for (const { client, bytes } of made.damaged) {
      await redis.bytes(Buffer.from("HSET"), bucket, Buffer.from(client, "latin1"), bytes);
    }
    await expectRecordsLostAlone(store, made);
  });

  it("in a folder, which a repair frees of it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sixpack-unreadable-"));
    started.push({ stop: () => rm(folder, { recursive: true, force: true }) });
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
    const repaired = await LocalStore.open({ folder, cacheSlots: 0 });
    started.push({ stop: () => repaired.close() });
    const experiment = await repaired.definitions.read("worn");
    const client = made.damaged[0]?.client;
    if (experiment === undefined || client === undefined) throw new Error("Expected what was repaired");
    const again = { experiment, client, proposal: assigned(1), day: make.DAY };
    expect(await repaired.records.participate(again)).toMatchObject({ kind: "recorded" });
  });
});

describe("a server in front of damaged keys", () => {
  it("answers for every other experiment, and says on its pages which can't be read", { timeout: 60_000 }, async () => {
    const redis = await RedisServer.start();
    started.push(redis);
    const settings = ["--set", `redis_socket=${redis.socketPath}`, "--set", "redis_db=0"];
    const server = start({ args: ["start", "--port", "0", "--web-port", "0", ...settings] });
    const [, api = ""] = await server.printed(/API +(\S+)/);
    const [, web = ""] = await server.printed(/Dashboard +(\S+)/);
    const participate = async (name: string, client: string) =>
      (await fetch(`${api}/participate?experiment=${name}&alternatives=a&alternatives=b&client_id=${client}`)).status;
    for (const name of ["good", "torn", "typed", "cell"]) expect(await participate(name, "ann")).toBe(200);
    const lifeOf = async (name: string) => (await redis.command("GET", `sxp:{${name}}:live`)).split("\r\n")[1] ?? "";
    await redis.command("HSET", `sxp:{torn}:${await lifeOf("torn")}:definition`, "body", "null");
    const tallies = `sxp:{typed}:${await lifeOf("typed")}:tallies`;
    await redis.command("DEL", tallies);
    await redis.command("SET", tallies, "x");
    await redis.command("HSET", `sxp:{cell}:${await lifeOf("cell")}:tallies`, "0:0:20000:0:s", "nan");
    await redis.command("XADD", "sxp:activity", "*", "entry", "{}");
    // The definition is remembered for a moment.
    await expect.poll(() => participate("torn", "ben")).toBe(503);
    expect(await participate("good", "ben")).toBe(200);
    for (const path of ["/", "/all", "/activity", "/experiments.json"]) {
      const response = await fetch(`${web}${path}`, { headers: { accept: "text/html" } });
      const text = await response.text();
      expect(response.status, path).toBe(200);
      expect(text, path).toContain(path === "/activity" ? "An entry that can't be read" : "torn");
      if (path !== "/activity") expect(text, path).toContain("good");
    }
    expect((await fetch(`${web}/experiments/good/`)).status).toBe(200);
    const SAID = { torn: "The definition of torn can't be read.", typed: "WRONGTYPE", cell: "0:0:20000:0:s = nan" };
    for (const [name, said] of Object.entries(SAID)) {
      const page = await fetch(`${web}/experiments/${name}/`, { headers: { accept: "text/html" } });
      expect(page.status).toBe(503);
      expect(await page.text()).toContain(said);
    }
    const flags = await fetch(`${api}/ofrep/v1/evaluate/flags`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ context: { targetingKey: "ann" } }),
    });
    expect(flags.status).toBe(200);
    expect(await flags.text()).toContain("good");
    expect(await (await fetch(`${api}/convert?kpi=sale&client_id=ann`)).text()).toContain("good");
    expect((await fetch(`${api}/readyz`)).status).toBe(200);
    const refused = await (
      await fetch(`${api}/participate?experiment=torn&alternatives=a&alternatives=b&client_id=c`)
    ).text();
    expect(JSON.parse(refused)).toEqual({
      status: "failed",
      code: "experiment-unreadable",
      message: "this experiment can't be read. please see the log of the server",
    });
    const { code, stdout } = await run({
      args: ["doctor", "--records", "--port", "0", "--web-port", "0", ...settings],
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail {2}experiment torn: can't be read: /m);
    expect(stdout).toMatch(/^fail {2}records of typed: can't be read: .*WRONGTYPE/m);
    expect(stdout).toMatch(/^fail {2}records of cell: can't be read: .*nan/m);
    expect(stdout).toMatch(/^ok {4}records of good: /m);
    const exported = await run({ args: ["export", ...settings] });
    expect(exported.code).toBe(0);
    for (const name of ["torn", "typed", "cell"]) {
      expect(exported.stderr).toContain(`left out  ${name}: it can't be read.`);
    }
    expect(exported.stderr).toContain("exported  good: 2 clients");
    expect((await server.stop()).code).toBe(0);
  });
});
