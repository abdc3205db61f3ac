/** Files that earlier versions wrote: each comes in as one of today. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { assignmentText } from "../../../../src/domain/assignment.ts";
import { withCaps } from "../../../../src/domain/cap-tallies.ts";
import { capsOf } from "../../../../src/domain/kpi-definition.ts";
import { parseDay } from "../../../../src/domain/period.ts";
import { UNPLANNED } from "../../../../src/domain/plan.ts";
import { REPEATED } from "../../../../src/domain/subset.ts";
import { tallyDifferences } from "../../../../src/domain/tally-differences.ts";
import type { Store } from "../../../../src/store/store.ts";
import { changed, differences, withKpiRules } from "../../../store/conformance/caps.ts";
import { memoryEngine } from "../../../store/engines/local.ts";
import { sorted } from "../../../store/fixtures.ts";
import * as make from "../../../support/make.ts";
import { read } from "./lines.ts";

/** Written by 0.1.0: a planned look, a sample ratio alarm, a bandit in its second batch, and fixed weights. */
const OF_0_1_0 = readFileSync(new URL("export-0.1.0.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n");

async function withStore(test: (store: Store) => Promise<void>): Promise<void> {
  await test(await memoryEngine().open());
}

it("of 0.1.0 comes in with what the server had noticed, and without shards", () =>
  withStore(async (target) => {
    const spread = OF_0_1_0.map((line) => line.replace('"definition":{', '"definition":{"shards":6,'));
    expect(spread).not.toEqual(OF_0_1_0);
    expect(await read(target, spread)).toMatchObject(new Array(4).fill({ kind: "loaded" }));
    const experiments = (await target.definitions.list()).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    expect(experiments).toMatchObject([
      {
        name: "bandit",
        planning: UNPLANNED,
        noticed: { finalLook: null, sampleRatioMismatchAtMs: null },
        epochs: [
          { policy: { kind: "uniform" }, weights: null },
          { policy: make.banditPolicy("learn"), weights: null },
          {
            policy: make.banditPolicy("learn", 0.05),
            weights: [expect.closeTo(0.5, 6), expect.closeTo(0.5, 6)],
          },
        ],
      },
      { name: "mismatched", noticed: { finalLook: null, sampleRatioMismatchAtMs: make.NOW_MS } },
      {
        name: "planned",
        planning: { plan: { size: { participants: 20 } }, plannedAtParticipants: 0, tuningSize: 20 },
        noticed: { finalLook: { atMs: make.NOW_MS, participants: 20 }, sampleRatioMismatchAtMs: null },
      },
      {
        name: "weighted",
        epochs: [{ policy: { kind: "uniform" } }, { policy: { kind: "weighted" }, weights: [0.9, 0.1] }],
      },
    ]);
    expect(experiments.filter((experiment) => "shards" in experiment)).toEqual([]);
    expect(experiments[2]?.noticed.finalLook?.cells).toContainEqual({
      epoch: 0,
      alternative: 1,
      metric: 0,
      clients: 5,
      sum: 0,
      squares: 0,
    });
  }));

it("of format 3 comes in with its conversions counted by the day of joining, from the records", () =>
  withStore(async (target) => {
    const file = readFileSync(new URL("export-format-3.jsonl", import.meta.url), "utf8")
      .trimEnd()
      .split("\n");
    expect(await read(target, file)).toMatchObject([{ kind: "loaded" }, { kind: "loaded" }]);
    expect(await read(target, file)).toMatchObject([
      { kind: "taken", same: true },
      { kind: "taken", same: true },
    ]);
    const joined = async (name: string) => {
      const experiment = await target.definitions.read(name);
      if (experiment === undefined) throw new Error(`Expected ${name} to be loaded`);
      const tallies = await target.tallies.read(experiment);
      expect(tallyDifferences(tallies, await target.tallies.recount(experiment))).toEqual([]);
      return sorted(tallies.filter(({ subset }) => subset.kind === "joined")).map(
        ({ assignment, metric, subset, events, sum, squares }) => [
          assignmentText(assignment),
          metric,
          "day" in subset && subset.day - parseDay("2026-01-01"),
          events,
          sum,
          squares,
        ],
      );
    };
    // Clients 0 and 1 joined on the first day, 5 on the next; the sale of client 0 had a second event of 1.25.
    expect(await joined("late")).toEqual([
      ["0", 0, 0, 1, 0, 0],
      ["0", 1, 0, 2, 3.75, 14.0625],
      ["1", 0, 0, 1, 0, 0],
      ["1", 0, 1, 1, 0, 0],
      ["1", 1, 1, 1, 4, 16],
    ]);
    // Its records are gone, and so is the day on which they joined.
    expect(await joined("compacted")).toEqual([]);
  }));

it("of format 4 from before there were caps gets one, and its repeated conversions, counted from its records", () =>
  withStore(async (target) => {
    const file = readFileSync(new URL("export-format-4.jsonl", import.meta.url), "utf8")
      .trimEnd()
      .split("\n");
    expect(await read(target, file)).toMatchObject([{ kind: "loaded" }]);
    const experiment = await target.definitions.read("b");
    if (experiment === undefined) throw new Error("Expected it to be loaded");
    expect(await target.tallies.read(experiment)).toContainEqual(
      expect.objectContaining({ subset: REPEATED, metric: 0, sum: 2 * 15, squares: 2 * 3 }),
    );
    const next = await changed(target, withKpiRules(experiment, { cap: { amount: 10 } }));
    expect(await differences(target, next)).toEqual([]);
    // One client converted three times and has a total of 15.
    expect(withCaps(await target.tallies.read(next), capsOf(next))).toContainEqual(
      expect.objectContaining({ metric: 0, clients: 1, events: 3, sum: 10, squares: 100 }),
    );
  }));

it("of format 2 comes in with the settings of its policies", () =>
  withStore(async (target) => {
    const file = readFileSync(new URL("export-format-2.jsonl", import.meta.url), "utf8")
      .trimEnd()
      .split("\n");
    expect(await read(target, file)).toMatchObject([{ kind: "loaded" }, { kind: "loaded" }]);
    const policies = async (name: string) =>
      (await target.definitions.read(name))?.epochs.map(({ policy, weights }) => [policy, weights !== null]);
    expect(await policies("bandit")).toEqual([
      [{ kind: "uniform" }, false],
      [make.banditPolicy("learn"), false],
      [make.banditPolicy("learn", 0.05), true],
    ]);
    expect(await policies("weighted")).toEqual([
      [{ kind: "uniform" }, false],
      [{ kind: "weighted" }, true],
    ]);
  }));

it("of before there were plans has none", () =>
  withStore(async (target) => {
    await read(
      target,
      OF_0_1_0.map((line) => line.replace(/,"planning":.*$/, "}}")),
      { names: ["weighted"] },
    );
    expect(await target.definitions.read("weighted")).toMatchObject({
      planning: UNPLANNED,
      noticed: { finalLook: null, sampleRatioMismatchAtMs: null },
    });
  }));
