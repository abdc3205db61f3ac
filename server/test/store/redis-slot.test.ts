import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bucketKey, Keys } from "../../src/store/redis/keys.ts";
import { slotOf } from "../../src/store/redis/slot.ts";
import * as make from "../support/make.ts";
import { anyName, HOSTILE_NAMES } from "../support/names.ts";
import { RedisCluster } from "../support/redis-cluster.ts";

describe("the slot of a key", () => {
  it("is that of the examples of the Cluster specification", () => {
    // The specification's test vector: CRC16 of "123456789" is 0x31C3.
    expect(slotOf("123456789")).toBe(0x31c3 % 16_384);
    // What `CLUSTER KEYSLOT` of Redis 7.0.15 answers.
    expect(slotOf("somekey")).toBe(11_058);
    expect(slotOf("foo{hash_tag}")).toBe(2_515);
  });

  it("follows what stands between the first braces, where something does", () => {
    expect(slotOf("sxp:{button}:definition")).toBe(slotOf("sxp:{button}:a1:records:7"));
    expect(slotOf("{user1000}.following")).toBe(slotOf("user1000"));
    expect(slotOf("foo{{bar}}zap")).toBe(slotOf("{bar"));
    expect(slotOf("foo{}{bar}")).not.toBe(slotOf("bar"));
  });

  it("counts bytes of UTF-8", () => {
    expect(slotOf("{naïve}")).toBe(slotOf("naïve"));
    expect(slotOf("naïve")).not.toBe(slotOf("naive"));
  });
});

describe("the keys of an experiment", () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await RedisCluster.start();
  });
  afterAll(() => cluster.stop());

  /** As a server of the Cluster computes it. */
  async function askedSlot(key: string): Promise<number> {
    const node = cluster.masters[0]?.server;
    return Number(/^:(\d+)/.exec((await node?.command("CLUSTER", "KEYSLOT", key)) ?? "")?.[1]);
  }

  function keysOf(name: string, life: number): readonly string[] {
    const keys = new Keys("sxp");
    const { live, lives, definitionOf } = keys.name(name);
    const ofLife = keys.life(make.experiment({ name }, life, 1));
    const buckets = [ofLife.records, ofLife.ids].map((key) => bucketKey(key, 7));
    return [live, lives, definitionOf("7"), ...Object.values(ofLife), `${ofLife.event}12345678`, ...buckets];
  }

  it("lie in one slot, the one that the server says, whatever the name", async () => {
    await fc.assert(
      fc.asyncProperty(anyName, fc.nat(), async (name, life) => {
        const keys = keysOf(name, life);
        expect(keys.length).toBeGreaterThan(10);
        const slot = slotOf(keys[0] ?? "");
        expect(keys.map(slotOf)).toEqual(keys.map(() => slot));
        for (const key of keys) expect([key, await askedSlot(key)]).toEqual([key, slot]);
      }),
      { numRuns: 20, examples: HOSTILE_NAMES.map((name) => [name, 36]) },
    );
  });

  it("are those of no other experiment, whatever the names", () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyName, { minLength: 2, maxLength: 30 }), (names) => {
        const keys = names.flatMap((name) => keysOf(name, 1));
        expect(new Set(keys).size).toBe(keys.length);
      }),
      { examples: [[[...HOSTILE_NAMES, "%7B", "%257B", "%25", "%7b", "%7Ba%7D"]]] },
    );
  });
});
