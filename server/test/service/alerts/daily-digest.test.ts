/** A line of a day reads in the order in which things were done, whoever did them; what calls made stands behind it. */
import { expect, it } from "vitest";
import { callActor, SCHEDULE_ACTOR } from "../../../src/domain/actor.ts";
import type { ExperimentName } from "../../../src/domain/names.ts";
import { digestsOf, readLog } from "../../../src/service/alerts/daily-digest.ts";
import * as make from "../../support/make.ts";

const DAY_MS = 86_400_000;

it("tells a day in the order of its hours, people and schedules together, calls after them", async () => {
  const context = make.context();
  const { store } = context;
  const done = [
    ["ada", "pause"],
    [callActor(undefined), "make"],
    [SCHEDULE_ACTOR, "resume"],
    ["bob", "archive"],
  ] as const;
  for (const [hour, [actor, action]] of done.entries()) {
    const experiment = "button" as ExperimentName;
    const atMs = make.NOW_MS + hour * 3_600_000;
    await store.activity.append({ atMs, experiment, actor, action, before: null, after: null });
  }
  context.pass(DAY_MS);
  expect(digestsOf(await readLog(store, {}), context.clock)).toMatchObject([
    {
      title: "4 changes on 2025-03-01",
      text: "ada paused button; schedule resumed button; bob archived button; api made by a call button",
    },
  ]);
});
