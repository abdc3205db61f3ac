/** An experiment whose clients lie in several shards: what its gates let in, and how it is spread anew. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { assigned } from "../../src/domain/assignment.ts";
import { withTrafficFraction } from "../../src/domain/epochs.ts";
import { type Experiment, withPaused } from "../../src/domain/experiment.ts";
import { withShards } from "../../src/domain/shards.ts";
import { PARTICIPATION, tallyDifferences } from "../../src/domain/tally.ts";
import { Keys } from "../../src/store/redis/keys.ts";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import type { Store } from "../../src/store/store.ts";
import { RedisServer } from "../support/redis-server.ts";
import { client, DAY, draft, NOW_MS, named, participantsOf } from "./fixtures.ts";

const SHARDS = 4;

let server: RedisServer;
let store: RedisStore;
let other: RedisStore;

beforeAll(async () => {
  server = await RedisServer.start();
  store = await RedisStore.open({ socketPath: server.socketPath });
  other = await RedisStore.open({ socketPath: server.socketPath });
});
afterEach(() => server.command("FLUSHALL"));
afterAll(async () => {
  await Promise.all([store.close(), other.close()]);
  await server.stop();
});

const KEYS = new Keys("sxp");

function create(name: string): Promise<Experiment> {
  return store.createExperiment(draft(name, { shards: SHARDS }));
}

/** The first clients that lie in a shard of an experiment with SHARDS of them. */
function clientsIn(shard: number, count: number): readonly number[] {
  const experiment = { name: named("any"), incarnation: 1, shards: SHARDS } as Experiment;
  const numbers = Array.from({ length: 50 * count }, (_, number) => number);
  return numbers.filter((number) => KEYS.shard(experiment, client(number)).number === shard).slice(0, count);
}

function take(at: Store, experiment: Experiment, number: number) {
  return at.recordParticipation({ experiment, client: client(number), proposal: assigned(number % 3), day: DAY });
}

async function changed(next: Experiment): Promise<Experiment> {
  const outcome = await store.changeExperiment(next);
  if (outcome.kind !== "changed") throw new Error(`Expected the change to be taken, got ${outcome.kind}`);
  return outcome.experiment;
}

async function expectAgreement(experiment: Experiment, participants: number): Promise<void> {
  expect(await participantsOf(store, experiment)).toBe(participants);
  expect(tallyDifferences(await store.readTallies(experiment), await store.countRecords(experiment))).toEqual([]);
}

/** What a key holds of a definition or gate. */
async function versionAt(key: string): Promise<number> {
  return Number((await server.command("HGET", key, "version")).split("\r\n")[1]);
}

describe("an experiment with shards", () => {
  it("has about as many clients in each of them, and no fewer in all", async () => {
    const experiment = await create("even");
    await Promise.all(Array.from({ length: 8_000 }, (_, number) => take(store, experiment, number)));
    const { shards } = KEYS.life(experiment);
    const entries = await Promise.all(
      shards.map(async ({ records }) => Number((await server.command("HGET", records, "entries")).split("\r\n")[1])),
    );
    expect(entries.reduce((sum, count) => sum + count, 0)).toBe(8_000);
    // Each is binomial(8000, 1/4): mean 2,000, standard deviation 39. Six of them either side.
    for (const count of entries) expect(Math.abs(count - 2_000)).toBeLessThan(6 * 39);
    await expectAgreement(experiment, 8_000);
  });

  it("lets nobody in on an old definition, in any shard, once a change is answered", async () => {
    const old = await create("changed");
    await take(store, old, 0);
    const experiment = await changed(withPaused(old, true));
    for (let shard = 0; shard < SHARDS; shard += 1) {
      for (const number of clientsIn(shard, 3).filter((one) => one !== 0)) {
        expect(await take(other, old, number)).toEqual({ kind: "stale" });
      }
    }
    await expectAgreement(experiment, 1);
  });

  it("lets nobody into a life that was reset, in any shard, and all of them again when it is restored", async () => {
    const old = await create("ended");
    const numbers = Array.from({ length: SHARDS }, (_, shard) => clientsIn(shard, 2)).flat();
    for (const number of numbers.filter((_, index) => index % 2 === 0)) await take(store, old, number);
    await store.removeExperiment(old, NOW_MS, undefined);
    for (const number of numbers) expect(await take(other, old, number)).toEqual({ kind: "stale" });
    const restored = await store.restoreExperiment(old.name, old.incarnation, NOW_MS);
    if (restored === undefined) throw new Error("Expected it to be restored");
    const kinds = await Promise.all(numbers.map(async (number) => (await take(store, restored, number)).kind));
    expect(kinds).toEqual(numbers.map((_, index) => (index % 2 === 0 ? "existing" : "recorded")));
    await expectAgreement(restored, numbers.length);
  });

  it("counts a client in the epoch on which it was decided, though its shard has not heard of the next one", async () => {
    const first = await create("epochs");
    const [ahead = 0, behind = 0] = clientsIn(2, 2);
    await take(store, first, ahead);
    const gate = KEYS.life(first).shards[2]?.version ?? "";
    const second = await changed(withTrafficFraction(first, 0.5, NOW_MS));
    // As if the change had not reached this shard: it is where the first client left it.
    await server.command("HSET", gate, "version", String(first.version), "epoch", "0");
    expect(await take(other, first, behind)).toMatchObject({ kind: "recorded" });
    const [next = 0] = clientsIn(2, 3).slice(2);
    expect(await take(store, second, next)).toMatchObject({ kind: "recorded" });
    expect(await versionAt(gate)).toBe(second.version);
    const tallies = (await store.readTallies(second)).filter(({ metric }) => metric === PARTICIPATION);
    const inEpoch = (epoch: number) =>
      tallies.filter((tally) => tally.epoch === epoch).reduce((sum, { clients }) => sum + clients, 0);
    expect([inEpoch(0), inEpoch(1)]).toEqual([2, 1]);
    await expectAgreement(second, 3);
  });

  it("counts its version on past a gate that knows more, and the epoch past those that were lost", async () => {
    const experiment = await create("lost");
    const [number = 0] = clientsIn(1, 1);
    // A failover took versions 2 and 3 back, with which two epochs had begun; the gate heard of them.
    const gate = KEYS.life(experiment).shards[1]?.version ?? "";
    await server.command(
      "HSET",
      gate,
      ...["incarnation", String(experiment.incarnation), "version", "3", "epoch", "2"],
    );
    expect(await take(store, experiment, number)).toEqual({ kind: "stale" });
    const repaired = await store.readExperiment(experiment.name);
    expect(repaired).toMatchObject({ version: 4, incarnation: experiment.incarnation });
    expect(repaired?.epochs).toHaveLength(4);
    if (repaired === undefined) return;
    expect(await take(store, repaired, number)).toMatchObject({ kind: "recorded" });
    await expectAgreement(repaired, 1);
  });
});

