import { expect, it } from "vitest";
import { assigned, EXCLUDED } from "../../../src/domain/assignment.ts";
import type { KpiName } from "../../../src/domain/names.ts";
import { inSegment } from "../../../src/domain/subset.ts";
import { segmentCsvPieces } from "../../../src/service/report/segment-csv.ts";
import * as make from "../../support/make.ts";

const plain = make.experiment({ name: "=shape", alternatives: ["square", "round"] });
const experiment = {
  ...plain,
  kpis: [...plain.kpis, { name: "signup" as KpiName }, { name: "sale" as KpiName }],
  dimensions: [
    { name: "device", values: ["phone"] },
    { name: "plan", values: ["free"] },
  ],
};
const [PHONE, FREE, OTHER] = [inSegment(0, 1), inSegment(1, 1), inSegment(0, 255)];

function rowsOf(segment: string, ...tallies: Parameters<typeof make.tally>[0][]): readonly string[] {
  const pieces = segmentCsvPieces(experiment, tallies.map(make.tally), segment);
  return [...pieces].join("").trim().split("\r\n").slice(1);
}

it("has a row for each KPI of a value, reached or not, and those that a bandit drew evenly apart", () => {
  const explored = { assignment: assigned(0, true), subset: PHONE };
  const rows = rowsOf(
    "device",
    { epoch: 1, assignment: assigned(1), subset: PHONE, clients: 3 },
    { subset: OTHER, clients: 2 },
    { subset: PHONE, clients: 9 },
    { subset: PHONE, metric: 2, clients: 4, events: 5, sum: 12.5, squares: 41 },
    { ...explored, clients: 2 },
    { ...explored, metric: 1, clients: 1 },
    { subset: FREE, clients: 11 },
    { assignment: EXCLUDED, subset: PHONE, clients: 7 },
    { clients: 11 },
  );
  // A name that a spreadsheet would run gets an apostrophe; the default KPI, which nobody reached, has no row.
  expect(rows).toEqual([
    "'=shape,device,0,square,phone,signup,9,0,0,0,0,false",
    "'=shape,device,0,square,phone,sale,9,4,5,12.5,41,false",
    "'=shape,device,0,square,other,signup,2,0,0,0,0,false",
    "'=shape,device,0,square,other,sale,2,0,0,0,0,false",
    "'=shape,device,0,square,phone,signup,2,1,1,0,0,true",
    "'=shape,device,0,square,phone,sale,2,0,0,0,0,true",
    "'=shape,device,1,round,phone,signup,3,0,0,0,0,false",
    "'=shape,device,1,round,phone,sale,3,0,0,0,0,false",
  ]);
  expect(rowsOf("plan", { subset: FREE })).toEqual(["'=shape,plan,0,square,free,,1,0,0,0,0,false"]);
});
