/** What was decided stays decided, and every arm that needs words gets them (results.md: F6, F14, verdict flips). */
import { describe, expect, test } from "vitest";
import { parseExperimentName } from "../../src/domain/names.ts";
import { exportFile } from "../../src/service/transfer/file/export-file.ts";
import { importFile } from "../../src/service/transfer/file/import-file.ts";
import { ModelStore } from "../store/model/model-store.ts";
import * as make from "../support/make.ts";
import { sharedLab } from "./lab.ts";

const lab = sharedLab();

const DAY_MS = 86_400_000;

async function stored(name: string) {
  const experiment = await lab.context.store.definitions.read(parseExperimentName(name));
  if (experiment === undefined) throw new Error(`Expected ${name} to be stored`);
  return experiment;
}

describe("with a winner and a lost arm", () => {
  test("the verdict speaks of both, and a lost arm that is retired needs no words", async () => {
    await lab.fill("three", { counts: { a: [1200, 120], b: [1200, 210], c: [1200, 55] } });
    expect(await lab.report("three")).toMatchObject({ verdict: { kind: "ship", arm: 1, harmed: [2] } });
    expect(await lab.sentence("three")).toMatch(
      /^Ship b: conversion rate is up 75\.0% \(at least \d+(\.\d)?%\)\. .*Roll back c: conversion rate is down by \d.*% to \d.*%, and this holds/,
    );
    expect((await lab.act("three/alternatives/c/retire")).status).toBe(200);
    await lab.fill("three", { crowd: "later", counts: { a: [100, 10], b: [100, 17] } });
    expect(await lab.sentence("three")).toMatch(/^Ship b: /);
    expect(await lab.sentence("three")).not.toContain("Roll back");
    expect(await lab.words("/experiments/three/", /<section class="banner.*?<\/section>/s)).toContain("Ship b");
  });

  test("several lost arms are named together", async () => {
    await lab.fill("lost", { counts: { a: [900, 180], b: [900, 90], c: [900, 80] } });
    expect(await lab.sentence("lost")).toMatch(
      /^Roll back b and c: conversion rate of b is down .* and conversion rate of c is down .*, and this holds however often/,
    );
  });

  test("an arm that is better too, but less so, is named as such", async () => {
    await lab.fill("two winners", { counts: { a: [900, 60], b: [900, 150], c: [900, 135] } });
    expect(await lab.sentence("two winners")).toMatch(/^Ship b: .* c is better than a, too\.$/);
  });

  test("a winner that harms a guardrail is rolled back, whatever else it brings", async () => {
    await lab.plan("guarded", ["a", "b"], {
      kpi: ["", "refund"],
      role: ["primary", "guardrail"],
      better: ["higher", "lower"],
    });
    await lab.fill("guarded", { counts: { a: [600, 60], b: [600, 130] } });
    const refunds = (arm: string, count: number) =>
      Array.from({ length: count }, (_, number) => ({
        convert: { experiment: "guarded", client_id: `${arm}${number}`, kpi: "refund" },
      }));
    await lab.batch([...refunds("a", 20), ...refunds("b", 90)]);
    expect(await lab.sentence("guarded")).toMatch(/^Roll back b: refund is up by /);
    // Kept as of any other conclusion, and below the .00375 that is for rolling back by guardrails at the least.
    const [harm] = (await stored("guarded")).noticed.conclusions.filter(({ says }) => says === "worse");
    expect(harm?.kpi).toBe("refund");
    expect(harm?.p).toBeGreaterThan(0);
    expect(harm?.p).toBeLessThan(0.00375);
  });
});

describe("a conclusion once reached", () => {
  test("stands, with the figures of its day, and later ones beside it", async () => {
    await lab.fill("flip", { counts: { a: [1200, 120], b: [1200, 200] } });
    expect(await lab.sentence("flip")).toMatch(/^Ship b: conversion rate is up 66\.7%/);
    expect((await stored("flip")).noticed.conclusions).toMatchObject([
      { kpi: null, alternative: 1, says: "better", by: "always-valid", participants: 2400 },
    ]);
    lab.context.pass(3 * DAY_MS);
    // The effect of the first days is gone: 40 of 600 each.
    await lab.fill("flip", { crowd: "later", days: 2, counts: { a: [1500, 180], b: [1500, 150] } });
    const report = await lab.report("flip");
    expect(report).toMatchObject({
      verdict: { kind: "ship", arm: 1, inputs: { reached_on: "2025-03-01" } },
      kpis: [
        {
          rates: [
            {},
            {
              comparison: {
                conclusion: "better",
                conclusion_now: "undecided",
                reached: { on: "2025-03-01", says: "better" },
              },
            },
          ],
        },
      ],
    });
    expect(await lab.sentence("flip")).toMatch(
      /^Ship b: conversion rate was shown to be up 66\.7% \(at least \d.*%\) on 2025-03-01, and later days do not undo that\. All data so far: \+1\d(\.\d)?% \(-\d.*% to \+\d.*%\)\.$/,
    );
    expect(await lab.words("/experiments/flip/")).toContain("shown on 2025-03-01, not by all data so far");
    // Nothing more is written, whoever looks.
    const { version } = await stored("flip");
    await lab.report("flip");
    expect((await stored("flip")).version).toBe(version);
  });

  test("a contradiction is said in plain words, and decides nothing", async () => {
    await lab.fill("turned", { counts: { a: [500, 45], b: [500, 100] } });
    expect(await lab.report("turned")).toMatchObject({ verdict: { kind: "ship" } });
    await lab.fill("turned", { crowd: "later", counts: { a: [1600, 480], b: [1600, 160] } });
    expect(await lab.report("turned")).toMatchObject({ verdict: { kind: "contradiction", arm: 1 } });
    expect(await lab.sentence("turned")).toMatch(
      /^Find out what changed: on 2025-03-0\d, conversion rate of b was shown to be up 122\.2% \(at least \d.*%\), and all data so far show it to be down by \d.*% to \d.*%\. If nothing did, /,
    );
  });

  test("stands while all data so far lean the other way, and says what to look for first", async () => {
    await lab.fill("leaning", { counts: { a: [500, 45], b: [500, 100] } });
    expect(await lab.report("leaning")).toMatchObject({ verdict: { kind: "ship" } });
    await lab.fill("leaning", { crowd: "later", counts: { a: [1200, 180], b: [1200, 120] } });
    // 225 of 1700 against 220 of 1700.
    expect(await lab.report("leaning")).toMatchObject({ verdict: { kind: "ship", arm: 1 } });
    expect(await lab.sentence("leaning")).toMatch(
      /^Ship b: conversion rate was shown to be up 122\.2% \(at least .*%\) on 2025-03-0\d, but all data so far lean the other way: -2\.2% \(-\d.*% to \+\d.*%\)\. What was shown stands; before you act on it, look for what has changed/,
    );
    const page = await lab.words("/experiments/leaning/");
    expect(page).toMatch(
      /✗ Against it: conversion rate of b over a: shown better on 2025-03-0\d, and all data so far lean/,
    );
    await lab.fill("leaning", { crowd: "last", counts: { a: [200, 20], b: [200, 34] } });
    expect(await lab.sentence("leaning")).toMatch(/^Ship b: .* was shown to be up .* All data so far: \+3\.\d%/);
  });

  test("is told once, also when several look at the same moment", async () => {
    await lab.fill("told", { counts: { a: [500, 30], b: [500, 80] } });
    await Promise.all([
      lab.report("told"),
      lab.report("told"),
      lab.body("/all"),
      lab.context.analyst.watchConclusions(),
    ]);
    expect((await stored("told")).noticed.conclusions).toHaveLength(1);
  });

  test("is no business of another KPI, another direction, a range of days or another baseline", async () => {
    await lab.fill("asked", { counts: { a: [500, 30], b: [500, 80] } });
    await lab.report("asked");
    for (const query of ["?from=2025-02-20", "?baseline=b"]) {
      expect(await lab.report("asked", query)).toMatchObject({ verdict: null, kpis: [{ rates: [{}, {}] }] });
    }
    expect((await lab.act("asked/plan", { kpi: "", role: "primary", better: "lower" })).status).toBe(200);
    expect(await lab.report("asked")).toMatchObject({ verdict: { kind: "roll-back", arm: 1 } });
    expect((await stored("asked")).noticed.conclusions).toMatchObject([
      { better: "higher", says: "better" },
      { better: "lower", says: "worse" },
    ]);
  });

  test("of a wrong split is none", async () => {
    await lab.fill("split", { counts: { a: [700, 40], b: [300, 60] } });
    expect(await lab.report("split")).toMatchObject({ verdict: { kind: "sample-ratio-mismatch" } });
    expect((await stored("split")).noticed.conclusions).toEqual([]);
  });
});

describe("when a winner is set", () => {
  test("what the data said is kept, and shown beside what they say later", async () => {
    await lab.fill("kept", { counts: { a: [1500, 150], b: [1500, 240] } });
    expect((await lab.act("kept/winner", { alternative_name: "b" })).status).toBe(200);
    // Everybody sees b now, and the known clients of both convert alike.
    const later = ["a", "b"].flatMap((arm) =>
      Array.from({ length: 450 }, (_, number) => ({
        convert: { experiment: "kept", client_id: `${arm}${1499 - number}` },
      })),
    );
    await lab.batch(later);
    const report = await lab.report("kept");
    expect(report).toMatchObject({
      decided: {
        winner: "b",
        participants: 3000,
        verdict: { kind: "ship", sentence: expect.stringMatching(/^Ship b: conversion rate is up 60\.0%/) },
        arms: [
          { participants: 1500, conversions: 150, figure: 0.1 },
          { participants: 1500, conversions: 240, figure: 0.16, conclusion: "better" },
        ],
      },
      kpis: [{ rates: [{ conversions: 600 }, { conversions: 690 }] }],
    });
    const page = await lab.words("/experiments/kept/");
    expect(page).toMatch(/On 2025-03-0\d, with 3,000 visitors, the data said: Ship b: conversion rate is up 60\.0%/);
    // It is told once, and what the data of later say of alternatives that nobody sees is told nowhere.
    expect(page.match(/Ship b:|With all data since/g)).toEqual(["Ship b:"]);
    expect(page).toContain("+60.0%");
    expect(await lab.body("/experiments/kept/summary.md")).toMatch(
      /Decided: everybody gets b since .*Ship b: conversion rate is up 60\.0%/,
    );
    expect((await lab.body("/experiments/kept/summary.md")).match(/\*\*/g)).toHaveLength(2);
    expect(await lab.words("/all?view=cards")).toContain("Ship b: conversion rate is up 60.0%");
  });

  test("what was concluded stands when the winner is undone, whatever came meanwhile, and so does what was not", async () => {
    for (const [name, sold] of [
      ["undone", 240],
      ["undone early", 165],
    ] as const) {
      await lab.fill(name, { counts: { a: [1500, 150], b: [1500, sold] } });
      const before = (await stored(name)).noticed;
      expect((await lab.act(`${name}/winner`, { alternative_name: "b" })).status).toBe(200);
      const seen = (await stored(name)).noticed.conclusions;
      // Among those who all see b now, those who were given a convert the more.
      const more = Array.from({ length: 400 }, (_, number) => ({
        convert: { experiment: name, client_id: `a${1499 - number}` },
      }));
      await lab.batch(more);
      expect(await lab.report(name)).toMatchObject({
        kpis: [{ rates: [{}, { comparison: { conclusion: sold === 240 ? "better" : "undecided" } }] }],
      });
      expect((await stored(name)).noticed.conclusions).toEqual(seen);
      expect([before.conclusions, seen.length]).toEqual([[], sold === 240 ? 1 : 0]);
    }
    for (const name of ["undone", "undone early"]) {
      expect((await lab.act(`${name}/winner/reset`)).status).toBe(200);
    }
    // Both ways may be: all data show the opposite of what was shown, or show it for the first time.
    expect(await lab.report("undone")).toMatchObject({ verdict: { kind: "contradiction", arm: 1 } });
    expect(await lab.sentence("undone")).toMatch(/on 2025-03-0\d, conversion rate of b was shown to be up 60\.0%/);
    expect(await lab.report("undone early")).toMatchObject({ verdict: { kind: "roll-back", arm: 1 } });
  });

  test("the record and the conclusions travel with the experiment, and end with its life", async () => {
    const lines: string[] = [];
    const out = { names: ["kept"], version: "test", onExported: () => {} };
    for await (const piece of exportFile(lab.context, out)) lines.push(...piece.trimEnd().split("\n"));
    const target = make.context({ store: new ModelStore(), clock: lab.context.clock });
    async function* read() {
      yield* lines;
    }
    const options = { names: [], dryRun: false, replace: false, keepClientIds: false, actor: "ann", from: "kept" };
    for await (const result of importFile(target, () => read(), options)) expect(result.kind).toBe("loaded");
    const { decided, noticed } = await stored("kept");
    const there = await target.store.definitions.read(parseExperimentName("kept"));
    expect(decided).toBeDefined();
    expect(there).toMatchObject({ decided, noticed });

    expect((await lab.act("kept/winner/reset")).status).toBe(200);
    expect(await lab.report("kept")).toMatchObject({ decided: null });
    // Whoever takes that back has the record again.
    const [entry] = await lab.context.store.activity.read({ experiment: "kept", limit: 1 });
    const undone = { at_ms: String(entry?.atMs), action: entry?.action ?? "" };
    expect((await lab.act("kept/undo", undone)).status).toBe(200);
    expect(await lab.report("kept")).toMatchObject({ decided: { winner: "b", participants: 3000 } });
    expect((await lab.act("kept/reset")).status).toBe(200);
    const fresh = await stored("kept");
    expect([fresh.decided, fresh.noticed.conclusions]).toEqual([undefined, []]);
  });
});
