import { describe, expect, it } from "vitest";
import { slotOf } from "../../src/store/redis/slot.ts";

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
