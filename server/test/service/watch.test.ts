import { expect, test } from "vitest";
import { parseExperimentName } from "../../src/domain/names.ts";
import { setPlan } from "../../src/service/plan.ts";
import { freezeDueLooks } from "../../src/service/watch.ts";
import { createExperiment, crowd, record, testContext } from "../web/support.ts";

test("makes the planned look of an experiment that nobody opens, once, when its size is reached", async () => {
  const context = testContext();
  await createExperiment(context, "button");
  await createExperiment(context, "unplanned");
  const act = { name: "button", actor: "ann" };
  await setPlan(context, act, { baseline_rate: "10%", minimum_uplift: "50%", participants: "100" });
  await record(context, "button", [...crowd(0, 50, 5), ...crowd(1, 49, 9)]);
  await record(context, "unplanned", crowd(0, 300, 5));
  expect(await freezeDueLooks(context)).toEqual([]);

  await record(context, "button", [{ client: "the hundredth", index: 1 }]);
  const rounds = await Promise.all([freezeDueLooks(context), freezeDueLooks(context)]);
  expect(rounds.flat().map(({ name }) => name)).toContain("button");
  const stored = await context.store.readExperiment(parseExperimentName("button"));
  expect(stored?.planning.finalLook).toMatchObject({ participants: 100, atMs: context.clock.nowMs() });
  expect(await freezeDueLooks(context)).toEqual([]);
});
