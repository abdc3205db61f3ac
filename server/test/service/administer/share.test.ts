import { describe, expect, it } from "vitest";
import { BATCH_REASON, EPOCHS_BY_REQUESTS_MAX, withEpoch } from "../../../src/domain/epochs.ts";
import { currentEpoch } from "../../../src/domain/experiment.ts";
import { reset } from "../../../src/service/administer/administer.ts";
import {
  addAlternative,
  retireAlternative,
  setPolicy,
  setTrafficFraction,
  setWeights,
} from "../../../src/service/administer/share.ts";
import type { ServiceContext } from "../../../src/service/context.ts";
import { participate } from "../../../src/service/participate.ts";
import { contextOf, NOW_MS } from "../../support/context.ts";
import { participation, type WantedParticipation } from "../../support/participation.ts";
import { laterCodeOf } from "../../support/refusal.ts";
import { change, storedExperiment, talliesOf } from "../../support/store.ts";

const ACT = { name: "service", actor: "ada" };

async function ask(context: ServiceContext, wanted: WantedParticipation = {}) {
  return participate(context, participation({ ...wanted, recordForce: wanted.force !== undefined }));
}

async function epochOf({ store }: ServiceContext) {
  return currentEpoch(await storedExperiment(store, ACT.name));
}

async function counted({ store }: ServiceContext): Promise<number> {
  return (await talliesOf(store, ACT.name)).reduce((sum, { clients }) => sum + clients, 0);
}

describe("weights of a call", () => {
  it("belong to the order in which the first call names the alternatives, and count in that call only", async () => {
    const context = contextOf();
    await ask(context, { alternatives: ["red", "green", "blue"], weights: [0.25, 0.75, 0] });
    await ask(context, { alternatives: ["blue", "green", "red"], weights: [0.8, 0.1, 0.1], client: "2" });
    expect(await epochOf(context)).toMatchObject({ policy: "weighted", weights: [0.25, 0.75, 0] });
    expect((await storedExperiment(context.store, ACT.name)).epochs).toHaveLength(1);
  });

  it("are refused with the call where alternatives repeat", async () => {
    const twice = { alternatives: ["red", "red"], weights: [0.25, 0.75] };
    expect(await laterCodeOf(() => ask(contextOf(), twice))).toBe("duplicate-alternatives");
  });

  it("are meant when they are equal, even where bandits are the default", async () => {
    const context = contextOf({ settings: { defaultPolicy: "thompson" } });
    await ask(context, { weights: null });
    expect(await epochOf(context)).toMatchObject({ policy: "uniform", weights: null });
  });
});

describe("a caller that does not know an added alternative", () => {
  it("has its new clients shown the control and counts none of them, whatever they would get", async () => {
    const context = contextOf();
    await ask(context);
    await addAlternative(context, ACT, "grey");
    for (let number = 0; number < 40; number += 1) {
      const client = `old-${number}`;
      expect(await ask(context, { client, prefetch: true })).toMatchObject({ index: 0, reason: "unknown-to-caller" });
      expect(await ask(context, { client })).toMatchObject({ index: 0, reason: "unknown-to-caller" });
    }
    expect(await counted(context)).toBe(1);
    const all = ["red", "green", "blue", "grey"];
    expect(await ask(context, { client: "old-7", alternatives: all })).toMatchObject({ reason: "assigned" });
    expect(await counted(context)).toBe(2);
  });

  it("gets the answers of its known clients as before", async () => {
    const context = contextOf();
    const before = await ask(context);
    await addAlternative(context, ACT, "grey");
    expect(await ask(context)).toMatchObject({ index: before.index, reason: "assigned" });
  });

  it("takes part when it names one that was retired since", async () => {
    const context = contextOf();
    await ask(context);
    await retireAlternative(context, ACT, "blue");
    expect(await ask(context, { client: "2" })).toMatchObject({ reason: "assigned" });
    expect(await ask(context, { client: "3", alternatives: ["red", "green"] })).toMatchObject({ reason: "assigned" });
  });
});

describe("a retired alternative", () => {
  it("can be looked at by force and is not recorded", async () => {
    const context = contextOf();
    await ask(context);
    await retireAlternative(context, ACT, "blue");
    expect(await ask(context, { client: "2", force: "blue" })).toMatchObject({ index: 2, reason: "forced" });
    expect(await counted(context)).toBe(1);
  });

  it("leaves its share to the others in proportion", async () => {
    const context = contextOf();
    await ask(context, { weights: [0.125, 0.375, 0.5] });
    await retireAlternative(context, ACT, "blue");
    expect(await epochOf(context)).toMatchObject({ policy: "weighted", weights: [0.25, 0.75, 0] });
  });

  it("that had all of it leaves equal shares", async () => {
    const context = contextOf();
    await ask(context, { weights: [0, 0, 1] });
    await retireAlternative(context, ACT, "blue");
    expect(await epochOf(context)).toMatchObject({ policy: "uniform", weights: null });
  });

  it("is not the winner", async () => {
    const context = contextOf();
    await ask(context);
    await change(context.store, ACT.name, (stored) => ({ ...stored, winner: stored.alternatives[2]?.name ?? null }));
    expect(await laterCodeOf(() => retireAlternative(context, ACT, "blue"))).toBe("winner-retired");
  });
});

describe("a change of sharing", () => {
  it("to what is in force opens no epoch and is not logged", async () => {
    const context = contextOf();
    await ask(context);
    await setWeights(context, ACT, ["1", "1", "1"]);
    await setTrafficFraction(context, ACT, 1);
    await setPolicy(context, ACT, "uniform");
    expect((await storedExperiment(context.store, ACT.name)).epochs).toHaveLength(1);
    expect(await context.store.readActivity({ limit: 10 })).toEqual([]);
  });

  it("is logged in words, with what was before", async () => {
    const context = contextOf();
    await ask(context);
    await setWeights(context, ACT, ["1", "0", "3"]);
    await setPolicy(context, ACT, "thompson", "learn");
    const entries = await context.store.readActivity({ limit: 10 });
    expect(entries.map(({ action, before, after }) => [action, before, after])).toEqual([
      ["set-policy", "red 25 %, green 0 %, blue 75 %", "thompson, to learn"],
      ["set-weights", "equal shares", "red 25 %, green 0 %, blue 75 %"],
    ]);
  });
});

describe("a bandit", () => {
  it("keeps its goal over a reset, and forgets what it learned", async () => {
    const context = contextOf();
    await ask(context);
    await setPolicy(context, ACT, "thompson", "learn");
    await change(context.store, ACT.name, (stored) =>
      withEpoch(stored, { weights: [0.8, 0.1, 0.1], floor: 0.05 }, BATCH_REASON, NOW_MS),
    );
    await reset(context, ACT);
    expect(await epochOf(context)).toMatchObject({ policy: "thompson", goal: "learn", weights: null, floor: 0 });
  });

  it("leaves calls their epochs: its batches don't count against the limit of changes by calls", async () => {
    const context = contextOf();
    await ask(context);
    await setPolicy(context, ACT, "thompson");
    await change(context.store, ACT.name, (stored) => {
      let next = stored;
      for (let batch = 0; batch < EPOCHS_BY_REQUESTS_MAX; batch += 1) next = withEpoch(next, {}, BATCH_REASON, NOW_MS);
      return next;
    });
    await ask(context, { trafficFraction: 0.5 });
    expect(await epochOf(context)).toMatchObject({ policy: "thompson", trafficFraction: 0.5 });
  });
});
