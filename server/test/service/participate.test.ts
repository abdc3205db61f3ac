import { describe, expect, it } from "vitest";
import { withEpoch } from "../../src/domain/epochs.ts";
import { withPaused, withWinner } from "../../src/domain/experiment.ts";
import { setIntake } from "../../src/service/administer/acts/state.ts";
import { CHANGE_TRIES_MAX } from "../../src/service/change.ts";
import type { ServiceContext } from "../../src/service/context.ts";
import { convert } from "../../src/service/convert.ts";
import { participate } from "../../src/service/participate.ts";
import { LocalStore } from "../../src/store/local/local-store.ts";
import { ModelStore } from "../store/model/model-store.ts";
import * as make from "../support/make.ts";
import { laterCodeOf } from "../support/refusal.ts";
import { StalingStore } from "../support/staling-store.ts";
import { change, storedExperiment, talliesOf } from "../support/store.ts";

async function ask(context: ServiceContext, wanted?: make.WantedRequest) {
  return participate(context, make.request(wanted));
}

async function counted(context: ServiceContext): Promise<number> {
  return (await talliesOf(context.store, "service")).reduce((sum, { clients }) => sum + clients, 0);
}

describe("a first call", () => {
  it("makes the experiment with what it names, and records the client", async () => {
    const context = make.context();
    const answer = await ask(context, { trafficFraction: 0.999_999, weights: [0.5, 0, 0.5] });
    expect(answer.reason).toBe("assigned");
    expect([0, 2]).toContain(answer.index);
    expect(await storedExperiment(context.store, "service")).toMatchObject({
      createdAtMs: make.NOW_MS,
      epochs: [{ policy: { kind: "weighted" }, trafficFraction: 0.999_999, weights: [0.5, 0, 0.5] }],
    });
    expect(await counted(context)).toBe(1);
  });

  it("makes it under the policy of the settings, where it names no weights", async () => {
    const context = make.context({ settings: { defaultPolicy: make.banditPolicy() } });
    await ask(context);
    expect(await storedExperiment(context.store, "service")).toMatchObject({
      epochs: [{ policy: make.banditPolicy() }],
    });
  });

  it("of a robot makes nothing and answers the control, but is refused like anybody's for bad names", async () => {
    const context = make.context();
    expect(await ask(context, { userAgent: "Googlebot/2.1" })).toEqual({
      experiment: undefined,
      index: 0,
      reason: "no-experiment",
    });
    expect(await context.store.definitions.list()).toEqual([]);
    expect(await laterCodeOf(() => ask(context, { userAgent: "Googlebot/2.1", experiment: "bell\u0007" }))).toBe(
      "invalid-experiment-name",
    );
  });

  it("that may not make it makes nothing, whatever it names", async () => {
    const context = make.context();
    for (const experiment of ["service", "_x"]) {
      expect(await ask(context, { experiment, mayCreate: false, caller: make.stranger("experiments") })).toMatchObject({
        reason: "no-experiment",
      });
    }
    expect(await context.store.definitions.list()).toEqual([]);
  });

  it("is one of fifty that make one experiment and one participation", async () => {
    const context = make.context();
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(context)));
    expect(new Set(answers.map(({ index }) => index)).size).toBe(1);
    expect(await counted(context)).toBe(1);
    expect(await storedExperiment(context.store, "service")).toMatchObject({ version: 1, life: 1 });
  });
});

