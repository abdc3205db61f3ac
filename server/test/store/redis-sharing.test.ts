/** Several stores on one Redis, in one process and in two: what one does, all agree on. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { assigned } from "../../src/domain/assignment.ts";
import { type Experiment, withPaused } from "../../src/domain/experiment.ts";
import type { Day } from "../../src/domain/period.ts";
import { cappedMetric } from "../../src/domain/tally.ts";
import { tallyDifferences } from "../../src/domain/tally-differences.ts";
import { RedisConnection } from "../../src/store/redis/client.ts";
import { bodyArguments } from "../../src/store/redis/definition.ts";
import { Keys } from "../../src/store/redis/keys.ts";
import { Moved } from "../../src/store/redis/moved.ts";
import { packKnown, packRules } from "../../src/store/redis/packing.ts";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import { SCRIPTS } from "../../src/store/redis/scripts.ts";
import * as make from "../support/make.ts";
import { RedisServer } from "../support/redis-server.ts";
import { differences, withKpiRules } from "./conformance/caps.ts";
import { PATIENT } from "./engines/redis.ts";
import { client, named, participantsOf } from "./fixtures.ts";

let server: RedisServer;
let prefix = 0;
const opened: RedisStore[] = [];

beforeAll(async () => {
  server = await RedisServer.start();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()));
});
afterAll(() => server.stop());

/** Two stores of one place that no other test uses. */
async function openTwo(): Promise<readonly [RedisStore, RedisStore]> {
  prefix += 1;
  const options = {
    socketPath: server.socketPath,
    prefix: `shared${prefix}`,
    cacheSlots: 1 << 15,
    ...PATIENT,
  };
  const stores = [await RedisStore.open(options), await RedisStore.open(options)] as const;
  opened.push(...stores);
  return stores;
}

/** The client takes part by way of both, which remember it then. Those of higher numbers join later. */
async function join(stores: readonly RedisStore[], experiment: Experiment, number: number, index: number) {
  const call = { experiment, client: client(number), proposal: assigned(index), day: (make.DAY + number) as Day };
  for (const store of stores) await store.records.participate(call);
}

function link(store: RedisStore, experiment: Experiment, one: number, other: number) {
  return store.records.link(experiment, { client: client(one) }, { client: client(other) });
}

