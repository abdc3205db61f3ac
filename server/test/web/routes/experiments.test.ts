import { describe, expect, test } from "vitest";
import { describeKpi } from "../../../src/service/administer/acts/kpi-settings.ts";
import { setArchived, setPaused, setWinner } from "../../../src/service/administer/acts/state.ts";
import * as make from "../../support/make.ts";
import { createExperiment, crowd, openApp, record } from "../support.ts";

const ACT = { name: "button", actor: "ada" };

async function textOf(context: make.TestContext, part: RegExp): Promise<string> {
  const app = openApp(context);
  const { body } = await app.inject({ url: "/experiments/button/", headers: { accept: "text/html" } });
  await app.close();
  return (part.exec(body)?.[0] ?? "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}

const banner = (context: make.TestContext) => textOf(context, /<section class="banner.*?<\/section>/s);

async function withTraffic(): Promise<make.TestContext> {
  const context = make.context();
  await createExperiment(context, "button");
  await record(context, "button", [...crowd(0, 40, 10), ...crowd(1, 41, 15)]);
  return context;
}

describe("the decision", () => {
  test("is the verdict alone while the test runs", async () => {
    const text = await banner(await withTraffic());
    expect(text).toMatch(/^Too early:/);
    expect(text).not.toContain("The data so far say");
  });

  test("begins with what visitors get when nobody is tested any more", async () => {
    const context = await withTraffic();
    await setPaused(context, ACT, true);
    expect(await banner(context)).toMatch(
      /^Paused: everybody gets red, the control, .* The data so far say: Too early/,
    );
    await setWinner(context, ACT, "blue");
    expect(await banner(context)).toMatch(/^✓ Decided: everybody gets blue/);
    await setArchived(context, ACT, true);
    expect(await banner(context)).toMatch(/^✓ Archived: everybody gets blue/);
  });
});

test("the health of an experiment without participants claims nothing", async () => {
  const context = make.context();
  await createExperiment(context, "button");
  const text = await textOf(context, /<ul class="checks".*?<\/ul>/s);
  expect(text).toContain("No visitors to compare with the intended split yet.");
  expect(text).toContain("No rates to check yet.");
  expect(text).not.toContain("within chance");
});

describe("a KPI with values", () => {
  /** a: 40 of 100 buy for 10. b: 60 of 100 buy for 9. */
  async function shop(): Promise<make.TestContext> {
    const context = make.context();
    await createExperiment(context, "button", ["a", "b"]);
    const buyers = (index: number, count: number, value: number) =>
      crowd(index, 100, count).map((visit) => ({
        ...visit,
        converts: visit.converts?.map(() => "revenue") ?? [],
        value,
      }));
    await record(context, "button", [...buyers(0, 40, 10), ...buyers(1, 60, 9)]);
    return context;
  }

  test("stands with its mean first and its rate beside it, each with its own uplift", async () => {
    const table = await textOf(await shop(), /<table class="results kpi-table".*?<\/table>/s);
    expect(table).toMatch(
      /revenue decides, mean per visitor 4\.00 5\.40 .*?\+35\.0%.*?average per conversion 10\.00 9\.00 .*?rate of those who converted 40\.0% 60\.0% .*?\+50\.0%/,
    );
    const results = await textOf(await shop(), /<table class="results" id="results".*?<\/table>/s);
    expect(results).toMatch(/a control 100 50\.0% 40 rate 40\.0% 4\.00 .*?at one look 10\.00 per conversion/);
  });

  test("shows how its average per conversion differs once both alternatives have conversions enough", async () => {
    const context = make.context();
    await createExperiment(context, "button", ["a", "b"]);
    // Every second visitor buys once for 1 to 5, or twice for half of it; in b everything is twice as dear.
    for (const index of [0, 1]) {
      const buyers = crowd(index, 200, 100).map((visit, at) => ({
        ...visit,
        converts: visit.converts?.flatMap(() => (at % 3 === 0 ? ["revenue", "revenue"] : ["revenue"])) ?? [],
        value: ((1 + (at % 5)) * (1 + index)) / (at % 3 === 0 ? 2 : 1),
      }));
      await record(context, "button", buyers);
    }
    const table = await textOf(context, /<table class="results kpi-table".*?<\/table>/s);
    expect(table).toMatch(/average per conversion 2\.24 4\.48 △ looks better \+100% range \+\d+\.\d% to \+\d+%/);
    const app = openApp(context);
    const { averages } = (await app.inject("/experiments/button.json?kpi=revenue")).json().report.kpis[0];
    expect(averages[1]).toMatchObject({
      events: 134,
      comparison: { gate: { kind: "open" }, conclusion: "undecided", hint: "better", uplift: { estimate: 1 } },
    });
    // In one column of a table the two are told apart by a word.
    expect((await app.inject("/experiments/button/export.csv?table=results")).body).toMatch(
      /,average,.*,looks better,/,
    );
    // Of days no such sum is kept, and a client that came twice is one of which it can't be told.
    const ofDays = (await app.inject("/experiments/button.json?kpi=revenue&from=2000-01-01")).json();
    expect(ofDays.report.kpis[0].averages).toBeNull();
    await app.close();
  });

  test("keeps what a plan asks once its look is taken, and waits with the look for a percentile", async () => {
    const context = make.context();
    await createExperiment(context, "button", ["a", "b"]);
    const plan = { kpi: "revenue", role: "primary", decides_on: "mean", baseline_mean: "4", baseline_deviation: "5" };
    const app = openApp(context);
    const post = (path: string, payload: object) =>
      app.inject({
        method: "POST",
        url: `/experiments/button/${path}`,
        payload,
        headers: { accept: "application/json" },
      });
    expect((await post("plan", { ...plan, minimum_uplift: "20%", participants: "180" })).statusCode).toBe(200);
    expect((await post("kpis/describe", { kpi: "revenue", cap: "p99" })).statusCode).toBe(200);
    for (let day = 20; day < 29; day += 1) {
      const buyers = [0, 1].flatMap((index) => crowd(index, 11, 4 + index, `2025-02-${day}`));
      await record(
        context,
        "button",
        buyers.map((visit, at) => ({
          ...visit,
          converts: visit.converts?.map(() => "revenue") ?? [],
          value: 5 + (at % 7),
        })),
      );
    }
    const { report } = (await app.inject("/experiments/button.json")).json();
    expect(report.plan).toMatchObject({ horizon_reached: true, look_awaited: true });
    expect(report.verdict.sentence).toBe("Too early: the cap of revenue is not known yet.");
    expect(await textOf(context, /<p class="muted small">[^<]*(?:No cap yet|visitors above).*?<\/p>/s)).toMatch(
      /The planned look waits for it\.$/,
    );

    expect((await post("kpis/describe", { kpi: "revenue", cap: "9.5" })).statusCode).toBe(200);
    expect((await app.inject("/experiments/button.json")).json().report.plan.look_awaited).toBe(false);
    const before = (await app.inject("/experiments/button.json")).json().report.kpis[0].means;
    for (const other of [{ cap: "" }, { cap: "20" }, { cap: "p99" }, { counts: "events" }]) {
      const refused = await post("kpis/describe", { kpi: "revenue", ...other });
      expect(refused.json()).toMatchObject({ code: "plan-carried-out" });
      expect(refused.json().detail).toContain("at its look, at 198 visitors");
    }
    expect((await post("kpis/describe", { kpi: "revenue", label: "Revenue (€)" })).statusCode).toBe(200);
    expect((await post("kpis/describe", { kpi: "signup", cap: "3" })).statusCode).toBe(200);
    expect((await app.inject("/experiments/button.json")).json().report.kpis[0].means).toEqual(before);
    await app.close();
  });

  test("loses what was concluded of other figures when its cap is changed, and finds it again with the cap", async () => {
    const context = make.context();
    await createExperiment(context, "button", ["a", "b"]);
    for (const [index, value] of [
      [0, 10],
      [1, 20],
    ] as const) {
      for (let day = 20; day < 29; day += 1) {
        const buyers = crowd(index, 40, 20, `2025-02-${day}`).map((visit) => ({ ...visit, value }));
        await record(context, "button", buyers);
      }
    }
    const app = openApp(context);
    const verdict = async () => (await app.inject("/experiments/button.json")).json().report.verdict.sentence;
    expect(await verdict()).toMatch(/^Ship b: .* is up 100\.0%/);
    await describeKpi(context, ACT, "", { cap: "10" });
    expect(await verdict()).toMatch(/^Keep running/);
    await describeKpi(context, ACT, "", { cap: "" });
    expect(await verdict()).toMatch(/^Ship b: .* is up 100\.0%/);
    await app.close();
  });

  test("keeps its average per conversion with the decision", async () => {
    const context = await shop();
    await describeKpi(context, ACT, "revenue", { label: "Revenue (€)" });
    const app = openApp(context);
    const html = { accept: "text/html" };
    const question = (await app.inject({ url: "/experiments/button/winner/b", headers: html })).body;
    expect(question).toContain("9.00 € per conversion, rate 60.0%");
    await app.inject({ method: "POST", url: "/experiments/button/winner/", payload: { alternative_name: "b" } });
    // What comes later changes the averages of today, and not those of the decision.
    await record(context, "button", [{ client: "late", index: 1, converts: ["revenue"], value: 1_000 }]);
    const { decided } = (await app.inject("/experiments/button.json")).json().report;
    expect(decided.arms.map(({ average }: { average: number }) => average)).toEqual([10, 9]);
    const then = await textOf(context, /<section class="section decided".*?<\/section>/s);
    expect(then).toMatch(
      /a 100 4\.00 € 10\.00 € per conversion, rate 40\.0% .* b 100 5\.40 € 9\.00 € per conversion, rate 60\.0%/,
    );
    expect((await app.inject("/experiments/button/summary.md")).body).toContain("9.00 € per conversion, rate 60.0%");
    expect((await app.inject({ url: "/experiments/button/readout", headers: html })).body).toContain(
      "9.00 € per conversion",
    );
    await app.close();
  });

  test("says what its cap cuts off, and the means as values came", async () => {
    const context = await shop();
    await describeKpi(context, ACT, "revenue", { label: "Revenue (€)", cap: "9.5" });
    expect(await textOf(context, /<p class="muted small">[^<]*(?:No cap yet|visitors above).*?<\/p>/s)).toBe(
      "40 of 200 visitors above 9.50 € count as 9.50 € each. As values came, the means are a 4.00 €, b 5.40 €. Averages per conversion are of values as they came. The cap was chosen after the data were seen.",
    );
    const results = await textOf(context, /<table class="results" id="results".*?<\/table>/s);
    expect(results).toContain("3.80 €");
    const app = openApp(context);
    const { report, alternatives } = (await app.inject("/experiments/button.json?kpi=revenue")).json();
    expect(alternatives[0].value_sum).toBe(400);
    expect(report.kpis[0].cap).toEqual({
      ...{ amount: 9.5, p99: false, late: true, above: 40, participants: 200 },
      raw_means: [4, 5.4],
    });
    const csv = (await app.inject("/experiments/button/export.csv")).body;
    expect(csv.match(/,conversions,.*/g)).toHaveLength(2);
    expect(csv).toMatch(/a,conversions,revenue,40,40,380,3610/);
    await app.close();
  });

  test("has mean, range, uplift and test of each figure in its table of results, and no cell for what is not known", async () => {
    const app = openApp(await shop());
    const { body } = await app.inject({ url: "/experiments/button/export.csv?table=results" });
    const [head = [], ...rows] = body
      .trim()
      .split("\r\n")
      .map((row) => row.split(","));
    const named = rows.map((row) => Object.fromEntries(row.map((cell, at) => [head[at], cell])));
    expect(rows.map((row) => [1, 2, 4, 5].map((at) => row[at]).join(" "))).toEqual([
      "revenue mean true a",
      "revenue mean true b",
      "revenue average false a",
      "revenue average false b",
      "revenue rate false a",
      "revenue rate false b",
    ]);
    expect(named[0]).toMatchObject({ participants: "100", conversions: "40", value: "4", uplift: "", adjusted: "" });
    // Mean 4 of 40 tens among 100: deviation √(100/99 · 24), times Student's 1.9842 over √100.
    expect(Number(named[0]?.["value_upper"])).toBeCloseTo(4 + 1.9842 * Math.sqrt(24 / 99), 3);
    expect(named[1]).toMatchObject({
      value: "5.4",
      adjusted: "false",
      conclusion: expect.stringMatching(/^(better|undecided)$/),
    });
    expect(Number(named[1]?.["uplift"])).toBeCloseTo(0.35, 9);
    expect(Number(named[1]?.["difference"])).toBeCloseTo(1.4, 9);
    expect(Number(named[1]?.["uplift_lower"])).toBeLessThan(0.35);
    expect(Number(named[1]?.["p_always_valid"])).toBeGreaterThan(0);
    expect(named.slice(2, 4)).toMatchObject([{ value: "10" }, { value: "9" }]);
    expect(Number(named[5]?.["uplift"])).toBeCloseTo(0.5, 9);
    expect((await app.inject({ url: "/experiments/button/export.csv?table=all" })).statusCode).toBe(400);
    await app.close();
  });

  test("has its rate beside its mean on cards, in the winner's question, and in what is kept of a decision", async () => {
    const context = await shop();
    const app = openApp(context);
    const wordsOf = async (url: string) =>
      (await app.inject({ url, headers: { accept: "text/html" } })).body.replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");
    expect(await wordsOf("/")).toContain("4.00 mean of revenue 200 100 conv.");
    expect(await wordsOf("/?view=cards")).toContain(
      "Control, mean of revenue 4.00 Its average per conversion 10.00 Its rate 40.0%",
    );
    expect(await wordsOf("/experiments/button/winner/b")).toContain(
      "b: a mean of 5.40, 9.00 per conversion, rate 60.0%, of 100 visitors",
    );
    expect(await wordsOf("/experiments/button/readout")).toContain("5.40 9.00 per conversion, rate 60.0%");
    expect(await wordsOf("/experiments/button/readout.md")).toContain("5.40, 9.00 per conversion, rate 60.0%");
    const summary = await wordsOf("/experiments/button/summary.md");
    expect(summary).toContain("| Mean | Average per conversion | Rate |");
    expect(summary).toContain("| 5.40 | 9.00 | 60.0% |");
    await setWinner(context, ACT, "b");
    expect(await wordsOf("/experiments/button/")).toMatch(/Mean then .* b 100 5\.40 9\.00 per conversion, rate 60\.0%/);
    expect(await wordsOf("/experiments/button/summary.md")).toContain(
      "- b: 100 visitors, 5.40, 9.00 per conversion, rate 60.0%",
    );
    await app.close();
  });
});

describe("a chosen part of the data, or another baseline", () => {
  /** b is clearly better, over ten days. */
  async function won(): Promise<make.TestContext> {
    const context = make.context();
    await createExperiment(context, "button", ["a", "b"], { createdAtMs: Date.parse("2025-02-18T00:00Z") });
    for (let day = 19; day <= 28; day += 1) {
      const date = `2025-02-${day}`;
      await record(context, "button", [...crowd(0, 120, 12, date), ...crowd(1, 120, 36, date)]);
    }
    return context;
  }

  test.each(["?from=2025-02-24", "?to=2025-02-27", "?baseline=b"])("decides nothing: %s", async (query) => {
    const app = openApp(await won());
    const read = async (path: string) => (await app.inject(`/experiments/button${path}`)).body;
    expect(JSON.parse(await read(".json")).report.verdict).toMatchObject({ kind: "ship", arm: 1 });
    expect(JSON.parse(await read(`.json${query}`)).report.verdict).toBeNull();
    const page = await app.inject({ url: `/experiments/button/${query}`, headers: { accept: "text/html" } });
    for (const text of [page.body, await read(`/summary.md${query}`)]) {
      expect(text).toContain("No decision here");
      expect(text).not.toMatch(/Ship b|Roll back a/);
    }
  });
});