describe("where the intake is closed", () => {
  it.each([
    ["model", async () => new ModelStore()],
    ["local", () => LocalStore.open({ folder: null, cacheSlots: 1 << 10 })],
  ])(
    "on the %s store a known client goes on, and everybody else gets the control without a record",
    async (_name, open) => {
      const context = make.context({ store: await open() });
      const known = await ask(context, { client: "known" });
      const closed = await setIntake(context, { name: "service", actor: "ada" }, "closed");
      expect(await ask(context, { client: "known" })).toMatchObject({ index: known.index, reason: "assigned" });
      for (const prefetch of [false, true]) {
        const answer = await ask(context, { client: "new", prefetch });
        expect(answer).toMatchObject({ experiment: closed, index: 0, reason: "intake-closed" });
      }
      const forced = { client: "new", force: "blue", recordForce: true };
      expect(await ask(context, forced)).toMatchObject({ index: 2, reason: "forced" });
      expect(await counted(context)).toBe(1);
      expect(await convert(context, make.conversion({ client: "known" }))).toMatchObject({ kind: "converted" });
      const unknown = convert(context, make.conversion({ client: "new" }));
      await expect(unknown).rejects.toMatchObject({ code: "not-participating" });
      await context.store.close();
    },
  );

  it("clients are taken in again once it is open, and its first closing is what counts", async () => {
    const context = make.context();
    await ask(context);
    const target = { name: "service", actor: "ada" };
    await setIntake(context, target, "closed");
    const again = await setIntake(
      { ...context, clock: { ...context.clock, nowMs: () => make.NOW_MS + 1 } },
      target,
      "closed",
    );
    expect(again.intakeClosedAtMs).toBe(make.NOW_MS);
    await setIntake(context, target, "open");
    expect(await ask(context, { client: "new" })).toMatchObject({ reason: "assigned" });
    const log = await context.store.activity.read({ limit: 2 });
    expect(log.map(({ action, before }) => [action, before])).toEqual([
      ["open-intake", "closed since 2025-03-01T12:00:00.000Z"],
      ["close-intake", "open"],
    ]);
  });
});

describe("a known client", () => {
  it("is answered without a promise, in the same turn", async () => {
    const context = make.context();
    const first = await ask(context);
    const again = participate(context, make.request());
    expect(again).not.toBeInstanceOf(Promise);
    expect(again).toEqual(first);
  });

  it("keeps its alternative whatever weights and traffic become", async () => {
    const context = make.context();
    const before = new Map<string, number>();
    for (let client = 0; client < 50; client += 1)
      before.set(String(client), (await ask(context, { client: String(client) })).index);
    await change(context.store, "service", (experiment) =>
      withEpoch(
        experiment,
        { trafficFraction: 0.01, weights: [0, 0, 1], policy: { kind: "weighted" } },
        "test",
        make.NOW_MS,
      ),
    );
    for (const [client, index] of before)
      expect(await ask(context, { client })).toMatchObject({ index, reason: "assigned" });
    expect(await counted(context)).toBe(50);
  });

  it("that was excluded stays excluded when the traffic fraction is raised", async () => {
    const context = make.context();
    expect(await ask(context, { trafficFraction: 1e-9 })).toMatchObject({ index: 0, reason: "excluded" });
    expect(await ask(context, { trafficFraction: 1 })).toMatchObject({ index: 0, reason: "excluded" });
    expect(await ask(context, { client: "2", trafficFraction: 1 })).toMatchObject({ reason: "assigned" });
  });
});

describe("a call that names a traffic fraction", () => {
  it("opens an epoch where it differs from the stored one, and none where it doesn't", async () => {
    const context = make.context();
    for (const trafficFraction of [0.5, 0.5, undefined, 0.8, 0.8]) await ask(context, { trafficFraction });
    const { epochs } = await storedExperiment(context.store, "service");
    expect(epochs.map(({ trafficFraction, reason }) => [trafficFraction, reason])).toEqual([
      [0.5, "created"],
      [0.8, "traffic 50% → 80%"],
    ]);
  });

  it("opens one epoch, however many ask for the same at once", async () => {
    const context = make.context();
    await ask(context);
    await Promise.all(
      Array.from({ length: 50 }, (_, client) => ask(context, { client: String(client), trafficFraction: 0.25 })),
    );
    expect((await storedExperiment(context.store, "service")).epochs).toHaveLength(2);
  });
});

