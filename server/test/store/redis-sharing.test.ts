/** Several stores on one Redis, in one process: what one does, all agree on. */
import { describe, expect, it } from "vitest";
import { assigned } from "../../src/domain/assignment.ts";
import { withPaused } from "../../src/domain/experiment.ts";
import { tallyDifferences } from "../../src/domain/tally-differences.ts";
import { Keys } from "../../src/store/redis/keys.ts";
import type { RedisStore } from "../../src/store/redis/redis-store.ts";
import * as make from "../support/make.ts";
import { client, named, participantsOf } from "./fixtures.ts";
import { sharedRedis } from "./shared-redis.ts";

const redis = sharedRedis();

describe("two stores on one Redis", () => {
  it("see each other's changes within a second", async () => {
    const [here, there] = await redis.openTwo();
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
    const [here, there] = await redis.openTwo();
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
    const [here, there] = await redis.openTwo();
    const created = await make.created(here, make.draft({ name: "unannounced" }));
    expect(await there.definitions.list()).toEqual([created]);
    await redis.server.command("HSET", new Keys(redis.prefix).life(created).definition, "version", "7");
    await expect.poll(async () => (await there.definitions.list())[0]?.version).toBe(7);
  });

  it("list a hundred experiments that rest, and their marks, by one short answer each", async () => {
    const [store] = await redis.openTwo();
    const names = Array.from({ length: 100 }, (_, number) => `resting-${number}`);
    await Promise.all(names.map((name) => make.created(store, make.draft({ name }))));
    const look = async () => {
      const all = await store.definitions.list();
      return Promise.all(all.map((experiment) => store.tallies.mark(experiment)));
    };
    await look();
    const bytesSent = async () =>
      Number(/total_net_output_bytes:(\d+)/.exec(await redis.server.command("INFO", "stats"))?.[1] ?? Number.NaN);
    const before = await bytesSent();
    for (let looks = 0; looks < 50; looks += 1) expect(await look()).toHaveLength(100);
    // Definitions, of half a kilobyte each, would be 2,500,000. Polls of both stores go on meanwhile.
    expect((await bytesSent()) - before).toBeLessThan(1_000_000);
  });

  it("tell a mark that makes no sense from those that were asked for with it", async () => {
    const [store] = await redis.openTwo();
    const create = (name: string) => make.created(store, make.draft({ name }));
    const [sound, damaged, empty] = [await create("sound"), await create("damaged"), await create("empty")];
    await store.records.participate({ experiment: sound, client: client(1), proposal: assigned(1), day: make.DAY });
    await redis.server.command("SET", new Keys(redis.prefix).life(damaged).tallies, "x");
    const marks = await Promise.allSettled([sound, damaged, empty].map((one) => store.tallies.mark(one)));
    expect(marks).toEqual([
      { status: "fulfilled", value: 1 },
      { status: "rejected", reason: expect.objectContaining({ code: "experiment-unreadable" }) },
      { status: "fulfilled", value: 0 },
    ]);
  });

  it("notice that the whole database was emptied, and refuse until they are opened anew", async () => {
    const [here, there] = await redis.openTwo();
    const before = await make.created(here, make.draft({ name: "emptied" }));
    await there.definitions.read(named("emptied"));
    await here.records.participate({ experiment: before, client: client(1), proposal: assigned(1), day: make.DAY });
    await redis.server.command("FLUSHALL");
    for (const store of [here, there]) {
      await expect.poll(() => store.peek.experiment(named("emptied"))).toBeUndefined();
      await expect(make.created(store, make.draft({ name: "emptied" }))).rejects.toMatchObject({
        code: "store-unavailable",
        detail: expect.stringContaining("got none: it was flushed, or is another one"),
      });
    }
    const [anew] = await redis.openTwo();
    const after = await make.created(anew, make.draft({ name: "emptied" }));
    expect(after.life).not.toBe(before.life);
  });

  it("store one definition when both create it at the same moment", async () => {
    const [here, there] = await redis.openTwo();
    const created = await Promise.all(
      Array.from({ length: 50 }, (_, number) =>
        make.created(number % 2 === 0 ? here : there, make.draft({ name: "both", createdAtMs: make.NOW_MS + number })),
      ),
    );
    expect(new Set(created.map(({ life }) => life)).size).toBe(1);
    expect(await there.definitions.list()).toEqual([created[0]]);
  });

  it("give 10,000 clients that ask both at once one alternative each, and count each once", async () => {
    const [here, there] = await redis.openTwo();
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
    const [here, there] = await redis.openTwo();
    const created = await make.created(here, make.draft({ name: "unannounced" }));
    await there.definitions.read(named("unannounced"));
    await redis.server.command("HSET", new Keys(redis.prefix).life(created).definition, "version", "7");
    await expect.poll(() => there.peek.experiment(named("unannounced"))?.version).toBe(7);
  });

  it("don't list a name that a crashed process announced and did not write", async () => {
    const [here] = await redis.openTwo();
    await redis.server.command("ZADD", `${redis.prefix}:experiments`, "1", "", "1", "unwritten");
    expect(await here.definitions.list()).toEqual([]);
    expect(await here.lives.listRemoved()).toEqual([]);
    const experiment = await make.created(here, make.draft({ name: "unwritten" }));
    expect(await here.definitions.list()).toEqual([experiment]);
  });

  it("list every living experiment after creations, deletions and sweeps at the same time", async () => {
    const stores = await redis.openTwo();
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
    const [here, there] = await redis.openTwo();
    const experiment = await make.created(here, make.draft({ name: "swept" }));
    await here.lives.remove(experiment, make.NOW_MS, undefined);
    const counts = await Promise.all([here.lives.sweep(make.NOW_MS), there.lives.sweep(make.NOW_MS)]);
    expect(counts.toSorted()).toEqual([0, 1]);
  });
});
