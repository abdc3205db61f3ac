/** An experiment that is spread over the masters of a Cluster, while one dies, a slot moves, and definitions change. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { type Experiment, withDescription } from "../../src/domain/experiment.ts";
import { Keys } from "../../src/store/redis/keys.ts";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import { draft, named } from "../store/fixtures.ts";
import { RedisCluster } from "../support/redis-cluster.ts";
import { type Sixpack, startSixpack } from "../support/sixpack.ts";
import { type Load, startLoad } from "./load.ts";
import { expectSound } from "./sound.ts";

const SHARDS = 6;

const started: { readonly stop: () => Promise<unknown> }[] = [];
afterEach(async () => {
  for (const part of started.splice(0).reverse()) await part.stop();
});

interface Spread {
  readonly cluster: RedisCluster;
  readonly store: RedisStore;
  readonly sixpack: Sixpack;
  readonly load: Load;
  readonly experiment: Experiment;
  /** A gate on another master than the definition. */
  readonly gate: string;
}

async function spread(replicas: number): Promise<Spread> {
  const cluster = await RedisCluster.start(replicas);
  started.push(cluster);
  const store = await RedisStore.open({ clusterNodes: cluster.addresses });
  started.push({ stop: () => store.close() });
  const alternatives = ["red", "green", "blue"] as never;
  const experiment = await store.createExperiment(draft("fault", { alternatives, shards: SHARDS }));
  const sixpack = await startSixpack({
    SIXPACK_CONFIG_STORAGE: "redis",
    SIXPACK_CONFIG_REDIS_CLUSTER_NODES: cluster.addresses.map(({ host, port }) => `${host}:${port}`).join(","),
  });
  started.push(sixpack);
  const load = startLoad(sixpack.url);
  await load.running();
  const { definition, shards } = new Keys("sxp").life(experiment);
  const home = cluster.holders(definition).master;
  const index = cluster.holders("sxp:experiments").master;
  const gate = shards
    .map(({ version }) => version)
    .find((key) => {
      const { master } = cluster.holders(key);
      return master !== home && master !== index;
    });
  // Six slots on three masters: the names of the keys are fixed, so it is one of them or none, for ever.
  if (gate === undefined) throw new Error("Expected a shard on a master of its own, got none");
  return { cluster, store, sixpack, load, experiment, gate };
}

/** Changes that no caller sees, one after the other: each is told to every gate. */
async function changeOften(store: RedisStore, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const stored = await store.readExperiment(named("fault"));
    if (stored !== undefined) await store.changeExperiment(withDescription(stored, `change ${time}`));
  }
}

describe("a spread experiment under load", () => {
  it("goes on through changes of its definition, in every shard", async () => {
    const { store, load } = await spread(0);
    await changeOften(store, 50);
    await load.recovered();
    const report = await load.stop();
    expect([...report.refusals]).toEqual([]);
    await expectSound(store, report, { nothingLost: true });
  });

  it("is served by the other shards while one's master is dead, and by all of them when a replica took over", async () => {
    const { cluster, store, load, gate } = await spread(1);
    const { master, replica } = cluster.holders(gate);
    await master.server.kill();
    await load.refused();
    // Away from the shard that is gone, a definition can be changed all the same.
    await changeOften(store, 3);
    await replica?.server.until("INFO replication", /role:master/);
    await load.recovered();
    await expectSound(store, await load.stop(), { nothingLost: false });
  });

  it("goes on when the master of its definition is killed and a replica takes over", async () => {
    const { cluster, store, load, experiment } = await spread(1);
    const { master, replica } = cluster.holders(new Keys("sxp").life(experiment).definition);
    await changeOften(store, 3);
    await master.server.kill();
    await load.refused();
    await replica?.server.until("INFO replication", /role:master/);
    await load.recovered();
    await changeOften(store, 3);
    await load.recovered();
    await expectSound(store, await load.stop(), { nothingLost: false });
  });

  it("stands half way with the slot of one shard, and moves on", async () => {
    const { cluster, store, load, gate } = await spread(0);
    const { master } = cluster.holders(gate);
    const other = cluster.other(gate);
    const finish = await cluster.migrateHalf(gate, master, other, /:records:\d*[02468]$/);
    await load.refused();
    await sleep(300);
    await changeOften(store, 3);
    await finish();
    await load.recovered();
    await expectSound(store, await load.stop(), { nothingLost: true });
  });
});