describe("two stores on one Redis", () => {
  it("see each other's changes within a second", async () => {
    const [here, there] = await openTwo();
    const experiment = await make.created(here, make.draft({ name: "shared" }));
    expect(await there.definitions.read(named("shared"))).toEqual(experiment);
    expect(there.peek.experiment(named("shared"))).toEqual(experiment);
    const outcome = await here.definitions.change(withPaused(experiment, true));
    if (outcome.kind !== "changed") throw new Error(`Expected the change to be taken, got ${outcome.kind}`);
    await expect.poll(() => there.peek.experiment(named("shared"))).toEqual(outcome.experiment);
    await here.lives.remove(outcome.experiment, make.NOW_MS, undefined);
    await expect.poll(() => there.peek.experiment(named("shared"))).toBeUndefined();
  });

  it("list what the other has made, changed, ended and brought back, at once", async () => {
    const [here, there] = await openTwo();
    const ofThere = async () => (await there.definitions.list()).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    expect(await ofThere()).toEqual([]);
    const one = await make.created(here, make.draft({ name: "one" }));
    const two = await make.created(here, make.draft({ name: "two" }));
    expect(await ofThere()).toEqual([one, two]);
    const paused = await here.definitions.change(withPaused(one, true));
    if (paused.kind !== "changed") throw new Error(`Expected the change to be taken, got ${paused.kind}`);
    expect(await ofThere()).toEqual([paused.experiment, two]);
    await here.lives.remove(two, make.NOW_MS, undefined);
    expect(await ofThere()).toEqual([paused.experiment]);
    const restored = await here.lives.restore(two.name, two.life, make.NOW_MS);
    expect(await ofThere()).toEqual([paused.experiment, restored]);
    if (restored === undefined) throw new Error("Expected it to be brought back");
    await here.lives.remove(restored, make.NOW_MS, undefined);
    await here.lives.sweep(make.NOW_MS);
    expect(await ofThere()).toEqual([paused.experiment]);
    const anew = await make.created(here, make.draft({ name: "two" }));
    expect(await ofThere()).toEqual([paused.experiment, anew]);
  });

  it("find in their lists what a crashed process wrote and did not announce", async () => {
    const [here, there] = await openTwo();
    const created = await make.created(here, make.draft({ name: "unannounced" }));
    expect(await there.definitions.list()).toEqual([created]);
    await server.command("HSET", new Keys(`shared${prefix}`).life(created).definition, "version", "7");
    await expect.poll(async () => (await there.definitions.list())[0]?.version).toBe(7);
  });

  it("list a hundred experiments that rest, and their marks, by one short answer each", async () => {
    const [store] = await openTwo();
    const names = Array.from({ length: 100 }, (_, number) => `resting-${number}`);
    await Promise.all(names.map((name) => make.created(store, make.draft({ name }))));
    const look = async () => {
      const all = await store.definitions.list();
      return Promise.all(all.map((experiment) => store.tallies.mark(experiment)));
    };
    await look();
    const bytesSent = async () =>
      Number(/total_net_output_bytes:(\d+)/.exec(await server.command("INFO", "stats"))?.[1] ?? Number.NaN);
    const before = await bytesSent();
    for (let looks = 0; looks < 50; looks += 1) expect(await look()).toHaveLength(100);
    // Definitions, of half a kilobyte each, would be 2,500,000. Polls of both stores go on meanwhile.
    expect((await bytesSent()) - before).toBeLessThan(1_000_000);
  });

  it("tell a mark that makes no sense from those that were asked for with it", async () => {
    const [store] = await openTwo();
    const create = (name: string) => make.created(store, make.draft({ name }));
    const [sound, damaged, empty] = [await create("sound"), await create("damaged"), await create("empty")];
    await store.records.participate({ experiment: sound, client: client(1), proposal: assigned(1), day: make.DAY });
    await server.command("SET", new Keys(`shared${prefix}`).life(damaged).tallies, "x");
    const marks = await Promise.allSettled([sound, damaged, empty].map((one) => store.tallies.mark(one)));
    expect(marks).toEqual([
      { status: "fulfilled", value: 1 },
      { status: "rejected", reason: expect.objectContaining({ code: "experiment-unreadable" }) },
      { status: "fulfilled", value: 0 },
    ]);
  });

  it("notice that the whole database was emptied, and refuse until they are opened anew", async () => {
    const [here, there] = await openTwo();
    const before = await make.created(here, make.draft({ name: "emptied" }));
    await there.definitions.read(named("emptied"));
    await here.records.participate({ experiment: before, client: client(1), proposal: assigned(1), day: make.DAY });
    await server.command("FLUSHALL");
    for (const store of [here, there]) {
      await expect.poll(() => store.peek.experiment(named("emptied"))).toBeUndefined();
      await expect(make.created(store, make.draft({ name: "emptied" }))).rejects.toMatchObject({
        code: "store-unavailable",
        detail: expect.stringContaining("got none: it was flushed, or is another one"),
      });
    }
    const [anew] = await openTwo();
    const after = await make.created(anew, make.draft({ name: "emptied" }));
    expect(after.life).not.toBe(before.life);
  });

  it("store one definition when both create it at the same moment", async () => {
    const [here, there] = await openTwo();
    const created = await Promise.all(
      Array.from({ length: 50 }, (_, number) =>
        make.created(number % 2 === 0 ? here : there, make.draft({ name: "both", createdAtMs: make.NOW_MS + number })),
      ),
    );
    expect(new Set(created.map(({ life }) => life)).size).toBe(1);
    expect(await there.definitions.list()).toEqual([created[0]]);
  });

  it("both answer an id by its new alternative once one of them has linked it", async () => {
    const [here, there] = await openTwo();
    const experiment = await make.created(here, make.draft({ name: "linked" }));
    for (const number of [1, 2]) await join([here, there], experiment, number, number);
    expect(there.peek.assignment(experiment, client(2))).toEqual(assigned(2));
    const linked = await link(here, experiment, 2, 1);
    expect(linked).toEqual({ kind: "conflict", assignment: assigned(1) });
    expect(here.peek.assignment(experiment, client(2))).toBeUndefined();
    await expect.poll(() => there.peek.assignment(experiment, client(2))).toBeUndefined();
    expect(there.peek.assignment(experiment, client(1))).toEqual(assigned(1));
    expect(await there.records.read(experiment, client(2))).toEqual(assigned(1));
  });

  it("both answer an id by where the one goes that it was linked to before", async () => {
    const [here, there] = await openTwo();
    const experiment = await make.created(here, make.draft({ name: "followed" }));
    for (const [number, index] of [
      [1, 0],
      [2, 1],
      [3, 1],
    ] as const) {
      await join([here, there], experiment, number, index);
    }
    expect(await link(here, experiment, 3, 2)).toEqual({ kind: "linked", assignment: assigned(1) });
    expect(await link(here, experiment, 2, 1)).toEqual({ kind: "conflict", assignment: assigned(0) });
    for (const number of [2, 3]) {
      await expect.poll(() => there.peek.assignment(experiment, client(number))).toBeUndefined();
      for (const store of [here, there]) {
        expect(await store.records.read(experiment, client(number))).toEqual(assigned(0));
        expect(store.peek.assignment(experiment, client(number))).toBeUndefined();
      }
    }
  });

  it("forget whom they remember where what is told of links was lost, and was told anew", async () => {
    const [here, there] = await openTwo();
    const experiment = await make.created(here, make.draft({ name: "lost-links" }));
    for (let number = 1; number <= 8; number += 1) await join([here, there], experiment, number, number % 2);
    for (const number of [4, 6, 8]) await link(here, experiment, number, number - 1);
    await expect.poll(() => there.peek.assignment(experiment, client(8))).toBeUndefined();
    // A replica that takes over may lack the last of what its master had.
    await server.command("DEL", `shared${prefix}:moved`);
    expect(await link(here, experiment, 2, 1)).toEqual({ kind: "conflict", assignment: assigned(1) });
    await expect.poll(() => there.peek.assignment(experiment, client(2))).toBeUndefined();
  });

  it("forget whom they remember after a reconnection, since links may have been lost", async () => {
    const [here, there] = await openTwo();
    const experiment = await make.created(here, make.draft({ name: "failed-over" }));
    for (let number = 1; number <= 4; number += 1) await join([here, there], experiment, number, number % 2);
    await link(here, experiment, 4, 3);
    await expect.poll(() => there.peek.assignment(experiment, client(4))).toBeUndefined();
    expect(there.peek.assignment(experiment, client(2))).toEqual(assigned(0));
    await server.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await expect.poll(() => there.peek.assignment(experiment, client(2))).toBeUndefined();
  });

  it("remember whom they had before they first asked who was linked", async () => {
    const asking = vi.spyOn(Moved.prototype, "poll").mockResolvedValue();
    const stores = await openTwo();
    const experiment = await make.created(stores[0], make.draft({ name: "early" }));
    await join(stores, experiment, 1, 1);
    asking.mockReset();
    // Whoever asks a second time has heard the first answer.
    await expect.poll(() => new Set(asking.mock.contexts).size).toBe(2);
    for (const one of new Set(asking.mock.contexts)) {
      await expect.poll(() => asking.mock.contexts.filter((other) => other === one).length).toBeGreaterThan(1);
    }
    asking.mockRestore();
    for (const store of stores) expect(store.peek.assignment(experiment, client(1))).toEqual(assigned(1));
  });

  it("hear of a link again that a crashed process wrote and did not announce, once it is said again", async () => {
    const [here, there] = await openTwo();
    const experiment = await make.created(here, make.draft({ name: "said-again" }));
    for (const number of [1, 2]) await join([here, there], experiment, number, number);
    const announce = vi.spyOn(Moved.prototype, "tell").mockResolvedValueOnce();
    await link(here, experiment, 2, 1);
    announce.mockRestore();
    expect(there.peek.assignment(experiment, client(2))).toEqual(assigned(2));
    expect(await link(here, experiment, 2, 1)).toEqual({ kind: "conflict", assignment: assigned(1) });
    await expect.poll(() => there.peek.assignment(experiment, client(2))).toBeUndefined();
  });

  it("give 10,000 clients that ask both at once one alternative each, and count each once", async () => {
    const [here, there] = await openTwo();
    const experiment = await make.created(here, make.draft({ name: "doubled" }));
    const numbers = Array.from({ length: 10_000 }, (_, number) => number);
    const ask = (store: RedisStore, alternative: number) =>
      Promise.all(
        numbers.map((number) =>
          store.records.participate({
            experiment,
            client: client(number),
            proposal: assigned(alternative),
            day: make.DAY,
          }),
        ),
      );
    const [first, second] = await Promise.all([ask(here, 0), ask(there, 1)]);
    const recorded = [...first, ...second].filter(({ kind }) => kind === "recorded");
    expect(recorded).toHaveLength(10_000);
    first.forEach((outcome, index) => {
      expect({ ...outcome, kind: "" }).toEqual({ ...second[index], kind: "" });
    });
    expect(await participantsOf(here, experiment)).toBe(10_000);
    expect(tallyDifferences(await here.tallies.read(experiment), await here.tallies.recount(experiment))).toEqual([]);
  });

  it("find a change that a crashed process wrote and did not announce", async () => {
    const [here, there] = await openTwo();
    const created = await make.created(here, make.draft({ name: "unannounced" }));
    await there.definitions.read(named("unannounced"));
    await server.command("HSET", new Keys(`shared${prefix}`).life(created).definition, "version", "7");
    await expect.poll(() => there.peek.experiment(named("unannounced"))?.version).toBe(7);
  });

  it("don't list a name that a crashed process announced and did not write", async () => {
    const [here] = await openTwo();
    await server.command("ZADD", `shared${prefix}:experiments`, "1", "", "1", "unwritten");
    expect(await here.definitions.list()).toEqual([]);
    expect(await here.lives.listRemoved()).toEqual([]);
    const experiment = await make.created(here, make.draft({ name: "unwritten" }));
    expect(await here.definitions.list()).toEqual([experiment]);
  });

  it("list every living experiment after creations, deletions and sweeps at the same time", async () => {
    const stores = await openTwo();
    const churn = async (store: RedisStore) => {
      for (let round = 0; round < 100; round += 1) {
        const experiment = await make.created(store, make.draft({ name: `churned-${round % 3}` }));
        await store.lives.remove(experiment, make.NOW_MS, undefined);
        await store.lives.sweep(make.NOW_MS);
        await make.created(store, make.draft({ name: `churned-${round % 3}` }));
      }
    };
    await Promise.all([...stores, ...stores].map(churn));
    const listed = (await stores[0].definitions.list()).map(({ name }) => name);
    expect(listed.toSorted()).toEqual(["churned-0", "churned-1", "churned-2"]);
  });

  it("sweep a life once, even when both sweep at the same time", async () => {
    const [here, there] = await openTwo();
    const experiment = await make.created(here, make.draft({ name: "swept" }));
    await here.lives.remove(experiment, make.NOW_MS, undefined);
    const counts = await Promise.all([here.lives.sweep(make.NOW_MS), there.lives.sweep(make.NOW_MS)]);
    expect(counts.toSorted()).toEqual([0, 1]);
  });
});

