/** Forgetting clients and loading records while a slot of a Cluster stands half way between two masters. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { assigned } from "../../src/domain/assignment.ts";
import { SixpackError } from "../../src/domain/errors.ts";
import type { Experiment } from "../../src/domain/experiment.ts";
import { parseClientId } from "../../src/domain/names.ts";
import { tallyDifferences } from "../../src/domain/tally-differences.ts";
import { Keys } from "../../src/store/redis/keys.ts";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import { PATIENT } from "../store/engines/redis.ts";
import { client, participantsOf } from "../store/fixtures.ts";
import * as make from "../support/make.ts";
import { RedisCluster } from "../support/redis-cluster.ts";

/** Many buckets, so that half of them are many too. */
const CLIENTS = 1_000;
const FORGOTTEN = 60;
const HALF = /:(records|ids):\d*[02468]$/;

let cluster: RedisCluster;
let store: RedisStore;
beforeAll(async () => {
  cluster = await RedisCluster.start();
});
afterEach(() => store.close());
afterAll(() => cluster.stop());

async function open(prefix: string): Promise<void> {
  store = await RedisStore.open({ ...PATIENT, clusterNodes: cluster.addresses, prefix });
  await expect
    .poll(() =>
      store.ping().then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
}

async function current(experiment: Experiment): Promise<Experiment> {
  return (await store.definitions.read(experiment.name)) ?? experiment;
}

async function expectAgreement(experiment: Experiment, participants: number): Promise<void> {
  expect(await participantsOf(store, experiment)).toBe(participants);
  expect(tallyDifferences(await store.tallies.read(experiment), await store.tallies.recount(experiment))).toEqual([]);
}

/** Whether a refusal is the store's: anything else is a defect. */
function isRefusal(error: unknown): boolean {
  if (error instanceof SixpackError && error.code === "store-unavailable") return true;
  throw error;
}

/** "forgotten", "unknown" or "refused". */
async function forget(experiment: Experiment, number: number): Promise<string> {
  for (;;) {
    try {
      const { kind } = await store.records.forget(await current(experiment), client(number));
      if (kind !== "stale") return kind;
    } catch (error) {
      isRefusal(error);
      return "refused";
    }
  }
}

describe("a slot on its way", () => {
  it("loses and doubles nothing of clients that are forgotten meanwhile, nor of their ids", async () => {
    await open("forget");
    const experiment = await make.created(store, make.draft({ name: "moving" }));
    for (let number = 0; number < CLIENTS; number += 1) {
      const proposal = assigned(number % 3);
      const id = parseClientId(`client-${number}`);
      await store.records.participate({ experiment, client: client(number), proposal, day: make.DAY, id });
      if (number % 2 === 0) {
        await store.records.convert({ experiment, client: client(number), kpi: 0, day: make.DAY, value: 0.5 });
      }
    }
    const { records } = new Keys("forget").life(experiment);
    const { master } = cluster.holders(records);
    const finish = await cluster.migrateHalf(records, master, cluster.other(records), HALF);
    const numbers = Array.from({ length: FORGOTTEN }, (_, number) => number);
    const meanwhile: string[] = [];
    for (const number of numbers) meanwhile.push(await forget(experiment, number));
    expect(meanwhile).toContain("refused");
    await finish();
    const kindOf = async (number: number) =>
      meanwhile[number] === "refused" ? forget(experiment, number) : "forgotten before";
    await expect.poll(() => store.tallies.read(experiment).then(() => true, isRefusal)).toBe(true);
    for (const number of numbers) {
      await expect.poll(() => kindOf(number)).not.toBe("refused");
      // Once refused it may have been done all the same; then there is nothing left to forget.
      expect(["forgotten", "unknown", "forgotten before"]).toContain(await kindOf(number));
      expect(await store.records.read(await current(experiment), client(number))).toBeUndefined();
    }
    await expectAgreement(await current(experiment), CLIENTS - FORGOTTEN);
    const kept: (string | undefined)[] = [];
    for await (const batch of store.transfer.exportRecords(await current(experiment))) {
      kept.push(...batch.map(({ id }) => id));
    }
    const expected = Array.from({ length: CLIENTS - FORGOTTEN }, (_, index) => `client-${FORGOTTEN + index}`);
    expect(kept.toSorted()).toEqual(expected.toSorted());
  });

  it("takes records that are sent again after a refusal, each once", async () => {
    await open("load");
    const maker = await make.created(store, make.draft({ name: "maker" }));
    const { life: _, version: __, ...definition } = maker;
    const staged = await store.transfer.stage(definition, make.NOW_MS);
    const batch = (from: number) =>
      Array.from({ length: CLIENTS }, (_, index) => {
        const number = from + index;
        return { client: client(number), assignment: assigned(number % 3), epoch: 0, day: make.DAY, conversions: [] };
      });
    await store.transfer.loadRecords(staged, batch(0));
    const { records } = new Keys("load").life(staged);
    const { master } = cluster.holders(records);
    const finish = await cluster.migrateHalf(records, master, cluster.other(records), HALF);
    await expect(store.transfer.loadRecords(staged, batch(CLIENTS / 2))).rejects.toMatchObject({
      code: "store-unavailable",
    });
    await finish();
    const again = () => store.transfer.loadRecords(staged, batch(CLIENTS / 2)).then(() => true, isRefusal);
    await expect.poll(again).toBe(true);
    await again();
    await store.transfer.loadTallies(staged, await store.tallies.recount(staged), []);
    const published = await store.transfer.publish(staged, make.NOW_MS, true);
    if (published.kind !== "published") throw new Error(`Expected it to be published, got ${published.kind}`);
    await expectAgreement(published.experiment, 1.5 * CLIENTS);
  });
});
