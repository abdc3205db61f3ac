import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { assigned, EXCLUDED } from "../../../src/domain/assignment.ts";
import { withTrafficFraction } from "../../../src/domain/epochs.ts";
import type { Experiment } from "../../../src/domain/experiment.ts";
import { DEFAULT_KPI } from "../../../src/domain/kpi-definition.ts";
import { parseKpiName } from "../../../src/domain/names.ts";
import { type Day, dayOf } from "../../../src/domain/period.ts";
import { onDay } from "../../../src/domain/subset.ts";
import { PARTICIPATION, type Tally } from "../../../src/domain/tally.ts";
import { snakeCased } from "../../../src/lib/snake-case.ts";
import { setPlan } from "../../../src/service/administer/acts/set-plan.ts";
import { experimentJson, reportJson } from "../../../src/service/report/report-json.ts";
import * as make from "../../support/make.ts";
import { createExperiment, crowd, record } from "../../web/support.ts";

const TODAY = dayOf(make.NOW_MS);

/** Tallies that nobody has to record: counts up to 50 million. */
function withTallies(context: make.TestContext, tallies: readonly Tally[]): make.TestContext {
  Object.assign(context.store.tallies, { read: async () => tallies, mark: async () => tallies.length });
  return context;
}

interface Cell {
  readonly participants: number;
  readonly converted: number;
  readonly value: number;
}

/** One cell per epoch and alternative, with conversions of the default KPI and of a guardrail. */
function talliesOf(cells: readonly Cell[], alternatives: number): readonly Tally[] {
  return cells.flatMap(({ participants, converted, value }, index) => {
    const cell = {
      epoch: Math.floor(index / alternatives),
      assignment: assigned(index % alternatives),
      subset: onDay(TODAY),
    };
    const conversions = Math.floor(participants * converted);
    return [
      make.tally({ ...cell, clients: participants }),
      make.tally({
        ...cell,
        metric: 0,
        clients: conversions,
        sum: value * conversions,
        squares: value ** 2 * conversions,
      }),
      make.tally({ ...cell, metric: 1, clients: Math.floor(conversions / 3), events: conversions }),
    ];
  });
}

async function prepared(alternatives: readonly string[]): Promise<[make.TestContext, Experiment]> {
  const context = make.context();
  await createExperiment(context, "button", alternatives, { createdAtMs: make.NOW_MS - 9 * 86_400_000 });
  const planned = await setPlan(
    context,
    { name: "button", actor: "ann" },
    { baseline_rate: "5%", minimum_uplift: "10%", guardrails: [{ kpi: "refund", better: "lower" }] },
  );
  const outcome = await context.store.definitions.change({
    ...withTrafficFraction(planned, 0.5, make.NOW_MS),
    kpis: [DEFAULT_KPI, { name: parseKpiName("refund") }],
  });
  if (outcome.kind !== "changed") throw new Error("Expected the experiment to change");
  return [context, outcome.experiment];
}

/** Every number of a JSON value with its path. */
function numbersIn(value: unknown, path = "report"): [string, number][] {
  if (typeof value === "number") return [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => numbersIn(item, `${path}.${key}`));
}

function keysIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [key, ...keysIn(item)]);
}

const count = fc.oneof(fc.constant(0), fc.nat(3), fc.nat(500), fc.nat(50_000_000));
const cell: fc.Arbitrary<Cell> = fc.record({
  participants: count,
  converted: fc.oneof(fc.constant(0), fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  value: fc.constantFrom(0, 0.5, 12, 1e6),
});

test("has no NaN and no Infinity over any counts, and is JSON as it stands", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc
        .integer({ min: 2, max: 4 })
        .chain((arms) =>
          fc.tuple(fc.constant(arms), fc.array(cell, { minLength: arms * 2, maxLength: arms * 2 }), fc.nat(arms - 1)),
        ),
      async ([arms, cells, baseline]) => {
        const names = ["a", "b", "c", "d"].slice(0, arms);
        const [context, experiment] = await prepared(names);
        withTallies(context, talliesOf(cells, arms));
        const json = reportJson(await context.analyst.read(experiment, { baseline: names[baseline] }));
        for (const [path, number] of numbersIn(json)) expect(number, path).toSatisfy(Number.isFinite);
        expect(JSON.parse(JSON.stringify(json))).toEqual(json);
      },
    ),
    { numRuns: 150, seed: 3 },
  );
});

