import { expect, it } from "vitest";
import { type Assignment, assigned, EXCLUDED } from "../../../src/domain/assignment.ts";
import { parseDay } from "../../../src/domain/period.ts";
import { joinedOn, onDay } from "../../../src/domain/subset.ts";
import { PARTICIPATION, type Tally } from "../../../src/domain/tally.ts";
import { tidyCsvPieces } from "../../../src/service/report/tidy-csv.ts";
import * as make from "../../support/make.ts";
import { createExperiment } from "../../web/support.ts";

const experiment = await createExperiment(make.context(), "shape", ["square", "round"]);

function tally(assignment: Assignment, metric: number, more: Partial<Tally> = {}): Tally {
  const subset = onDay(parseDay("2025-01-30"));
  return make.tally({ assignment, metric, subset, clients: 4, events: 4, ...more });
}

it("names the alternative of every client, also of those that a bandit drew evenly", () => {
  const rows = [
    ...tidyCsvPieces(experiment, [
      tally(assigned(1), PARTICIPATION),
      tally(assigned(1, true), PARTICIPATION, { clients: 2 }),
      tally(assigned(0, true), 0, { clients: 1, events: 3, sum: 2.5, squares: 6.25 }),
      tally(assigned(0, true), 0, { subset: joinedOn(parseDay("2025-01-29")) }),
      tally(EXCLUDED, PARTICIPATION),
    ]),
  ]
    .join("")
    .split("\r\n");
  expect(rows).toEqual([
    "experiment,date,epoch,alternative,metric,kpi,clients,events,value_sum,value_squares,explored",
    "shape,2025-01-30,0,round,participants,,4,4,0,0,false",
    "shape,2025-01-30,0,square,conversions,,1,3,2.5,6.25,true",
    "shape,2025-01-30,0,round,participants,,2,4,0,0,true",
    "shape,2025-01-30,0,,excluded,,4,4,0,0,false",
    "",
  ]);
});

it("has every row of a day of a bandit with many KPIs, a hundred at a time", () => {
  // A batch a minute, each with ten KPIs of ten alternatives.
  const count = 1_440 * 10 * 10;
  const tallies = Array.from({ length: count }, (_, number) =>
    tally(assigned(number % 2), 0, { epoch: Math.floor(number / 2) }),
  );
  const rows = [...tidyCsvPieces(experiment, tallies)].map((piece) => piece.split("\r\n").length - 1);
  expect(rows.reduce((sum, some) => sum + some, 0)).toBe(count + 1);
  expect(Math.max(...rows)).toBe(100);
});
