import { expect, it } from "vitest";
import { assigned } from "../../../src/domain/assignment.ts";
import { Counts } from "../../../src/domain/counts.ts";
import { takenOutOf } from "../../../src/domain/subset.ts";
import { conflictsOf } from "../../../src/service/analysis/conflicts.ts";
import { sampleRatioEvidence } from "../../../src/stats/sample-ratio.ts";
import { finished } from "../../../src/stats/steps.ts";
import * as make from "../../support/make.ts";

/** How many began in the first alternative and saw the second later; nobody went the other way. */
const ONE_WAY = 16;

it("asks for more evidence where more pairs of alternatives could show it by chance", () => {
  const evidence = Math.exp(sampleRatioEvidence([{ observed: [ONE_WAY, 0], weights: [1, 1] }]));
  // Enough for one pair, and too little for the three pairs of three alternatives.
  expect(evidence).toBeGreaterThan(1_000);
  expect(evidence).toBeLessThan(3_000);
  const tally = make.tally({ assignment: assigned(0), subset: takenOutOf(1), clients: ONE_WAY });
  const counts = finished(Counts.steps([make.tally({ clients: 100 }), tally]));
  const alarmWith = (...alternatives: string[]) => conflictsOf(make.experiment({ alternatives }), counts, null)?.alarm;
  expect(alarmWith("red", "blue")).toBe(true);
  expect(alarmWith("red", "blue", "green")).toBe(false);
});
