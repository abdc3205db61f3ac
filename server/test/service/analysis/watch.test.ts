import { expect, test } from "vitest";
import { parseExperimentName } from "../../../src/domain/names.ts";
import { setPlan } from "../../../src/service/administer/plan.ts";
import { analyse } from "../../../src/service/analysis/analysis.ts";
import { freezeDueLooks, latchMismatches } from "../../../src/service/analysis/watch.ts";
import { tornAt } from "../../support/torn-store.ts";
import { createExperiment, crowd, record, testContext } from "../../web/support.ts";

const NOTHING = { changed: [], failed: [] };

test("makes the planned look of an experiment that nobody opens, once, when its size is reached", async () => {
  const context = testContext();
  await createExperiment(context, "button");
  await createExperiment(context, "unplanned");
  const act = { name: "button", actor: "ann" };
  await setPlan(context, act, { baseline_rate: "10%", minimum_uplift: "50%", participants: "100" });
  await record(context, "button", [...crowd(0, 50, 5), ...crowd(1, 49, 9)]);
  await record(context, "unplanned", crowd(0, 300, 5));
  expect(await freezeDueLooks(context)).toEqual(NOTHING);

  await record(context, "button", [{ client: "the hundredth", index: 1 }]);
  const rounds = await Promise.all([freezeDueLooks(context), freezeDueLooks(context)]);
  expect(rounds.flatMap(({ changed }) => changed).map(({ name }) => name)).toContain("button");
  const stored = await context.store.readExperiment(parseExperimentName("button"));
  expect(stored?.planning.finalLook).toMatchObject({ participants: 100, atMs: context.clock.nowMs() });
  expect(await freezeDueLooks(context)).toEqual(NOTHING);
});

test("keeps the sample ratio alarm of an experiment that nobody opens, also when later clients would hide it", async () => {
  const context = testContext();
  await createExperiment(context, "broken");
  await createExperiment(context, "sound");
  await record(context, "broken", [...crowd(0, 600, 0), ...crowd(1, 400, 0)]);
  await record(context, "sound", [...crowd(0, 500, 0), ...crowd(1, 500, 0)]);
  const rounds = await Promise.all([latchMismatches(context), latchMismatches(context)]);
  expect(new Set(rounds.flatMap(({ changed }) => changed).map(({ name }) => name))).toEqual(new Set(["broken"]));
  const stored = async (name: string) => (await context.store.readExperiment(parseExperimentName(name)))?.planning;
  expect((await stored("broken"))?.sampleRatioLatchedAtMs).toBe(context.clock.nowMs());
  expect((await stored("sound"))?.sampleRatioLatchedAtMs).toBeNull();

  const later = Array.from({ length: 200 }, (_, client) => ({ client: `later ${client}`, index: 1 }));
  await record(context, "broken", later);
  expect(await latchMismatches(context)).toEqual(NOTHING);
  const broken = await context.store.readExperiment(parseExperimentName("broken"));
  if (broken === undefined) throw new Error("Expected the experiment to be stored");
  const { report } = await analyse(context, broken);
  expect(report.sampleRatio).toMatchObject({ alarm: false, latched: true });
  expect(report.verdict.kind).toBe("sample-ratio-mismatch");
});

test("one experiment that can't be read keeps none of the others from their look and their alarm", async () => {
  const context = testContext();
  for (const name of ["before", "torn", "behind"]) {
    await createExperiment(context, name);
    const plan = { baseline_rate: "10%", minimum_uplift: "50%", participants: "100" };
    await setPlan(context, { name, actor: "ann" }, plan);
    await record(context, name, [...crowd(0, 600, 5), ...crowd(1, 400, 9)]);
  }
  const torn = { ...context, store: tornAt(context.store, "torn") };
  for (const { changed, failed } of [await latchMismatches(torn), await freezeDueLooks(torn)]) {
    expect(failed).toMatchObject([{ experiment: { name: "torn" }, error: { message: "torn page" } }]);
    expect(new Set(changed.map(({ name }) => name))).toEqual(new Set(["before", "behind"]));
  }
});
