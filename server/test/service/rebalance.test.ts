import { beforeEach, describe, expect, it } from "vitest";
import { assigned } from "../../src/domain/assignment.ts";
import { clientKey, digestOf } from "../../src/domain/digest.ts";
import { currentEpoch, type Experiment } from "../../src/domain/experiment.ts";
import type { AlternativeName, ClientId } from "../../src/domain/names.ts";
import { BATCH_INTERVAL_MIN_MS } from "../../src/domain/policy/batches.ts";
import { describeKpi } from "../../src/service/administer/acts/kpi-settings.ts";
import { setPlan } from "../../src/service/administer/acts/set-plan.ts";
import { setPolicy } from "../../src/service/administer/acts/sharing.ts";
import { convert } from "../../src/service/convert.ts";
import { participate } from "../../src/service/participate.ts";
import { rebalance } from "../../src/service/rebalance.ts";
import * as make from "../support/make.ts";
import { tornAt } from "../support/torn-store.ts";
import { createExperiment } from "../web/support.ts";

const ACT = { name: "bandit", actor: "ada" };

let context: make.TestContext;

/** Sends clients; of those who see `good`, every second converts, of the others every tenth. */
async function traffic(prefix: string, clients: number, kpi: string | null = null): Promise<void> {
  for (let number = 0; number < clients; number += 1) {
    const visit = { experiment: "bandit", client: `${prefix}${number}` };
    const request = make.request({ ...visit, alternatives: ["plain", "good"] });
    const { experiment, index } = await participate(context, request);
    const every = experiment?.alternatives[index]?.name === "good" ? 2 : 10;
    if (number % every === 0) await convert(context, make.conversion({ ...visit, kpi }));
  }
}

async function stored(): Promise<Experiment> {
  const experiment = await context.store.definitions.read("bandit" as Experiment["name"]);
  if (experiment === undefined) throw new Error("Expected the experiment to be stored");
  return experiment;
}

/** The experiments for which a process began a batch. */
async function begunBy(holder: string): Promise<readonly Experiment[]> {
  const begun: Experiment[] = [];
  expect(await rebalance(context, holder, (experiment) => begun.push(experiment))).toEqual([]);
  return begun;
}

beforeEach(async () => {
  context = make.context();
  await traffic("first", 1);
  await setPolicy(context, ACT, make.banditPolicy());
});

