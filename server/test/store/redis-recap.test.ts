/** A pass over all records that a process began and did not end: whoever comes next ends it. */
import { describe, expect, it } from "vitest";
import { assigned } from "../../src/domain/assignment.ts";
import type { Experiment } from "../../src/domain/experiment.ts";
import { cappedMetric } from "../../src/domain/tally.ts";
import { RedisConnection } from "../../src/store/redis/client.ts";
import { bodyArguments } from "../../src/store/redis/definition.ts";
import { Keys } from "../../src/store/redis/keys.ts";
import { packKnown, packRules } from "../../src/store/redis/packing.ts";
import { REDIS_DEFAULTS } from "../../src/store/redis/redis-options.ts";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import { SCRIPTS } from "../../src/store/redis/scripts.ts";
import * as make from "../support/make.ts";
import { closing, stopping } from "../support/one-test.ts";
import { RedisServer } from "../support/redis-server.ts";
import { differences, withKpiRules } from "./conformance/caps.ts";
import { PATIENT } from "./engines/redis.ts";
import { client } from "./fixtures.ts";

describe("a pass that counts totals by new caps", () => {
  it("is finished by the next reader where a crash has left it in the middle", async () => {
    const server = stopping(await RedisServer.start());
    const store = closing(await RedisStore.open({ ...PATIENT, socketPath: server.socketPath }));
    const connection = closing(await RedisConnection.open({ ...PATIENT, socketPath: server.socketPath }, () => {}));
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
    const { definition, records, tallies } = new Keys(REDIS_DEFAULTS.prefix).life(plain);
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
  });
});