describe("spreading an experiment anew", () => {
  it("works while it has no clients, to more and to fewer, and leaves nothing where it was", async () => {
    const one = await store.createExperiment(draft("respread"));
    const four = await changed(withShards(one, SHARDS));
    expect(four).toMatchObject({ shards: SHARDS, version: 2, incarnation: one.incarnation });
    const two = await changed(withShards(four, 2));
    for (const number of [1, 2, 3, 4, 5]) await take(store, two, number);
    await expectAgreement(two, 5);
    expect(await take(other, four, 6)).toEqual({ kind: "stale" });
    const keys = (await server.command("KEYS", "*")).match(/\{respread:\d\}[^\r]*/g) ?? [];
    // Gates of shards that are no more keep late callers out for a minute.
    for (const key of keys.filter((name) => /:[23]\}/.test(name))) {
      expect(key).toMatch(/:gate$/);
      expect(await server.command("TTL", `sxp:${key}`)).toMatch(/^:(60|5\d)\r\n$/);
    }
    expect(keys.some((name) => /:1\}.*records/.test(name))).toBe(true);
    await changed(withShards(await changed(withPaused(two, true)), 2));
  });

  it("is refused when a client is in any shard, and goes on as before", async () => {
    for (let shard = 0; shard < SHARDS; shard += 1) {
      const experiment = await create(`taken-${shard}`);
      const [first = 0, second = 0] = clientsIn(shard, 2);
      await take(store, experiment, first);
      await expect(store.changeExperiment(withShards(experiment, 2))).rejects.toMatchObject({
        code: "experiment-has-clients",
      });
      const after = await store.readExperiment(experiment.name);
      if (after === undefined) throw new Error("Expected it to be there");
      expect(after.shards).toBe(SHARDS);
      expect(await take(store, after, second)).toMatchObject({ kind: "recorded" });
      await expectAgreement(after, 2);
    }
  });

  it("never loses a client that comes at the same moment", async () => {
    for (let round = 0; round < 20; round += 1) {
      const experiment = await create(`race-${round}`);
      const latest = async () => (await other.readExperiment(experiment.name)) ?? experiment;
      const arrive = async (number: number): Promise<void> => {
        for (;;) if ((await take(other, await latest(), number)).kind !== "stale") return;
      };
      const spreading = store.changeExperiment(withShards(experiment, 2 + (round % 2) * 5)).catch((error) => {
        expect(error).toMatchObject({ code: "experiment-has-clients" });
      });
      await Promise.all([spreading, ...[1, 2, 3, 4, 5, 6].map(arrive)]);
      const after = await latest();
      await expectAgreement(after, 6);
      for (const number of [1, 2, 3, 4, 5, 6]) {
        expect(await store.readAssignment(after, client(number))).toEqual(assigned(number % 3));
      }
    }
  });

  it("that was given up half way is undone by the first client", async () => {
    const experiment = await create("crashed");
    const [number = 0] = clientsIn(3, 1);
    // What a process leaves that dies before it writes the definition: closed gates.
    for (const { version } of KEYS.life(experiment).shards.slice(1)) {
      await server.command("HSET", version, ...["incarnation", "-", "version", "1", "epoch", "0"]);
    }
    expect(await take(store, experiment, number)).toEqual({ kind: "stale" });
    const repaired = await store.readExperiment(experiment.name);
    if (repaired === undefined) throw new Error("Expected it to be there");
    expect(repaired).toMatchObject({ version: 2, shards: SHARDS });
    expect(await take(store, repaired, number)).toMatchObject({ kind: "recorded" });
  });
});
