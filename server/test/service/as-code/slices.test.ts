/** Files of experiments whose layers are shared out: no order of the file, and no move, gives a client two experiments. */
import { describe, expect, it } from "vitest";
import { currentEpoch } from "../../../src/domain/experiment.ts";
import { applyFile } from "../../../src/service/as-code/apply-file.ts";
import { parseExperimentsFile } from "../../../src/service/as-code/experiments-file.ts";
import * as make from "../../support/make.ts";
import { storedExperiment } from "../../support/store.ts";

describe("slices of layers in a file", () => {
  const fileWith = (slices: readonly string[], layerOf = (_at: number) => "l") =>
    parseExperimentsFile(
      `experiments:\n${slices.map((slice, at) => `  e${at}: {alternatives: [a, b], layer: {name: ${layerOf(at)}, slice: ${slice}}}\n`).join("")}`,
    );

  it("that are of different layers are made, also where they are the same", async () => {
    const file = fileWith(["[0, 1]", "[0, 1]"], (at) => `l${at}`);
    expect((await applyFile(make.context(), "ci", file, false)).map(({ kind }) => kind)).toEqual(["made", "made"]);
  });

  it("that overlap are refused before anything is made", async () => {
    const context = make.context();
    const results = await applyFile(context, "ci", fileWith(["[0, 0.5]", "[0.5, 1]", "[0.4, 0.6]"]), false);
    expect(results.map(({ kind }) => kind)).toEqual(["made", "made", "refused"]);
    expect(results[2]?.changes).toEqual([expect.stringContaining("of which e0 has 0–50%")]);
    expect(await context.store.definitions.list()).toEqual([]);
  });

  it("that would overlap once they are moved are refused before anything is changed, and made where they don't", async () => {
    const context = make.context();
    await applyFile(context, "ci", fileWith(["[0, 0.2]", "[0.8, 1]"]), false);
    for (const slices of [
      ["[0, 0.6]", "[0.4, 1]"],
      ["[0, 0.6]", "[0.8, 1]", "[0.5, 0.7]"],
    ]) {
      const results = await applyFile(context, "ci", fileWith(slices), false);
      expect(results.map(({ kind }) => kind)).toEqual(["changed", ...(slices.length > 2 ? ["same"] : []), "refused"]);
      expect(results.at(-1)?.changes).toEqual([expect.stringContaining("of which e0 has 0–60%")]);
      expect(currentEpoch(await storedExperiment(context.store, "e0")).slice).toEqual({ layer: "l", from: 0, to: 0.2 });
    }
    const apart = await applyFile(context, "ci", fileWith(["[0, 0.5]", "[0.7, 1]", "[0.5, 0.7]"]), false);
    expect(apart.map(({ kind }) => kind)).toEqual(["changed", "changed", "made"]);
  });

  it("that lie side by side are made, and the same file changes nothing more", async () => {
    const context = make.context();
    const file = fileWith(["[0, 0.5]", "[0.5, 1]"]);
    await applyFile(context, "ci", file, false);
    expect((await applyFile(context, "ci", file, false)).map(({ kind }) => kind)).toEqual(["same", "same"]);
  });
});
