/** Segments that the configuration wants in every experiment. */
import { expect, test } from "vitest";
import { dimensionText, parseDimensions } from "../../src/domain/segments.ts";
import { setArchived } from "../../src/service/administer/acts/state.ts";
import { declare } from "../../src/service/administer/declare.ts";
import { makeDraft } from "../../src/service/administer/make-draft.ts";
import { applyFile } from "../../src/service/as-code/apply-file.ts";
import { addCommonSegments } from "../../src/service/common-segments.ts";
import { participate } from "../../src/service/participate.ts";
import * as make from "../support/make.ts";
import { storedExperiment } from "../support/store.ts";

const settings = { dimensions: parseDimensions(["device", "plan=free|pro"]) };
const named = (name: string) => ({ name, weight: "" });
/** A form that nothing was written into. */
const NOTHING = {
  hypothesis: "",
  owner: "",
  tags: "",
  ticket: "",
  traffic: "100",
  layer: "",
  slice: [],
  kpis: [],
  baseline: "",
  uplift: "",
};
const TWO = { alternatives: ["a", "b"], weights: undefined, trafficFraction: undefined };

async function segmentsIn(context: make.TestContext, name: string): Promise<readonly string[]> {
  return ((await storedExperiment(context.store, name)).dimensions ?? []).map(dimensionText);
}

test("segments of the configuration are in what a call, a declaration, a form or a file makes, behind its own ones", async () => {
  const context = make.context({ settings });
  await participate(context, make.request({ experiment: "called" }));
  await declare(context, { name: "declared", actor: "ann" }, { ...TWO, segments: ["plan=team", "country=de|fr"] });
  const draft = { ...NOTHING, name: "drafted", alternatives: [named("a"), named("b")] };
  expect(await makeDraft(context, { name: "drafted", actor: "ann" }, draft)).toMatchObject({ kind: "made" });
  // A file that says four itself leaves no room, and is not refused for it.
  const segments = ["a=1", "b=1", "c=1", "d=1"];
  const file = { experiments: { filed: { alternatives: ["a", "b"], segments } } };
  expect(await applyFile(context, "ann", file, false)).toMatchObject([{ kind: "made" }]);
  expect(await applyFile(context, "ann", file, false)).toMatchObject([{ kind: "same" }]);
  expect(await segmentsIn(context, "called")).toEqual(["device", "plan=free|pro"]);
  expect(await segmentsIn(context, "declared")).toEqual(["plan=team", "country=de|fr", "device"]);
  expect(await segmentsIn(context, "drafted")).toEqual(["device", "plan=free|pro"]);
  expect(await segmentsIn(context, "filed")).toEqual(segments);
});

test("those that ran before get them in a round, once, with an entry in the log; archived ones don't", async () => {
  const context = make.context({ settings: { dimensions: [] } });
  for (const name of ["running", "ended"])
    await declare(context, { name, actor: "ann" }, { ...TWO, segments: ["x=1"] });
  await setArchived(context, { name: "ended", actor: "ann" }, true);
  const restarted = { ...context, settings: { ...context.settings, ...settings } };
  expect(await addCommonSegments(restarted)).toEqual([]);
  expect(await segmentsIn(context, "running")).toEqual(["x=1", "device", "plan=free|pro"]);
  expect(await segmentsIn(context, "ended")).toEqual(["x=1"]);
  await addCommonSegments(restarted);
  const log = (await context.store.activity.read({ limit: 100 })).filter(({ action }) => action === "add-segments");
  expect(log).toMatchObject([{ experiment: "running", actor: "server", after: "x=1, device, plan=free|pro" }]);
});
