/** Which entry of the log offers to bring which life back. */
import { describe, expect, it } from "vitest";
import { reset, restore } from "../../../src/service/administer/acts/ending.ts";
import { listLost } from "../../../src/service/administer/lost.ts";
import { changeDraft, textsOf } from "../../../src/service/administer/make-draft.ts";
import { withWaysBack } from "../../../src/service/administer/ways-back.ts";
import { participate } from "../../../src/service/participate.ts";
import * as make from "../../support/make.ts";
import { storedExperiment } from "../../support/store.ts";

const by = (actor: string) => ({ name: "service", actor });

async function offers(context: make.TestContext) {
  const log = await context.store.activity.read({ limit: 50 });
  const lines = await withWaysBack(context, log, log);
  return lines.map(({ action, actor, back }) => [action, actor, back?.kind === "restore" ? back.life : undefined]);
}

async function lost(context: make.TestContext) {
  return (await listLost(context)).map(({ experiment, participants, actor }) => [experiment.life, participants, actor]);
}

describe("the entry of a reset brings back what that reset took away", () => {
  it("and not what a restore moved aside just before", async () => {
    const context = make.context();
    await participate(context, make.request());
    const { life } = await storedExperiment(context.store, "service");
    await reset(context, by("ann"));
    context.pass(10_000);
    await restore(context, by("ann"), undefined);
    context.pass(10_000);
    await reset(context, by("eve"));
    expect(await offers(context)).toEqual([
      ["reset", "eve", life],
      ["restore", "ann", undefined],
      ["reset", "ann", undefined],
      ["make", "api", undefined],
    ]);
    expect(await lost(context)).toEqual([
      [life, 1, "eve"],
      [life + 1, 0, undefined],
    ]);
  });

  it("and not the draft that another one took the place of just before", async () => {
    const context = make.context();
    const draft = await make.created(context.store, make.draft());
    context.pass(10_000);
    const texts = textsOf(draft);
    expect(await changeDraft(context, by("ann"), { ...texts, owner: "ann" })).toMatchObject({ kind: "made" });
    await participate(context, make.request());
    const { life } = await storedExperiment(context.store, "service");
    context.pass(10_000);
    await reset(context, by("eve"));
    expect(await offers(context)).toEqual([
      ["reset", "eve", life],
      ["redraft", "ann", undefined],
    ]);
    expect(await lost(context)).toEqual([
      [life, 1, "eve"],
      [draft.life, 0, undefined],
    ]);
  });
});
