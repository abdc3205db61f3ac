import { describe, expect, it } from "vitest";
import { createdExperiment, freshDraft } from "../../src/domain/experiment.ts";
import { parseShards, SHARDS_MAX, shardsOf, withLostEpochs, withShards } from "../../src/domain/shards.ts";
import { draft } from "../store/fixtures.ts";

const ONE = createdExperiment(draft("one"), 1, 1);

describe("shards", () => {
  it.each(["1", "6", String(SHARDS_MAX)])("are read from %s", (raw) => {
    expect(parseShards(raw)).toBe(Number(raw));
  });

  it.each(["", "0", "-1", "1.5", "65", "1e1", "six", " 6"])("are not read from %j", (raw) => {
    expect(() => parseShards(raw)).toThrow(expect.objectContaining({ code: "invalid-shards" }));
  });

  it("are one where nothing is stored, and kept over a reset", () => {
    expect(shardsOf(ONE)).toBe(1);
    const six = withShards(ONE, 6);
    expect(shardsOf(six)).toBe(6);
    expect(shardsOf(createdExperiment(freshDraft(six, 0), 2, 2))).toBe(6);
    expect(withShards(six, 1)).toEqual(ONE);
  });
});

describe("epochs that were lost", () => {
  it("come back as copies, and the next one after them", () => {
    const { epochs } = withLostEpochs(ONE, 2);
    expect(epochs).toHaveLength(4);
    expect(epochs.slice(1).map(({ trafficFraction, weights }) => [trafficFraction, weights])).toEqual(
      Array(3).fill([1, null]),
    );
  });

  it("are none where the definition knows as many", () => {
    expect(withLostEpochs(ONE, 0)).toBe(ONE);
  });
});