describe("a definition that changes between decision and record", () => {
  it("is read again and decided on again: a pause that came in between holds", async () => {
    const store = new StalingStore(async (tries, inner) => {
      if (tries === 0) await change(inner, "service", (experiment) => withPaused(experiment, true));
    });
    const context = make.context({ store });
    expect(await ask(context)).toMatchObject({ index: 0, reason: "paused" });
    expect(await counted(context)).toBe(0);
  });

  it("is made anew where it was deleted in between", async () => {
    const store = new StalingStore(async (tries, inner) => {
      if (tries === 0) await inner.lives.remove(await storedExperiment(inner, "service"), make.NOW_MS, undefined);
    });
    const context = make.context({ store });
    expect(await ask(context)).toMatchObject({ reason: "assigned", experiment: { life: 2 } });
    expect(await counted(context)).toBe(1);
  });

  it("is given up as busy when it is deleted again and again", async () => {
    const store = new StalingStore(async (_tries, inner) => {
      await inner.lives.remove(await storedExperiment(inner, "service"), make.NOW_MS, undefined);
    });
    expect(await laterCodeOf(() => ask(make.context({ store })))).toBe("experiment-busy");
    expect(store.tries).toBe(CHANGE_TRIES_MAX);
  });

  it.each([false, true])("is given up as busy when it never rests (forced: %s)", async (recordForce) => {
    const store = new StalingStore((tries, inner) =>
      change(inner, "service", (experiment) => ({ ...experiment, description: `change ${tries}` })),
    );
    const context = make.context({ store });
    const wanted = recordForce ? { force: "blue", recordForce } : {};
    expect(await laterCodeOf(() => ask(context, wanted))).toBe("experiment-busy");
    expect(store.tries).toBe(CHANGE_TRIES_MAX);
    expect(await counted(context)).toBe(0);
  });
});

describe("a forced alternative that is to be recorded", () => {
  it("is recorded for a new client, and only answered to a known one", async () => {
    const context = make.context();
    expect(await ask(context, { force: "blue", recordForce: true })).toMatchObject({ index: 2, reason: "forced" });
    expect(await ask(context)).toMatchObject({ index: 2, reason: "assigned" });
    expect(await ask(context, { force: "red", recordForce: true })).toMatchObject({ index: 0, reason: "forced" });
    expect(await ask(context)).toMatchObject({ index: 2, reason: "assigned" });
    expect(await counted(context)).toBe(1);
  });
});

describe("a prefetch", () => {
  it("answers what a call would record, or what is recorded, and writes nothing about clients", async () => {
    const context = make.context();
    const prefetched = await ask(context, { prefetch: true });
    expect(prefetched.reason).toBe("prefetched");
    expect(await counted(context)).toBe(0);
    expect(await ask(context)).toMatchObject({ index: prefetched.index, reason: "assigned" });
    expect(await ask(context, { prefetch: true })).toMatchObject({ index: prefetched.index, reason: "assigned" });
  });
});

describe("alternatives that changed", () => {
  it("are refused, and told to nobody that is filtered", async () => {
    const context = make.context();
    await ask(context);
    expect(await laterCodeOf(() => ask(context, { alternatives: ["red", "green"] }))).toBe("alternatives-changed");
    const robot = participate(context, make.request({ alternatives: ["red", "green"], userAgent: "Googlebot/2.1" }));
    expect(robot).toMatchObject({ index: 0, reason: "filtered" });
  });

  it("are refused even where a winner is known", async () => {
    const context = make.context();
    await ask(context);
    await change(context.store, "service", (experiment) => withWinner(experiment, "blue"));
    expect(await ask(context, { client: "new" })).toMatchObject({ index: 2, reason: "winner" });
    expect(await laterCodeOf(() => ask(context, { alternatives: ["a", "b"] }))).toBe("alternatives-changed");
  });
});

it("lets no robot change the traffic", async () => {
  const context = make.context();
  await participate(context, make.request());
  const robot = make.request({ client: "2", userAgent: "a search bot", trafficFraction: 0.5 });
  expect(await participate(context, robot)).toMatchObject({ reason: "filtered" });
  expect((await context.store.definitions.read("service"))?.epochs).toHaveLength(1);
});