describe("a bandit", () => {
  it("begins no batch before it has enough participants and time has passed", async () => {
    await traffic("a", 150);
    context.pass(BATCH_INTERVAL_MIN_MS);
    expect(await begunBy("one")).toEqual([]);
    await traffic("b", 100);
    expect(await begunBy("one")).toHaveLength(1);
    await traffic("c", 300);
    expect(await begunBy("one")).toEqual([]);
  });

  it("sends most of the next batch to the better alternative, and its floor to the other", async () => {
    await traffic("a", 600);
    context.pass(BATCH_INTERVAL_MIN_MS);
    await begunBy("one");
    const { weights, policy } = currentEpoch(await stored());
    expect(policy).toEqual(make.banditPolicy("earn", 0.05));
    expect(weights?.[1]).toBeGreaterThan(0.94);
    expect((weights?.[0] ?? 0) + (weights?.[1] ?? 0)).toBeCloseTo(1, 12);
  });

  it("is recomputed by one of two processes that look at the same moment", async () => {
    await traffic("a", 600);
    context.pass(BATCH_INTERVAL_MIN_MS);
    const begun = await Promise.all([begunBy("one"), begunBy("two")]);
    expect(begun.flat()).toHaveLength(1);
    expect((await stored()).epochs).toHaveLength(3);
  });

  it("keeps everybody's alternative over its batches", async () => {
    await traffic("a", 600);
    const experiment = await stored();
    const keys = Array.from({ length: 600 }, (_, n) => clientKey(digestOf(experiment.name, `a${n}` as ClientId)));
    const before = await Promise.all(keys.map((key) => context.store.records.read(experiment, key)));
    context.pass(BATCH_INTERVAL_MIN_MS);
    await begunBy("one");
    await traffic("a", 600);
    const after = await stored();
    expect(await Promise.all(keys.map((key) => context.store.records.read(after, key)))).toEqual(before);
  });

  it.each([{ paused: true }, { archived: true }, { winner: "good" as AlternativeName }])(
    "rests while it is %o",
    async (ended) => {
      await traffic("a", 600);
      context.pass(BATCH_INTERVAL_MIN_MS);
      await context.store.definitions.change({ ...(await stored()), ...ended });
      expect(await begunBy("one")).toEqual([]);
    },
  );

  it("takes back what it has shifted by a rate once a mean decides, and shifts nothing by that", async () => {
    await traffic("a", 600);
    context.pass(BATCH_INTERVAL_MIN_MS);
    await begunBy("one");
    expect(currentEpoch(await stored()).weights).not.toBeNull();
    await describeKpi(context, ACT, "", { label: undefined, counts: "value", better: undefined });
    context.pass(BATCH_INTERVAL_MIN_MS);
    expect(await begunBy("one")).toHaveLength(1);
    expect(currentEpoch(await stored())).toMatchObject({ policy: make.banditPolicy(), weights: null });
    await traffic("b", 600);
    context.pass(BATCH_INTERVAL_MIN_MS);
    expect(await begunBy("one")).toEqual([]);
  });

  it("waits until somebody converts", async () => {
    context = make.context();
    await createExperiment(context, "bandit", ["plain", "good"]);
    const experiment = await setPolicy(context, ACT, make.banditPolicy());
    for (let number = 0; number < 300; number += 1) {
      const client = clientKey(digestOf(experiment.name, `${number}` as ClientId));
      await context.store.records.participate({
        experiment,
        client,
        proposal: assigned(number % 2, true),
        day: make.DAY,
      });
    }
    context.pass(BATCH_INTERVAL_MIN_MS);
    expect(await begunBy("one")).toEqual([]);
  });

  it("learns from a named goal where the default one is not used", async () => {
    context = make.context();
    await traffic("first", 1, "sales");
    await setPolicy(context, ACT, make.banditPolicy());
    await traffic("a", 600, "sales");
    context.pass(BATCH_INTERVAL_MIN_MS);
    expect(await begunBy("one")).toHaveLength(1);
    expect(currentEpoch(await stored()).weights?.[1]).toBeGreaterThan(0.9);
  });

  it("flees the alternative with more of a goal of which fewer are better", async () => {
    await traffic("a", 600);
    await setPlan(context, ACT, { primary: { better: "lower" } });
    context.pass(BATCH_INTERVAL_MIN_MS);
    await begunBy("one");
    expect(currentEpoch(await stored()).weights?.[0]).toBeGreaterThan(0.94);
  });

  it("that can't be computed does not keep the others from learning", async () => {
    await traffic("a", 600);
    await createExperiment(context, "broken");
    await setPolicy(context, { ...ACT, name: "broken" }, make.banditPolicy());
    context.pass(BATCH_INTERVAL_MIN_MS);
    const store = tornAt(context.store, "broken");
    const begun: string[] = [];
    const failed = await rebalance({ ...context, store }, "one", ({ name }) => begun.push(name));
    expect(begun).toEqual(["bandit"]);
    expect(failed).toMatchObject([{ experiment: { name: "broken" }, error: { message: "torn page" } }]);
  });

  it("uses what was known before it began after its first small batch", async () => {
    context = make.context();
    await traffic("before", 6_000);
    await setPolicy(context, ACT, make.banditPolicy());
    await traffic("a", 250);
    context.pass(BATCH_INTERVAL_MIN_MS);
    expect(await begunBy("one")).toHaveLength(1);
  });
});
