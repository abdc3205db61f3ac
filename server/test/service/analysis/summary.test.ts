import { expect, test } from "vitest";
import { setIntake, setPaused } from "../../../src/service/administer/acts/state.ts";
import { type ExperimentSummary, SPARKLINE_DAYS } from "../../../src/service/analysis/summary.ts";
import * as make from "../../support/make.ts";
import { createExperiment, crowd, record } from "../../web/support.ts";

/** Counts the tallies read from the store. */
function counting(context: make.TestContext): () => number {
  const read = context.store.tallies.read.bind(context.store.tallies);
  let reads = 0;
  Object.assign(context.store.tallies, {
    read: (experiment: Parameters<typeof read>[0]) => {
      reads += 1;
      return read(experiment);
    },
  });
  return () => reads;
}

async function twoExperiments(): Promise<make.TestContext> {
  const context = make.context();
  await createExperiment(context, "button", ["red", "blue", "green"]);
  await createExperiment(context, "empty");
  await record(context, "button", [
    ...crowd(0, 200, 20, "2025-02-01"),
    ...crowd(1, 200, 30, "2025-02-28"),
    ...crowd(2, 200, 60),
  ]);
  return context;
}

async function list({ store, analyst }: make.TestContext): Promise<readonly ExperimentSummary[]> {
  const listed = await analyst.list.summaries(await store.definitions.list());
  return listed.flatMap((one) => (one.kind === "read" ? [one.summary] : []));
}

test("says in one line who leads, by how much, and when anything happened", async () => {
  const [button, empty] = await list(await twoExperiments());
  expect(button).toMatchObject({
    participants: 600,
    conversions: 110,
    control: { name: "red", figure: 0.1 },
    leader: { name: "green" },
    health: "healthy",
    lastActivityDay: 20148, // 2025-03-01
  });
  expect(button?.leader?.uplift?.estimate).toBeCloseTo(2, 12);
  expect(button?.leader?.chanceToBeatControl).toBeGreaterThan(0.99);
  expect(button?.sparkline).toHaveLength(SPARKLINE_DAYS);
  // 30 days up to 1 March begin on 31 January.
  expect(button?.sparkline.slice(0, 3)).toEqual([0, 200, 0]);
  expect(button?.sparkline.slice(-2)).toEqual([200, 200]);
  expect(empty).toMatchObject({ participants: 0, health: "empty", lastActivityDay: null, control: { figure: null } });
});

test("reads and computes nothing for an experiment that has not changed", async () => {
  const context = await twoExperiments();
  const reads = counting(context);
  const first = await list(context);
  expect(reads()).toBe(2);
  const again = await list(context);
  expect(again.map((row, at) => row === first[at])).toEqual([true, true]);
  expect(reads()).toBe(2);

  await record(context, "button", [{ client: "new", index: 0 }]);
  const changed = await list(context);
  expect(changed[0]?.participants).toBe(601);
  expect(changed[1]).toBe(first[1]);
  expect(reads()).toBe(3);
});

test("follows the definition and the calendar", async () => {
  const context = await twoExperiments();
  await list(context);
  await setPaused(context, { name: "button", actor: "ann" }, true);
  expect((await list(context))[0]?.experiment.paused).toBe(true);
  await setPaused(context, { name: "button", actor: "ann" }, false);
  context.pass(2 * 86_400_000);
  const [button] = await list(context);
  expect(button?.health).toBe("silent");
  expect(button?.sparkline.slice(-3)).toEqual([200, 0, 0]);
  // Where nobody is taken in, nobody is missing.
  await setIntake(context, { name: "button", actor: "ann" }, "closed");
  expect((await list(context))[0]?.health).toBe("healthy");
});

test("asks the store again after it failed", async () => {
  const context = await twoExperiments();
  const { tallies, definitions } = context.store;
  const read = tallies.read;
  const [button] = (await definitions.list()).filter(({ name }) => name === "button");
  const listed = () => context.analyst.list.summaries(button === undefined ? [] : [button]);
  const away = new Error("away");
  Object.assign(tallies, { read: () => Promise.reject(away) });
  expect(await listed()).toEqual([{ kind: "failed", experiment: button, error: away }]);
  Object.assign(tallies, { read });
  expect(await listed()).toMatchObject([{ kind: "read", summary: { participants: 600 } }]);
});
