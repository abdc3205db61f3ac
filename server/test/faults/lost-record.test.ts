/** A client whose record a failover took back: it was never copied to the replica that took over. */
import { describe, expect, it } from "vitest";
import { assigned } from "../../src/domain/assignment.ts";
import { clientKey, digestOf } from "../../src/domain/digest.ts";
import { parseClientId } from "../../src/domain/names.ts";
import { tallyDifferences } from "../../src/domain/tally-differences.ts";
import { Keys } from "../../src/store/redis/keys.ts";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import { PATIENT } from "../store/engines/redis.ts";
import { named, ofDays, participantsOf } from "../store/fixtures.ts";
import * as make from "../support/make.ts";
import { closing, stopping } from "../support/one-test.ts";
import { RedisCluster } from "../support/redis-cluster.ts";
import { startSixpack } from "../support/sixpack.ts";

const NAME = named("fault");
const CLIENT = parseClientId("visitor-1");
const ALTERNATIVES = ["red", "green", "blue"];

describe("a participation that a failover lost", () => {
  it("is recorded again with the client's first conversion, in the alternative that the client was shown", async () => {
    const cluster = stopping(await RedisCluster.start(1));
    const store = closing(await RedisStore.open({ ...PATIENT, clusterNodes: cluster.addresses }));
    const created = await make.created(store, make.draft({ name: NAME, alternatives: ALTERNATIVES as never }));
    const sixpack = stopping(
      await startSixpack({
        SIXPACK_CONFIG_STORAGE: "redis",
        SIXPACK_CONFIG_KEEP_CLIENT_IDS: "true",
        SIXPACK_CONFIG_REDIS_CLUSTER_NODES: cluster.addresses.map(({ host, port }) => `${host}:${port}`).join(","),
      }),
    );
    const digest = digestOf(NAME, CLIENT);
    const key = clientKey(digest);
    const { records } = new Keys("sxp").life(created);
    const ask = async (path: string): Promise<{ status: string; alternative?: { name: string } }> =>
      (await fetch(`${sixpack.url}${path}`)).json();
    const names = ALTERNATIVES.map((name) => `alternatives=${name}`).join("&");
    const participate = `/participate?experiment=fault&client_id=${CLIENT}&${names}`;

    const { master, replica } = cluster.holders(records);
    if (replica === undefined) throw new Error("Expected a replica, got none");
    // It has the definition, and stops listening before the client comes.
    await replica.server.until("INFO replication", /master_link_status:up/);
    await expect.poll(() => replica.server.command("DBSIZE")).toBe(await master.server.command("DBSIZE"));
    replica.server.pause();
    // Or what follows would wait for it in the connection.
    await master.server.command("CLIENT", "KILL", "TYPE", "replica");
    // One that the client would not get by its digest, so that nothing but memory can know it.
    const computed = (await ask(`${participate}&prefetch=true`)).alternative?.name;
    const shown = ALTERNATIVES.find((name) => name !== computed) ?? "";
    await ask(`${participate}&force=${shown}&record_force=true`);
    expect((await ask(participate)).alternative?.name).toBe(shown);
    await master.server.kill();
    replica.server.resume();
    await replica.server.until("INFO replication", /role:master/);

    const read = () => store.definitions.read(NAME).catch(() => undefined);
    await expect.poll(read).toBeDefined();
    const experiment = (await read()) ?? created;
    await expect.poll(() => store.records.read(experiment, key).then(String, () => "refused")).toBe("undefined");
    // Remembered, not recorded: the first answer after the refusals.
    let answered: string | undefined;
    const answer = async () => {
      answered ??= (await ask(participate)).alternative?.name;
      return answered;
    };
    await expect.poll(answer).toBeDefined();
    expect(answered).toBe(shown);
    const convert = () => ask(`/convert?experiment=fault&client_id=${CLIENT}&id=order-1`);
    await expect.poll(async () => (await convert()).status).toBe("ok");
    expect(await convert()).toMatchObject({ status: "ok", alternative: { name: shown } });
    expect(await store.records.read(experiment, key)).toEqual(assigned(ALTERNATIVES.indexOf(shown)));
    expect(await participantsOf(store, experiment)).toBe(1);
    for await (const records of store.transfer.exportRecords(experiment)) {
      expect(records).toMatchObject(records.length === 0 ? [] : [{ client: key, id: CLIENT }]);
    }
    const tallies = await store.tallies.read(experiment);
    expect(ofDays(tallies).filter(({ metric }) => metric === 0)).toMatchObject([{ clients: 1, events: 1 }]);
    expect(tallyDifferences(tallies, await store.tallies.recount(experiment))).toEqual([]);
  });
});
