/** What a folder's clients are answered from after a restart. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { assigned } from "../../../src/domain/assignment.ts";
import type { Experiment } from "../../../src/domain/experiment.ts";
import { LocalStore } from "../../../src/store/local/local-store.ts";
import * as make from "../../support/make.ts";
import { client, named } from "../fixtures.ts";

/** Several batches of the walk. */
const CLIENTS = 5_500;
const NOBODY = client(-1);

let folder: string;
let store: LocalStore;
let experiment: Experiment;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sixpack-known-"));
  store = await LocalStore.open({ folder, cacheSlots: 1 << 14 });
  experiment = await make.created(store, make.draft({ name: "known" }));
  await participate(CLIENTS);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

describe("after a restart", () => {
  it("all clients of an experiment are remembered once one of them has asked", async () => {
    await reopen(1 << 16);
    expect(remembered()).toEqual([]);
    await store.records.read(experiment, NOBODY);
    await expect.poll(() => remembered().length).toBe(CLIENTS);
    for (const number of [0, 1, CLIENTS - 1]) {
      expect(store.peek.assignment(experiment, client(number))).toEqual(proposalOf(number));
    }
  });

  it("as many are remembered as there is room for, and the others are read", async () => {
    await reopen(1 << 12);
    await store.records.read(experiment, NOBODY);
    await expect.poll(() => store.peek.cacheUsage().used).toBeGreaterThan((1 << 12) / 2);
    for (let number = 0; number < CLIENTS; number += 500) {
      expect(await store.records.read(experiment, client(number))).toEqual(proposalOf(number));
    }
  });

  it("nobody is remembered with an alternative of before, while clients are linked and forgotten meanwhile", async () => {
    await reopen(1 << 14);
    const reading = store.records.read(experiment, NOBODY);
    const linked = Array.from({ length: 400 }, (_, at) => at * 12);
    for (const number of linked) {
      await store.records.link(experiment, byKey(number), byKey(number + 1));
      if (number % 48 === 0) await store.records.forget(experiment, client(number + 2));
    }
    await reading;
    await expect.poll(() => remembered().length).toBeGreaterThan(CLIENTS / 2);
    for (let number = 0; number < CLIENTS; number += 1) {
      const peeked = store.peek.assignment(experiment, client(number));
      if (peeked !== undefined) expect(peeked).toEqual(await store.records.read(experiment, client(number)));
    }
    for (const number of linked) {
      if (number % 48 === 0) expect(store.peek.assignment(experiment, client(number + 2))).toBeUndefined();
    }
  });
});

function proposalOf(number: number) {
  return assigned(number % 2);
}

function byKey(number: number) {
  return { client: client(number) };
}

async function participate(count: number): Promise<void> {
  const calls = Array.from({ length: count }, (_, number) =>
    store.records.participate({ experiment, client: client(number), proposal: proposalOf(number), day: make.DAY }),
  );
  await Promise.all(calls);
}

async function reopen(cacheSlots: number): Promise<void> {
  await store.close();
  store = await LocalStore.open({ folder, cacheSlots });
  experiment = store.peek.experiment(named("known")) ?? experiment;
}

/** The numbers of those that are answered from memory. */
function remembered(): readonly number[] {
  return Array.from({ length: CLIENTS }, (_, number) => number).filter(
    (number) => store.peek.assignment(experiment, client(number)) !== undefined,
  );
}
