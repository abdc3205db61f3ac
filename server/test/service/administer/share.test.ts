import { describe, expect, it } from "vitest";
import { batchReason, EPOCHS_BY_REQUESTS_MAX, withEpoch } from "../../../src/domain/epochs.ts";
import { currentEpoch } from "../../../src/domain/experiment.ts";
import { remove, reset } from "../../../src/service/administer/acts/ending.ts";
import {
  addAlternative,
  releaseTraffic,
  retireAlternative,
  setPolicy,
  setTrafficFraction,
  setWeights,
} from "../../../src/service/administer/acts/sharing.ts";
import { undo } from "../../../src/service/administer/acts/undo.ts";
import { declare } from "../../../src/service/administer/declare.ts";
import type { ServiceContext } from "../../../src/service/context.ts";
import { participate } from "../../../src/service/participate.ts";
import type { Activity } from "../../../src/store/activity.ts";
import { ModelStore } from "../../store/model/model-store.ts";
import * as make from "../../support/make.ts";
import { laterCodeOf } from "../../support/refusal.ts";
import { change, storedExperiment, talliesOf } from "../../support/store.ts";

const ACT = { name: "service", actor: "ada" };

async function ask(context: ServiceContext, wanted: make.WantedRequest = {}) {
  return participate(context, make.request({ ...wanted, recordForce: wanted.force !== undefined }));
}

async function epochOf({ store }: ServiceContext) {
  return currentEpoch(await storedExperiment(store, ACT.name));
}

async function counted({ store }: ServiceContext): Promise<number> {
  return (await talliesOf(store, ACT.name)).reduce((sum, { clients }) => sum + clients, 0);
}

describe("weights of a call", () => {
  it("belong to the order in which the first call names the alternatives, and count in that call only", async () => {
    const context = make.context();
    await ask(context, { alternatives: ["red", "green", "blue"], weights: [0.25, 0.75, 0] });
    await ask(context, { alternatives: ["blue", "green", "red"], weights: [0.8, 0.1, 0.1], client: "2" });
    expect(await epochOf(context)).toMatchObject({ policy: { kind: "weighted" }, weights: [0.25, 0.75, 0] });
    expect((await storedExperiment(context.store, ACT.name)).epochs).toHaveLength(1);
  });

  it("are refused with the call where alternatives repeat", async () => {
    const twice = { alternatives: ["red", "red"], weights: [0.25, 0.75] };
    expect(await laterCodeOf(() => ask(make.context(), twice))).toBe("duplicate-alternatives");
  });

  it("are meant when they are equal, even where bandits are the default", async () => {
    const context = make.context({ settings: { defaultPolicy: make.banditPolicy() } });
    await ask(context, { weights: null });
    expect(await epochOf(context)).toMatchObject({ policy: { kind: "uniform" }, weights: null });
  });
});

describe("a caller that does not know an added alternative", () => {
  it("has its new clients shown the control and counts none of them, whatever they would get", async () => {
    const context = make.context();
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
    const context = make.context();
    const before = await ask(context);
    await addAlternative(context, ACT, "grey");
    expect(await ask(context)).toMatchObject({ index: before.index, reason: "assigned" });
  });

  it("takes part when it names one that was retired since", async () => {
    const context = make.context();
    await ask(context);
    await retireAlternative(context, ACT, "blue");
    expect(await ask(context, { client: "2" })).toMatchObject({ reason: "assigned" });
    expect(await ask(context, { client: "3", alternatives: ["red", "green"] })).toMatchObject({ reason: "assigned" });
  });
});

