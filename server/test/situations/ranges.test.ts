/** A range of days, or another baseline, describes: no verdict anywhere, and files are of the range, too (results.md, F17). */
import { beforeAll, describe, expect, test } from "vitest";
import { sharedLab } from "./lab.ts";

const lab = sharedLab();

beforeAll(async () => {
  await lab.fill("clear", { counts: { a: [1000, 90], b: [1000, 170] } });
  // Those who join in the first half convert five days later.
  await lab.fill("late", { counts: { a: [120, 60], b: [120, 90] }, days: 5, lag: -5 });
  lab.context.pass(5 * 86_400_000);
});

const CLAIMS = /\bShip\b|Roll back|Keep running|Better(?! is)|Worse|▲|▼|Sixpack label:/;

describe.each([
  ["a range of days", () => `?from=${lab.ago(9)}`],
  ["another baseline", () => "?baseline=b"],
])("%s", (_, query) => {
  test("concludes nothing in the JSON", async () => {
    expect(await lab.report("clear")).toMatchObject({
      verdict: { kind: "ship" },
      kpis: [{ rates: [{}, { comparison: { conclusion: "better" } }] }],
    });
    const report = await lab.report("clear", query());
    expect(report).toMatchObject({ verdict: null });
    const text = JSON.stringify(report);
    expect(text).not.toMatch(/"(conclusion|conclusion_now|hint)":"(better|worse)"/);
    expect(text).not.toMatch(/"reached":\{/);
  });

  test("says nothing of a decision on page and summary", async () => {
    // The words of the help aside.
    const page = (await lab.words(`/experiments/clear/${query()}`)).replace(/How to read this.*?The method/g, "");
    expect(page).toContain("No decision here");
    expect(page).toContain("Described only");
    expect(page).not.toMatch(CLAIMS);
    expect(page).not.toContain("enough to find a");
    expect(await lab.body(`/experiments/clear/summary.md${query()}`)).not.toMatch(CLAIMS);
  });
});

test("files of a range hold its days alone: CSV, JSON, the CSV of 2.7", async () => {
  const query = `?from=${lab.ago(9)}&to=${lab.ago(8)}`;
  const csv = await lab.body(`/experiments/clear/export.csv${query}`);
  const dates = new Set(
    csv
      .split("\r\n")
      .slice(1)
      .flatMap((line) => line.split(",")[1] ?? []),
  );
  expect([...dates].sort()).toEqual([lab.ago(9), lab.ago(8)]);
  expect(await lab.json("clear", query)).toMatchObject({
    total_participants: 400,
    labels_hidden: expect.stringContaining("describes"),
    report: { arms: [{ participants: 200 }, { participants: 200 }], range: { from: lab.ago(9), to: lab.ago(8) } },
  });
  const old = await lab.post(`/experiments/clear/export${query}`);
  expect(old).toContain(lab.ago(8));
  expect(old).not.toContain(lab.ago(7));
  // The links of the page carry the range.
  const page = await lab.body(`/experiments/clear/${query}`);
  for (const file of ["export.csv", "chart.svg", "summary.md"]) {
    expect(page).toMatch(new RegExp(`clear/${file}\\?[^"]*from=${lab.ago(9)}`));
  }
  expect(page).toMatch(new RegExp(`clear\\.json\\?[^"]*from=${lab.ago(9)}`));
});

test("a range is of those who joined in it, whenever they converted: on the page, in JSON and in files", async () => {
  // All joined on the first five days, and converted five days later.
  const words = await lab.words(`/experiments/late/?from=${lab.ago(4)}`);
  expect(words).toContain("Only who joined from");
  expect(words).not.toContain("Expected at most");
  expect(words).not.toContain("day of joining was not kept");
  const joined = `?from=${lab.ago(9)}&to=${lab.ago(8)}`;
  const whole = await lab.report("late");
  const { arms, kpis } = whole as { arms: { participants: number }[]; kpis: { rates: { conversions: number }[] }[] };
  const report = (await lab.report("late", joined)) as { arms: typeof arms; kpis: typeof kpis };
  const converted = (of: typeof kpis) => of[0]?.rates.map(({ conversions }) => conversions);
  expect(arms.map(({ participants }) => participants)).toEqual([120, 120]);
  expect(converted(kpis)).toEqual([60, 90]);
  // Two days of five: 48 of each, of whom as many have converted as the others have of them.
  expect(report.arms.map(({ participants }) => participants)).toEqual([48, 48]);
  const [a = 0, b = 0] = converted(report.kpis) ?? [];
  expect(a).toBeGreaterThan(0);
  expect(b).toBeGreaterThan(a);
  const rest = (await lab.report("late", `?from=${lab.ago(7)}`)) as { kpis: typeof kpis };
  expect(converted(rest.kpis)).toEqual([60 - a, 90 - b]);
  const csv = await lab.body(`/experiments/late/export.csv${joined}`);
  const rows = csv.split("\r\n").filter((line) => line.includes(",conversions,"));
  expect(rows.reduce((sum, line) => sum + Number(line.split(",")[6]), 0)).toBe(a + b);
  expect(new Set(rows.map((line) => line.split(",")[1]))).toEqual(new Set([lab.ago(9), lab.ago(8)]));
});
