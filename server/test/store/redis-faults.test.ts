/** What happens when Redis goes away, hangs, refuses or forgets: callers hear of it in time, and need no restart. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { assigned } from "../../src/domain/assignment.ts";
import { SixpackError } from "../../src/domain/errors.ts";
import type { Experiment } from "../../src/domain/experiment.ts";
import type { RedisOptions } from "../../src/store/redis/redis-options.ts";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import type { Participation, Store } from "../../src/store/store.ts";
import * as make from "../support/make.ts";
import { RedisServer } from "../support/redis-server.ts";
import { PATIENT } from "./engines/redis.ts";
import { client, named, participantsOf } from "./fixtures.ts";

/**
 * What issue and design promise: refused within a second. A timer of this process says when it is over, and is set in the
 * same turn of the event loop as the store's own: which of them is first does not depend on how busy the machine is.
 */
const PROMISED_MS = 1_000;

const stores: RedisStore[] = [];
const servers: RedisServer[] = [];

afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function startServer(...settings: readonly string[]): Promise<RedisServer> {
  const server = await RedisServer.start(...settings);
  servers.push(server);
  return server;
}

async function openStore(server: RedisServer, more: RedisOptions = {}): Promise<RedisStore> {
  const store = await RedisStore.open({ socketPath: server.socketPath, ...more });
  stores.push(store);
  return store;
}

/** By a store that waits: what is tried with the hasty one must not have failed before. */
async function created(server: RedisServer): Promise<Experiment> {
  return make.created(await openStore(server, PATIENT), make.draft({ name: "a" }));
}

function participation(experiment: Experiment, number: number) {
  return { experiment, client: client(number), proposal: assigned(1), day: make.DAY };
}

/** Every call that a request or the dashboard makes. */
function everyCall(store: Store, experiment: Experiment): readonly Promise<unknown>[] {
  return [
    store.ping(),
    store.probe(),
    store.status(),
    store.definitions.read(named("a")),
    store.definitions.list(),
    store.lives.listRemoved(),
    make.created(store, make.draft({ name: "b" })),
    store.definitions.change(experiment),
    store.lives.remove(experiment, 0, undefined),
    store.lives.sweep(0),
    store.records.read(experiment, client(2)),
    store.records.participate(participation(experiment, 2)),
    store.records.convert({ experiment, client: client(1), kpi: 0, day: make.DAY, value: 0 }),
    store.tallies.read(experiment),
    store.tallies.recount(experiment),
    store.activity.read({ limit: 1 }),
    store.activity.append({ atMs: 0, experiment: named("a"), actor: "x", action: "x", before: null, after: null }),
  ];
}

async function expectRefusedInTime(call: () => readonly Promise<unknown>[]): Promise<void> {
  expectRefusals(await inTime(() => call().map(outcomeOf)));
}

/** Where Redis answers it takes as long as the machine lets it. */
async function expectRefused(calls: readonly Promise<unknown>[]): Promise<void> {
  expectRefusals(await Promise.all(calls.map(outcomeOf)));
}

function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => "an answer",
    (reason) => reason,
  );
}

function expectRefusals(outcomes: readonly unknown[]): void {
  for (const outcome of outcomes) {
    expect(outcome).toBeInstanceOf(SixpackError);
    expect(outcome).toMatchObject({ code: "store-unavailable", cause: expect.any(Error) });
  }
}

/** What they come to, each before the promised time is over; "too late" for those that don't. */
async function inTime(start: () => readonly Promise<unknown>[]): Promise<readonly unknown[]> {
  // In a turn of its own, whose time is the present: timers count from the beginning of their turn.
  await sleep(0);
  const over = sleep(PROMISED_MS, "too late");
  return Promise.all(start().map((promise) => Promise.race([promise, over])));
}

/** How soon Redis answers a new connection is up to the machine. */
function expectServed(store: Store) {
  return expect.poll(() => succeeds(store.ping())).toBe(true);
}

/** Until it is answered in time: of a call that was refused before it may have been written. */
function recorded(store: Store, participation: Participation) {
  return expect.poll(() => succeeds(store.records.participate(participation))).toBe(true);
}

function succeeds(call: Promise<unknown>): Promise<boolean> {
  return call.then(
    () => true,
    () => false,
  );
}

describe("when Redis is gone", () => {
  it("refuses every call within a second and serves again after its return", async () => {
    const server = await startServer("--appendonly", "yes", "--appendfsync", "always");
    const store = await openStore(server);
    const experiment = await created(server);
    await recorded(store, participation(experiment, 1));
    await server.kill();
    await expectRefusedInTime(() => everyCall(store, experiment));
    await sleep(500);
    await expectRefusedInTime(() => everyCall(store, experiment));
    await server.start();
    await expectServed(store);
    const patient = await openStore(server, PATIENT);
    expect(await patient.definitions.read(named("a"))).toEqual(experiment);
    expect(await patient.records.participate(participation(experiment, 1))).toMatchObject({ kind: "existing" });
    expect(await participantsOf(patient, experiment)).toBe(1);
  });

  it("refuses calls that were under way when it went", async () => {
    const server = await startServer();
    const store = await openStore(server);
    const experiment = await created(server);
    server.pause();
    const refused = expectRefusedInTime(() => everyCall(store, experiment));
    await server.kill();
    await refused;
  });

  it("stops peeking at definitions that nobody can confirm", async () => {
    const server = await startServer();
    const store = await openStore(server);
    await created(server);
    const peeked = () => store.peek.experiment(named("a"));
    await expect.poll(() => store.definitions.read(named("a")).then(peeked, peeked)).toBeDefined();
    await server.kill();
    await expect.poll(peeked).toBeUndefined();
  });

  it("opens without it and serves when it comes", async () => {
    const server = await startServer();
    await server.kill();
    const store = await openStore(server);
    await expect(store.ping()).rejects.toMatchObject({ code: "store-unavailable" });
    await server.start();
    await expectServed(store);
    await recorded(store, participation(await created(server), 1));
  });

  it("closes without it", async () => {
    const server = await startServer();
    const store = await openStore(server);
    await server.kill();
    await store.close();
    await expect(store.ping()).rejects.toMatchObject({ code: "store-unavailable" });
  });
});