describe("a retired alternative", () => {
  it("can be looked at by force and is not recorded", async () => {
    const context = make.context();
    await ask(context);
    await retireAlternative(context, ACT, "blue");
    expect(await ask(context, { client: "2", force: "blue" })).toMatchObject({ index: 2, reason: "forced" });
    expect(await counted(context)).toBe(1);
  });

  it("leaves its share to the others in proportion", async () => {
    const context = make.context();
    await ask(context, { weights: [0.125, 0.375, 0.5] });
    await retireAlternative(context, ACT, "blue");
    expect(await epochOf(context)).toMatchObject({ policy: { kind: "weighted" }, weights: [0.25, 0.75, 0] });
  });

  it("that had all of it leaves equal shares", async () => {
    const context = make.context();
    await ask(context, { weights: [0, 0, 1] });
    await retireAlternative(context, ACT, "blue");
    expect(await epochOf(context)).toMatchObject({ policy: { kind: "uniform" }, weights: null });
  });

  it("is not the winner", async () => {
    const context = make.context();
    await ask(context);
    await change(context.store, ACT.name, (stored) => ({ ...stored, winner: stored.alternatives[2]?.name ?? null }));
    expect(await laterCodeOf(() => retireAlternative(context, ACT, "blue"))).toBe("winner-retired");
  });
});

describe("a change of sharing", () => {
  it("to what is in force opens no epoch and is not logged", async () => {
    const context = make.context();
    await ask(context);
    await setWeights(context, ACT, ["1", "1", "1"]);
    await setPolicy(context, ACT, { kind: "uniform" });
    expect((await storedExperiment(context.store, ACT.name)).epochs).toHaveLength(1);
    expect(await context.store.activity.read({ limit: 10 })).toMatchObject([{ action: "make", actor: "api" }]);
  });

  it("is logged in words, with what was before", async () => {
    const context = make.context();
    await ask(context);
    await setWeights(context, ACT, ["1", "0", "3"]);
    await setPolicy(context, ACT, make.banditPolicy("learn"));
    const entries = await context.store.activity.read({ limit: 10 });
    expect(entries.map(({ action, before, after }) => [action, before, after])).toEqual([
      ["set-policy", "red 25%, green 0%, blue 75%", "thompson, to learn"],
      ["set-weights", "equal shares", "red 25%, green 0%, blue 75%"],
      ["make", null, "red, green, blue"],
    ]);
  });
});

