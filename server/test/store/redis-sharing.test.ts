/** Several stores on one Redis, in one process and in two: what one does, all agree on. */
import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { assigned } from "../../src/domain/assignment.ts";
import { withPaused } from "../../src/domain/experiment.ts";
import type { Day } from "../../src/domain/period.ts";
import { tallyDifferences } from "../../src/domain/tally.ts";
import { Keys } from "../../src/store/redis/keys.ts";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import { DEFINITION_AGE_MAX_MS } from "../../src/store/store.ts";
import * as make from "../support/make.ts";
import { RedisServer } from "../support/redis-server.ts";
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

describe("two stores on one Redis", () => {
  it("see each other's changes within a second", async () => {
    const [here, there] = await openTwo();
    const experiment = await here.definitions.create(make.draft({ name: "shared" }));
    expect(await there.definitions.read(named("shared"))).toEqual(experiment);
    expect(there.peek.experiment(named("shared"))).toEqual(experiment);
    const outcome = await here.definitions.change(withPaused(experiment, true));
    if (outcome.kind !== "changed") throw new Error(`Expected the change to be taken, got ${outcome.kind}`);
    await expect.poll(() => there.peek.experiment(named("shared"))).toEqual(outcome.experiment);
    await here.lives.remove(outcome.experiment, make.NOW_MS, undefined);
    await expect.poll(() => there.peek.experiment(named("shared"))).toBeUndefined();
  });

  it("notice that the whole database was emptied, and refuse until they are opened anew", async () => {
    const [here, there] = await openTwo();
    const before = await here.definitions.create(make.draft({ name: "emptied" }));
    await there.definitions.read(named("emptied"));
    await here.records.participate({ experiment: before, client: client(1), proposal: assigned(1), day: make.DAY });
    await server.command("FLUSHALL");
    await sleep(DEFINITION_AGE_MAX_MS);
    for (const store of [here, there]) {
      expect(store.peek.experiment(named("emptied"))).toBeUndefined();
      await expect(store.definitions.create(make.draft({ name: "emptied" }))).rejects.toMatchObject({
        code: "store-unavailable",
        detail: expect.stringContaining("got none: it was flushed, or is another one"),
      });
    }
    const [anew] = await openTwo();
    const after = await anew.definitions.create(make.draft({ name: "emptied" }));
    expect(after.life).not.toBe(before.life);
  });

  it("store one definition when both create it at the same moment", async () => {
    const [here, there] = await openTwo();
    const created = await Promise.all(
      Array.from({ length: 50 }, (_, number) =>
        (number % 2 === 0 ? here : there).definitions.create(
          make.draft({ name: "both", createdAtMs: make.NOW_MS + number }),
        ),
      ),
    );
    expect(new Set(created.map(({ life }) => life)).size).toBe(1);
    expect(await there.definitions.list()).toEqual([created[0]]);
  });

  it("both answer an id by its new alternative once one of them has linked it", async () => {
    const [here, there] = await openTwo();
    const experiment = await here.definitions.create(make.draft({ name: "linked" }));
    for (const number of [1, 2]) {
      const call = { experiment, client: client(number), proposal: assigned(number), day: (make.DAY + number) as Day };
      for (const store of [here, there]) await store.records.participate(call);
    }
    expect(there.peek.assignment(experiment, client(2))).toEqual(assigned(2));
    const linked = await here.records.link(experiment, { client: client(2) }, { client: client(1) });
    expect(linked).toEqual({ kind: "conflict", assignment: assigned(1) });
    expect(here.peek.assignment(experiment, client(2))).toBeUndefined();
    await expect.poll(() => there.peek.assignment(experiment, client(2))).toBeUndefined();
    expect(there.peek.assignment(experiment, client(1))).toEqual(assigned(1));
    expect(await there.records.read(experiment, client(2))).toEqual(assigned(1));
  });

  it("give 10,000 clients that ask both at once one alternative each, and count each once", async () => {
    const [here, there] = await openTwo();
    const experiment = await here.definitions.create(make.draft({ name: "doubled" }));
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
    const created = await here.definitions.create(make.draft({ name: "unannounced" }));
    await there.definitions.read(named("unannounced"));
    await server.command("HSET", new Keys(`shared${prefix}`).life(created).definition, "version", "7");
    await expect.poll(() => there.peek.experiment(named("unannounced"))?.version).toBe(7);
  });

  it("don't list a name that a crashed process announced and did not write", async () => {
    const [here] = await openTwo();
    await server.command("ZADD", `shared${prefix}:experiments`, "1", "", "1", "unwritten");
    expect(await here.definitions.list()).toEqual([]);
    expect(await here.lives.listRemoved()).toEqual([]);
    const experiment = await here.definitions.create(make.draft({ name: "unwritten" }));
    expect(await here.definitions.list()).toEqual([experiment]);
  });

  it("list every living experiment after creations, deletions and sweeps at the same time", async () => {
    const stores = await openTwo();
    const churn = async (store: RedisStore) => {
      for (let round = 0; round < 100; round += 1) {
        const experiment = await store.definitions.create(make.draft({ name: `churned-${round % 3}` }));
        await store.lives.remove(experiment, make.NOW_MS, undefined);
        await store.lives.sweep(make.NOW_MS);
        await store.definitions.create(make.draft({ name: `churned-${round % 3}` }));
      }
    };
    await Promise.all([...stores, ...stores].map(churn));
    const listed = (await stores[0].definitions.list()).map(({ name }) => name);
    expect(listed.toSorted()).toEqual(["churned-0", "churned-1", "churned-2"]);
  });

  it("sweep a life once, even when both sweep at the same time", async () => {
    const [here, there] = await openTwo();
    const experiment = await here.definitions.create(make.draft({ name: "swept" }));
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
    const experiment = await store.definitions.create(make.draft({ name: "processes" }));
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