describe("two processes on one Redis", () => {
  const run = promisify(execFile);
  const script = fileURLToPath(new URL("../support/participate-process.ts", import.meta.url));
  const rawText = new URL("../../../scripts/raw-text.mjs", import.meta.url).href;

  it("give 10,000 clients that ask both at once one alternative each, and count each once", async () => {
    const [store] = await openTwo();
    const experiment = await make.created(store, make.draft({ name: "processes" }));
    const ask = async (alternative: number) => {
      const words = [server.socketPath, `shared${prefix}`, "processes", "10000", String(alternative)];
      const { stdout } = await run(process.execPath, ["--import", "tsx", "--import", rawText, script, ...words]);
      return stdout.trim();
    };
    const [first, second] = await Promise.all([ask(0), ask(1)]);
    expect(first).toMatch(/^[01]{10000}$/);
    expect(second).toBe(first);
    expect(await participantsOf(store, experiment)).toBe(10_000);
    const zeros = [...first].filter((digit) => digit === "0").length;
    const tallies = await store.tallies.read(experiment);
    expect(tallies.find(({ assignment }) => assignment === assigned(0))?.clients ?? 0).toBe(zeros);
  });
});

describe("a pass that counts totals by new caps", () => {
  it("is finished by the next reader where a crash has left it in the middle", async () => {
    const [store] = await openTwo();
    const connection = await RedisConnection.open({ socketPath: server.socketPath, ...PATIENT }, () => {});
    const plain = await make.created(store, make.draft({ name: "left" }));
    const all = Array.from({ length: 400 }, (_, number) => number);
    const day = make.DAY;
    await Promise.all(
      all.map((number) =>
        store.records.participate({ experiment: plain, client: client(number), proposal: assigned(1), day }),
      ),
    );
    const convert = (of: Experiment, number: number, value: number) =>
      store.records.convert({ experiment: of, client: client(number), kpi: 0, day, value });
    await Promise.all(all.map((number) => convert(plain, number, number)));

    const next = { ...withKpiRules(plain, { cap: { amount: 100 } }), version: plain.version + 1 };
    const { definition, records, tallies } = new Keys(`shared${prefix}`).life(plain);
    const args = [String(plain.version), String(next.version), ...bodyArguments(next), packRules(next)];
    expect(await connection.run(SCRIPTS.recapBegin, [definition, records, tallies], ...args)).toBe(1);
    expect(await connection.run(SCRIPTS.recap, [definition, records, tallies], "5", packKnown(next))).toBe(1);

    const experiment = await store.definitions.read(plain.name);
    if (experiment === undefined) throw new Error("Expected it to be there");
    // Some lie behind the pass and some before it.
    const outcomes = await Promise.all(all.map((number) => convert(experiment, number, number % 2 === 0 ? 60 : -60)));
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(["repeated"]));
    const buckets = await server.command("HGET", records, "buckets");
    const newcomers = all.map((number) => client(number + 1_000));
    await Promise.all(
      newcomers.map((one) => store.records.participate({ experiment, client: one, proposal: assigned(0), day })),
    );
    expect(await server.command("HGET", records, "buckets")).toBe(buckets);
    expect(await differences(store, experiment)).toEqual([]);
    expect(await server.command("HEXISTS", records, "recapped")).toBe(":0\r\n");
    expect(
      (await store.tallies.read(experiment))
        .filter(({ metric, subset }) => metric === cappedMetric(0) && subset.kind === "day")
        .reduce((sum, { clients }) => sum + clients, 0),
    ).toBe(all.filter((number) => number + (number % 2 === 0 ? 60 : -60) > 100).length);

    // What waits for the end of a pass ends it itself.
    const again = { ...withKpiRules(experiment, { cap: { amount: 50 } }), version: experiment.version + 1 };
    const anew = [String(experiment.version), String(again.version), ...bodyArguments(again), packRules(again)];
    expect(await connection.run(SCRIPTS.recapBegin, [definition, records, tallies], ...anew)).toBe(1);
    const forgotten = await store.records.forget(again, client(399));
    if (forgotten.kind !== "forgotten") throw new Error(`Expected it to be forgotten, got ${forgotten.kind}`);
    expect(await differences(store, forgotten.experiment)).toEqual([]);
    await connection.close();
  });
});
