/** Two servers on one Redis, each with a store of its own: one recomputes, the other follows. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { assigned } from "../../src/domain/assignment.ts";
import type { Clock } from "../../src/domain/clock.ts";
import { currentEpoch, type Experiment } from "../../src/domain/experiment.ts";
import { dayOf } from "../../src/domain/period.ts";
import { BATCH_INTERVAL_MIN_MS } from "../../src/domain/policy/batches.ts";
import { rebalance } from "../../src/service/rebalance.ts";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import type { Store } from "../../src/store/store.ts";
import { PATIENT } from "../store/engines/redis.ts";
import { client, named } from "../store/fixtures.ts";
import * as make from "../support/make.ts";
import { RedisServer } from "../support/redis-server.ts";

let server: RedisServer;
const stores: Store[] = [];

beforeAll(async () => {
  server = await RedisServer.start();
  for (let number = 0; number < 2; number += 1) {
    stores.push(
      await RedisStore.open({ ...PATIENT, socketPath: server.socketPath, prefix: "bandits", cacheSlots: 1 << 12 }),
    );
  }
});
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await server.stop();
});

const LATER_MS = make.NOW_MS + BATCH_INTERVAL_MIN_MS;
const LATER: Clock = {
  nowMs: () => LATER_MS,
  today: () => dayOf(LATER_MS),
  dayAt: (atMs) => dayOf(atMs),
  offsetAt: () => 0,
};

/** A bandit with 400 participants, of whom those of the second alternative convert. */
async function dueBandit(store: Store, name: string): Promise<Experiment> {
  const experiment = await make.created(store, make.draft({ name, policy: make.banditPolicy() }));
  await Promise.all(
    Array.from({ length: 400 }, async (_, number) => {
      await store.records.participate({
        experiment,
        client: client(number),
        proposal: assigned(number % 3, true),
        day: make.DAY,
      });
      if (number % 3 !== 1) return;
      await store.records.convert({ experiment, client: client(number), kpi: 0, day: make.DAY, value: 0 });
    }),
  );
  return experiment;
}

describe("two servers that look at the same bandits at the same moment", () => {
  it("recompute each of them once, and both go by it within a second", async () => {
    const [here, there] = stores;
    if (here === undefined || there === undefined) throw new Error("Expected two stores");
    const names = ["first", "second", "third"];
    for (const name of names) await dueBandit(here, name);
    for (const name of names) await there.definitions.read(named(name));
    const begun: string[] = [];
    const looks = await Promise.all(
      [here, there, here, there].map((store, process) =>
        rebalance({ store, clock: LATER }, `process ${process % 2}`, ({ name }) => begun.push(name)),
      ),
    );
    expect(looks.flat()).toEqual([]);
    expect(begun.sort()).toEqual(names);
    for (const store of stores) {
      for (const name of names) {
        // As the services ask: what is remembered while it is fresh, else what is stored.
        const read = async () => store.peek.experiment(named(name)) ?? (await store.definitions.read(named(name)));
        await expect.poll(async () => (await read())?.epochs.length).toBe(2);
        const experiment = await read();
        expect(experiment !== undefined && currentEpoch(experiment).weights?.[1]).toBeGreaterThan(0.9);
      }
    }
  });

  it("leave a bandit to whoever holds its lease, until that runs out", async () => {
    const [here, there] = stores;
    if (here === undefined || there === undefined) throw new Error("Expected two stores");
    const { name, life } = await dueBandit(here, "held");
    // As of a process that stopped in the middle of its work.
    expect(await there.leases.claim(`rebalance:${name}:${life}`, "stopped", 1_000)).toBe(true);
    const begun: string[] = [];
    const look = () => rebalance({ store: here, clock: LATER }, "alive", ({ name }) => begun.push(name));
    await look();
    expect(begun).toEqual([]);
    await expect
      .poll(
        async () => {
          await look();
          return begun;
        },
        { interval: 200 },
      )
      .toEqual(["held"]);
  });
});