const DOCUMENTED: ReadonlySet<string> = new Set(
  Array.from(
    readFileSync(new URL("../../../../docs/http-api.md", import.meta.url), "utf8").matchAll(/`([a-z0-9_]+)`/g),
    ([, word = ""]) => word,
  ),
);

test("has every field in docs/http-api.md", async () => {
  const [context, experiment] = await prepared(["a", "b"]);
  const some: Cell = { participants: 40_000, converted: 0.05, value: 3 };
  const tallies = talliesOf([some, { ...some, converted: 0.06 }, some, { ...some, converted: 0.06 }], 2);
  const excluded: Tally = {
    epoch: 1,
    assignment: EXCLUDED,
    metric: PARTICIPATION,
    subset: onDay((TODAY - 8) as Day),
    clients: 80_000,
    events: 80_000,
    sum: 0,
    squares: 0,
  };
  withTallies(context, [
    ...tallies,
    excluded,
    { ...excluded, epoch: 0, assignment: assigned(0), clients: 1, events: 1 },
  ]);
  const json = reportJson(await context.analyst.read(experiment));
  expect(keysIn(json).filter((key) => !DOCUMENTED.has(key))).toEqual([]);
});

/** Fields of these types and of all that they are made of, as the sources declare them. */
function declaredFields(roots: readonly string[], besides: ReadonlySet<string>): readonly string[] {
  const sources = new URL("../../../src/", import.meta.url);
  const bodies = new Map<string, string>();
  for (const file of readdirSync(sources, { recursive: true, encoding: "utf8" })) {
    if (!/^(?:stats|domain|service)\b.*\.ts$/.test(file)) continue;
    const text = readFileSync(new URL(file, sources), "utf8").replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    const declared = /^(?:export )?(?:interface (\w+)[\s\S]*?^\}|type (\w+)[\s\S]*?;$(?=\n\n|\n?$(?![\s\S])))/gm;
    for (const [body, type, alias = ""] of text.matchAll(declared)) bodies.set(type ?? alias, body);
  }
  const fields = new Set<string>();
  const seen = new Set(besides);
  const visit = (type: string): void => {
    const body = bodies.get(type) ?? "";
    if (seen.has(type)) return;
    seen.add(type);
    for (const [, field = ""] of body.matchAll(/\breadonly (\w+)\??:/g)) fields.add(field);
    for (const [part] of body.matchAll(/\b[A-Z]\w+/g)) visit(part);
  };
  for (const root of roots) {
    if (!bodies.has(root)) throw new Error(`Expected the declaration of ${root}`);
    visit(root);
  }
  return Object.keys(snakeCased(Object.fromEntries([...fields].map((field) => [field, 0]))) as object);
}

test("can have no field in any case that docs/http-api.md does not name", () => {
  const parts = [
    ...["Report", "Health", "SegmentReport", "AllocationEpoch", "BanditReport"],
    ...["CapReport", "Decided", "Planning"],
  ];
  // It stands in the report by its name.
  const fields = declaredFields(parts, new Set(["Kpi"]));
  expect(fields.length).toBeGreaterThan(150);
  // What a segment is the finding of stands around it, so its position there is left out.
  expect(fields.filter((field) => !DOCUMENTED.has(field))).toEqual(["dimension"]);
});

test("stands beside the fields of 2.7, as its arguments ask for it", async () => {
  const context = make.context();
  await createExperiment(context, "button");
  await record(context, "button", [
    ...crowd(0, 30, 3, "2025-02-27"),
    ...crowd(1, 30, 6),
    { client: "x", index: 0, converts: ["order"] },
  ]);
  const json = await experimentJson(context, "button", { kpi: "order", baseline: "blue", from: "2025-02-28", to: "" });
  expect(json).toMatchObject({
    name: "button",
    kpi: "order",
    total_participants: 31,
    report: {
      kpi: "order",
      baseline: 1,
      range: { from: "2025-02-28", to: null },
      arms: [{ participants: 1 }, { participants: 30 }],
    },
  });
  await expect(experimentJson(context, "button", { from: "soon" })).rejects.toMatchObject({
    code: "invalid-datetime",
    detail: 'Expected `from` as an ISO 8601 date or date and time from 1970-01-01 to 2149-06-06, got "soon"',
  });
});