describe("the traffic", () => {
  const logged = async ({ store }: ServiceContext) =>
    (await store.activity.read({ limit: 10 })).map(({ action, before, after }) => [action, before, after]);
  const held = ["hold-traffic", "set by calls", "set by people"];
  const made = ["make", null, "red, green, blue"];
  const released = ["release-traffic", "set by people", "set by calls"];

  it("that a person sets stays as it is whatever calls name, and the log says so once", async () => {
    const context = make.context();
    await ask(context);
    await setTrafficFraction(context, ACT, 0.5);
    for (const trafficFraction of [1, 0.1, 1]) await ask(context, { client: String(trafficFraction), trafficFraction });
    await setTrafficFraction(context, ACT, 0.6);
    await ask(context, { trafficFraction: 1 });
    expect(await epochOf(context)).toMatchObject({ trafficFraction: 0.6 });
    expect((await storedExperiment(context.store, ACT.name)).epochs).toHaveLength(3);
    expect(await logged(context)).toEqual([["set-traffic", "0.5", "0.6"], ["set-traffic", "1", "0.5"], held, made]);
  });

  it("that a person sets to what is in force opens no epoch, but is kept from calls, logged once", async () => {
    const context = make.context();
    await ask(context);
    await setTrafficFraction(context, ACT, 1);
    await setTrafficFraction(context, ACT, 1);
    await ask(context, { trafficFraction: 0.2 });
    expect((await storedExperiment(context.store, ACT.name)).epochs).toHaveLength(1);
    expect(await logged(context)).toEqual([held, made]);
  });

  it("is changed by calls again when it is given back, which can be undone like other acts", async () => {
    const entries: Activity[] = [];
    const act = { ...ACT, onLogged: (entry: Activity) => entries.push(entry) };
    const context = make.context();
    await ask(context);
    await setTrafficFraction(context, ACT, 0.5);
    await releaseTraffic(context, act);
    await releaseTraffic(context, act);
    await undo(context, ACT, entries[0] ?? { atMs: 0, action: "" });
    await ask(context, { trafficFraction: 1 });
    expect(await epochOf(context)).toMatchObject({ trafficFraction: 0.5 });
    await releaseTraffic(context, ACT);
    await ask(context, { trafficFraction: 1 });
    expect(await epochOf(context)).toMatchObject({ trafficFraction: 1 });
    const byCall = ["set-traffic", "0.5", "1"];
    expect(await logged(context)).toEqual([byCall, released, held, released, ["set-traffic", "1", "0.5"], held, made]);
  });

  it("that a person takes over while a call is about to change it stays the person's", async () => {
    class Overtaken extends ModelStore {
      constructor() {
        super();
        const { change } = this.definitions;
        this.definitions.change = async (next) => {
          if (next.trafficHeld !== true) await setTrafficFraction(make.context({ store: this }), ACT, 0.5);
          return change(next);
        };
      }
    }
    const context = make.context({ store: new Overtaken() });
    await ask(context);
    expect(await ask(context, { client: "2", trafficFraction: 0.9 })).toMatchObject({ experiment: { version: 2 } });
    expect(await epochOf(context)).toMatchObject({ trafficFraction: 0.5 });
  });

  it("of a declaration is kept from calls, and that of a declaration without one is not", async () => {
    const context = make.context();
    const declaration = { alternatives: ["red", "green", "blue"], weights: undefined };
    await declare(context, ACT, { ...declaration, trafficFraction: "0.5" });
    await declare(context, { ...ACT, name: "free" }, { ...declaration, trafficFraction: undefined });
    for (const experiment of [ACT.name, "free"]) await ask(context, { experiment, trafficFraction: 0.25 });
    expect(await epochOf(context)).toMatchObject({ trafficFraction: 0.5 });
    expect(currentEpoch(await storedExperiment(context.store, "free"))).toMatchObject({ trafficFraction: 0.25 });
  });

  it("stays the person's over a reset, and is anybody's after a delete", async () => {
    const context = make.context();
    await ask(context);
    await setTrafficFraction(context, ACT, 0.5);
    await reset(context, ACT);
    await ask(context, { trafficFraction: 1 });
    expect(await epochOf(context)).toMatchObject({ trafficFraction: 0.5 });
    await remove(context, ACT);
    await ask(context, { trafficFraction: 0.75 });
    await ask(context, { trafficFraction: 1 });
    expect(await epochOf(context)).toMatchObject({ trafficFraction: 1 });
  });
});

describe("a bandit", () => {
  it("keeps its goal over a reset, and forgets what it learned", async () => {
    const context = make.context();
    await ask(context);
    await setPolicy(context, ACT, make.banditPolicy("learn"));
    await change(context.store, ACT.name, (stored) =>
      withEpoch(
        stored,
        { weights: [0.8, 0.1, 0.1], policy: make.banditPolicy("learn", 0.05) },
        batchReason({ kind: "thompson" }),
        make.NOW_MS,
      ),
    );
    await reset(context, ACT);
    expect(await epochOf(context)).toMatchObject({ policy: make.banditPolicy("learn"), weights: null });
  });

  it("leaves calls their epochs: its batches don't count against the limit of changes by calls", async () => {
    const context = make.context();
    await ask(context);
    await setPolicy(context, ACT, make.banditPolicy());
    await change(context.store, ACT.name, (stored) => {
      let next = stored;
      for (let batch = 0; batch < EPOCHS_BY_REQUESTS_MAX; batch += 1)
        next = withEpoch(next, {}, batchReason({ kind: "thompson" }), make.NOW_MS);
      return next;
    });
    await ask(context, { trafficFraction: 0.5 });
    expect(await epochOf(context)).toMatchObject({ policy: make.banditPolicy(), trafficFraction: 0.5 });
  });
});
