import { expect, test } from "vitest";
import type { Experiment } from "../../src/domain/experiment.ts";
import type { ServiceContext } from "../../src/service/context.ts";
import { participate } from "../../src/service/participate.ts";
import { VisitorCounts } from "../../src/service/visitor-counts.ts";
import * as make from "../support/make.ts";
import { StalingStore } from "../support/staling-store.ts";
import { storedExperiment } from "../support/store.ts";
import { createExperiment, openApp } from "../web/support.ts";

async function visit(context: ServiceContext, client: string, userAgent: string): Promise<void> {
  await participate(context, make.request({ experiment: "button", alternatives: ["red", "blue"], client, userAgent }));
}

async function visited(people: number, robots: number) {
  const visitors = new VisitorCounts();
  const context = { ...make.context(), visitors };
  const experiment = await createExperiment(context, "button");
  for (let number = 0; number < people; number += 1) await visit(context, `person-${number}`, "Firefox");
  for (let number = 0; number < robots; number += 1) await visit(context, `robot-${number}`, "a search bot");
  return { context, visitors, experiment };
}

async function healthText(context: ServiceContext): Promise<string> {
  const app = openApp(context);
  const { body } = await app.inject({ url: "/experiments/button/", headers: { accept: "text/html" } });
  await app.close();
  return body;
}

test("counts every call, and the robots among them", async () => {
  const { visitors, experiment } = await visited(3, 2);
  expect(visitors.of(experiment)).toEqual({ calls: 5, filtered: 2 });
});

const BUTTON = { experiment: "button", alternatives: ["red", "blue"] };

test("counts a call that changes the traffic once", async () => {
  const visitors = new VisitorCounts();
  const context = { ...make.context(), visitors };
  const experiment = await createExperiment(context, "button");
  await participate(context, make.request({ ...BUTTON, trafficFraction: 0.5 }));
  expect(await storedExperiment(context.store, "button")).toMatchObject({ epochs: [{}, { trafficFraction: 0.5 }] });
  expect(visitors.of(experiment)).toEqual({ calls: 1, filtered: 0 });
});

test.each([
  ["changes", true, (stored: Experiment) => stored],
  ["is deleted", true, () => undefined],
  ["changes, of which this process did not know", false, (stored: Experiment) => stored],
])("counts a call once under which the experiment %s", async (_, isKnown, kept) => {
  const store = new StalingStore(async (tries, inner) => {
    if (tries > 2) return;
    const stored = await storedExperiment(inner, "button");
    if (kept(stored) === undefined) await inner.lives.remove(stored, 0, undefined);
    else await inner.definitions.change({ ...stored, description: `change ${tries}` });
  });
  const visitors = new VisitorCounts();
  const context = { ...make.context({ store }), visitors };
  const experiment = await createExperiment(context, "button");
  const peek = { ...store.peek, experiment: isKnown ? store.peek.experiment : () => undefined };
  const { records, definitions, lives } = store;
  await participate({ ...context, store: { ...store, records, definitions, lives, peek } }, make.request(BUTTON));
  expect(store.tries).toBe(4);
  expect(visitors.of(experiment)).toEqual({ calls: 1, filtered: 0 });
});

test("are shown with the health of an experiment, as a share", async () => {
  const { context } = await visited(6, 2);
  expect(await healthText(context)).toContain("25.0% of 8 calls since this server started");
});

test("ask for a look when most calls are filtered", async () => {
  const { context } = await visited(20, 90);
  const body = await healthText(context);
  expect(body).toContain("81.8% of 110 calls");
  expect(body).toContain("If those are people, look at");
});

test("are not spoken of in a process that answers no calls", async () => {
  const context = make.context();
  await createExperiment(context, "button");
  expect(await healthText(context)).not.toContain("since this server started");
});
