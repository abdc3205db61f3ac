/** Two stores on one Redis that remember clients: a link that one of them makes, both follow. */
import { describe, expect, it, vi } from "vitest";
import { assigned } from "../../src/domain/assignment.ts";
import type { Experiment } from "../../src/domain/experiment.ts";
import type { Day } from "../../src/domain/period.ts";
import { Moved } from "../../src/store/redis/moved.ts";
import type { RedisStore } from "../../src/store/redis/redis-store.ts";
import * as make from "../support/make.ts";
import { client } from "./fixtures.ts";
import { sharedRedis } from "./shared-redis.ts";

const redis = sharedRedis();

/** The client takes part by way of both, which remember it then. Those of higher numbers join later. */
async function join(stores: readonly RedisStore[], experiment: Experiment, number: number, index: number) {
  const call = { experiment, client: client(number), proposal: assigned(index), day: (make.DAY + number) as Day };
  for (const store of stores) await store.records.participate(call);
}

function link(store: RedisStore, experiment: Experiment, one: number, other: number) {
  return store.records.link(experiment, { client: client(one) }, { client: client(other) });
}

describe("two stores that remember clients", () => {
  it("both answer an id by its new alternative once one of them has linked it", async () => {
    const [here, there] = await redis.openTwo();
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
    const [here, there] = await redis.openTwo();
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
    const [here, there] = await redis.openTwo();
    const experiment = await make.created(here, make.draft({ name: "lost-links" }));
    for (let number = 1; number <= 8; number += 1) await join([here, there], experiment, number, number % 2);
    for (const number of [4, 6, 8]) await link(here, experiment, number, number - 1);
    await expect.poll(() => there.peek.assignment(experiment, client(8))).toBeUndefined();
    // A replica that takes over may lack the last of what its master had.
    await redis.server.command("DEL", `${redis.prefix}:moved`);
    expect(await link(here, experiment, 2, 1)).toEqual({ kind: "conflict", assignment: assigned(1) });
    await expect.poll(() => there.peek.assignment(experiment, client(2))).toBeUndefined();
  });

  it("forget whom they remember after a reconnection, since links may have been lost", async () => {
    const [here, there] = await redis.openTwo();
    const experiment = await make.created(here, make.draft({ name: "failed-over" }));
    for (let number = 1; number <= 4; number += 1) await join([here, there], experiment, number, number % 2);
    await link(here, experiment, 4, 3);
    await expect.poll(() => there.peek.assignment(experiment, client(4))).toBeUndefined();
    expect(there.peek.assignment(experiment, client(2))).toEqual(assigned(0));
    await redis.server.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await expect.poll(() => there.peek.assignment(experiment, client(2))).toBeUndefined();
  });

  it("remember whom they had before they first asked who was linked", async () => {
    const asking = vi.spyOn(Moved.prototype, "poll").mockResolvedValue();
    const stores = await redis.openTwo();
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
    const [here, there] = await redis.openTwo();
    const experiment = await make.created(here, make.draft({ name: "said-again" }));
    for (const number of [1, 2]) await join([here, there], experiment, number, number);
    const announce = vi.spyOn(Moved.prototype, "tell").mockResolvedValueOnce();
    await link(here, experiment, 2, 1);
    announce.mockRestore();
    expect(there.peek.assignment(experiment, client(2))).toEqual(assigned(2));
    expect(await link(here, experiment, 2, 1)).toEqual({ kind: "conflict", assignment: assigned(1) });
    await expect.poll(() => there.peek.assignment(experiment, client(2))).toBeUndefined();
  });
});
