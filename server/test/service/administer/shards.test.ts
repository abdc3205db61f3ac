import { describe, expect, it } from "vitest";
import { assigned } from "../../../src/domain/assignment.ts";
import { shardsOf } from "../../../src/domain/shards.ts";
import { declare } from "../../../src/service/administer/declare.ts";
import { setShards } from "../../../src/service/administer/shards.ts";
import { client, DAY } from "../../store/fixtures.ts";
import { contextOf } from "../../support/context.ts";

const ACT = { name: "button", actor: "ann" };
const PLAIN = { alternatives: ["red", "green"], weights: undefined, trafficFraction: undefined };

describe("spreading an experiment over shards", () => {
  it("is stored and logged, and asking for what it has changes nothing", async () => {
    const context = contextOf();
    await declare(context, ACT, PLAIN);
    const spread = await setShards(context, ACT, "6");
    expect(shardsOf(spread)).toBe(6);
    expect(await setShards(context, ACT, "6")).toEqual(spread);
    expect(await context.store.readActivity({ limit: 9 })).toMatchObject([
      { action: "set-shards", before: "1", after: "6" },
      { action: "declare" },
    ]);
  });

  it("comes with a declaration, of a new experiment and of one without clients", async () => {
    const context = contextOf();
    expect(shardsOf((await declare(context, ACT, { ...PLAIN, shards: "3" })).experiment)).toBe(3);
    expect(shardsOf((await declare(context, ACT, PLAIN)).experiment)).toBe(3);
    expect(await declare(context, ACT, { ...PLAIN, shards: "5" })).toMatchObject({
      kind: "existing",
      experiment: { shards: 5 },
    });
  });

  it("is refused once somebody takes part, with the reason", async () => {
    const context = contextOf();
    const { experiment } = await declare(context, ACT, PLAIN);
    await context.store.recordParticipation({ experiment, client: client(1), proposal: assigned(0), day: DAY });
    await expect(setShards(context, ACT, "2")).rejects.toMatchObject({
      code: "experiment-has-clients",
      detail: expect.stringContaining("Reset it"),
    });
    await expect(declare(context, ACT, { ...PLAIN, shards: "2" })).rejects.toMatchObject({
      code: "experiment-has-clients",
    });
    expect(await setShards(context, ACT, "1")).toEqual(experiment);
  });

  it.each([
    ["invalid-shards", "button", "0"],
    ["experiment-not-found", "none", "2"],
  ])("is refused as %s", async (code, name, raw) => {
    const context = contextOf();
    await declare(context, ACT, PLAIN);
    await expect(setShards(context, { ...ACT, name }, raw)).rejects.toMatchObject({ code });
  });
});
