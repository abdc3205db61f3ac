import { expect, it } from "vitest";
import { Counts } from "../../../src/domain/counts.ts";
import { type Experiment, withArchived, withIntake, withPaused, withWinner } from "../../../src/domain/experiment.ts";
import { missingFrom, NOTHING_MISSING } from "../../../src/service/analysis/missing.ts";
import { finished } from "../../../src/stats/steps.ts";
import * as make from "../../support/make.ts";

const experiment = make.experiment({ alternatives: ["red", "blue"] });
/** All of a thousand got the control, and nobody converted. */
const counts = finished(Counts.steps([make.tally({ clients: 1_000 })]));
const LATER_MS = make.NOW_MS + 2 * 86_400_000;

it("is an alternative that nobody got, and conversions, where visitors are taken in", () => {
  expect(missingFrom(experiment, counts, LATER_MS)).toEqual({
    arms: [{ alternative: "blue", participants: 1_000, share: 0.5 }],
    conversions: true,
  });
});

it.each<[string, (of: Experiment) => Experiment]>([
  ["paused", (of) => withPaused(of, true)],
  ["archived", (of) => withArchived(of, true)],
  ["decided", (of) => withWinner(of, "red")],
  ["closed to newcomers", (of) => withIntake(of, make.NOW_MS)],
])("is nothing of an experiment that is %s: nobody new is taken in", (_, changed) => {
  expect(missingFrom(changed(experiment), counts, LATER_MS)).toBe(NOTHING_MISSING);
});