describe("when Redis hangs", () => {
  it("refuses every call within a second and serves again after its return", async () => {
    const server = await startServer();
    const store = await openStore(server);
    const experiment = await created(server);
    server.pause();
    await expectRefusedInTime(() => everyCall(store, experiment));
    // By now the connection counts as stalled: the next ones don't even wait.
    await expectRefusedInTime(() => everyCall(store, experiment));
    server.resume();
    await expectServed(store);
  });

  it("serves again after so long a silence that the connection was given up", async () => {
    const server = await startServer();
    const store = await openStore(server);
    const experiment = await created(server);
    server.pause();
    await sleep(4_000);
    await expectRefusedInTime(() => [store.ping(), store.records.participate(participation(experiment, 1))]);
    server.resume();
    await expectServed(store);
    await recorded(store, participation(experiment, 2));
  });

  it("closes while it hangs", async () => {
    const server = await startServer();
    const store = await openStore(server);
    const experiment = await created(server);
    server.pause();
    const refused = expectRefusedInTime(() => everyCall(store, experiment));
    // Before Redis goes on, which is what it must not wait for.
    await store.close();
    await refused;
    server.resume();
  });
});

describe("when Redis refuses", () => {
  it("says so while it has no memory left, writes nothing by halves, and goes on when it has", async () => {
    const server = await startServer();
    const store = await openStore(server, PATIENT);
    const experiment = await make.created(store, make.draft({ name: "a" }));
    await store.records.participate(participation(experiment, 1));
    await server.command("CONFIG", "SET", "maxmemory", "1");
    await expectRefused([
      store.records.participate(participation(experiment, 2)),
      store.records.convert({ experiment, client: client(1), kpi: 0, day: make.DAY, value: 1 }),
      make.created(store, make.draft({ name: "b" })),
    ]);
    await server.command("CONFIG", "SET", "maxmemory", "0");
    expect(await store.tallies.read(experiment)).toEqual(await store.tallies.recount(experiment));
    expect(await store.records.participate(participation(experiment, 2))).toMatchObject({ kind: "recorded" });
  });

  it("says so while it is a read-only replica", async () => {
    const server = await startServer();
    const store = await openStore(server, PATIENT);
    const experiment = await make.created(store, make.draft({ name: "a" }));
    await server.command("REPLICAOF", "127.0.0.1", "1");
    await expectRefused([store.records.participate(participation(experiment, 1))]);
    await server.command("REPLICAOF", "NO", "ONE");
    await expectServed(store);
    expect(await store.records.participate(participation(experiment, 1))).toMatchObject({ kind: "recorded" });
  });

  it("says so for a wrong password, and serves once it is right", async () => {
    const server = await startServer("--requirepass", "secret");
    const wrong = await openStore(server, { password: "wrong", connectTimeoutMs: 200 });
    await expect(wrong.ping()).rejects.toMatchObject({ code: "store-unavailable" });
    const right = await openStore(server, { ...PATIENT, password: "secret" });
    await expect(right.ping()).resolves.toBeUndefined();
  });
});

describe("when Redis forgets", () => {
  it("sends scripts again that were flushed", async () => {
    const server = await startServer();
    const store = await openStore(server, PATIENT);
    const experiment = await make.created(store, make.draft({ name: "a" }));
    await store.records.participate(participation(experiment, 1));
    await server.command("SCRIPT", "FLUSH");
    expect(await store.records.participate(participation(experiment, 2))).toMatchObject({ kind: "recorded" });
  });

  it("refuses a Redis that came back empty, and takes it when it is opened anew, without an old assignment", async () => {
    const server = await startServer();
    const store = await openStore(server, PATIENT);
    const before = await make.created(store, make.draft({ name: "a" }));
    await store.records.participate(participation(before, 1));
    await server.kill();
    await server.start();
    const refused = expect.stringContaining("got none: it was flushed, or is another one");
    await expect.poll(() => store.ping().then(String, ({ detail }) => detail)).toEqual(refused);
    expect(store.peek.experiment(named("a"))).toBeUndefined();
    await expect(store.records.participate(participation(before, 1))).rejects.toMatchObject({ detail: refused });
    const anew = await openStore(server, PATIENT);
    expect(await anew.records.participate(participation(before, 1))).toEqual({ kind: "stale" });
    const after = await make.created(anew, make.draft({ name: "a" }));
    expect(anew.peek.assignment(after, client(1))).toBeUndefined();
    expect(await anew.records.participate(participation(after, 1))).toMatchObject({ kind: "recorded" });
  });
});
