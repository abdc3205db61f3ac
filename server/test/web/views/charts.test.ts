/** What charts are made of: which are offered, their marks, and the files of them. */
import { beforeEach, describe, expect, test } from "vitest";
import {
  withAlternative,
  withPolicy,
  withRetired,
  withTrafficFraction,
  withWeights,
} from "../../../src/domain/epochs.ts";
import { parseAlternativeName } from "../../../src/domain/names.ts";
import { dayOf } from "../../../src/domain/period.ts";
import { setNotes } from "../../../src/service/administer/acts/note-acts.ts";
import { setPlan } from "../../../src/service/administer/acts/set-plan.ts";
import { setPaused, setWinner } from "../../../src/service/administer/acts/state.ts";
import { convert } from "../../../src/service/convert.ts";
import { participate } from "../../../src/service/participate.ts";
import { shownEffect } from "../../../src/stats/shown.ts";
import { chartKindsOf, chartOf } from "../../../src/web/views/charts/model.ts";
import { comparisonsOf, parseExperimentQuery, readExperimentView } from "../../../src/web/views/experiment-view.ts";
import * as make from "../../support/make.ts";
import { addBandit, type BanditTraffic } from "../bandits.ts";
import { createExperiment, crowd, openApp, record } from "../support.ts";
import { TalliedStore } from "../tallied.ts";

const TWO: BanditTraffic = {
  name: "button",
  rates: { red: 0.05, blue: 0.06 },
  batches: 30,
  clientsPerBatch: 500,
  days: 30,
};

let store: TalliedStore;
let context: make.TestContext;
beforeEach(() => {
  store = new TalliedStore();
  context = make.context({ store });
});

const viewOf = (chart: string, name = "button") =>
  readExperimentView(
    context,
    name,
    parseExperimentQuery({
      chart,
      kpi: undefined,
      period: undefined,
      baseline: undefined,
      from: undefined,
      to: undefined,
      diff: undefined,
      columns: undefined,
      show: undefined,
    }),
  );

describe("marks on a chart", () => {
  test("name every change of weights, traffic, policy and alternatives, and every pause and winner", async () => {
    await addBandit(
      store,
      {
        ...TWO,
        changes: {
          3: (experiment, nowMs) => withWeights(experiment, [0.7, 0.3], nowMs),
          8: (experiment, nowMs) => withTrafficFraction(experiment, 0.5, nowMs),
          13: (experiment, nowMs) => withAlternative(experiment, parseAlternativeName("green"), nowMs),
          18: (experiment, nowMs) => withRetired(experiment, "blue", nowMs),
          23: (experiment, nowMs) => withPolicy(experiment, make.banditPolicy("learn"), nowMs),
        },
      },
      make.NOW_MS,
    );
    await setPaused(context, { name: "button", actor: "ada" }, true);
    context.pass(1);
    await setWinner(context, { name: "button", actor: "ada" }, "green");
    for (const chart of ["cumulative", "allocation"]) {
      const { markers } = chartOf(await viewOf(chart));
      expect(markers.changes.map(({ text }) => text)).toEqual([
        "policy thompson, to earn",
        "weights: red 70%, blue 30%",
        "traffic 100% → 50%",
        "added green",
        "retired blue",
        "policy thompson, to learn",
        "pause; winner green",
      ]);
    }
  });

  test("put hundreds of batches into one row and one sentence", async () => {
    await addBandit(store, { ...TWO, batches: 300 }, make.NOW_MS);
    for (const chart of ["cumulative", "allocation"]) {
      const { markers, labels } = chartOf(await viewOf(chart));
      expect(markers.changes).toHaveLength(1);
      expect(markers.batchesText).toBe("2025-01-30 to 2025-03-01: the bandit set new weights 299 times");
      expect(markers.batches.length).toBeLessThanOrEqual(labels.length);
      expect(new Set(markers.batches).size).toBe(markers.batches.length);
    }
  });

  test("tell changes together that lie too close to be told apart", async () => {
    const toggle = Object.fromEntries(
      Array.from({ length: 90 }, (_, batch) => [
        batch,
        (experiment: Parameters<typeof withTrafficFraction>[0], nowMs: number) =>
          withTrafficFraction(experiment, batch % 2 === 0 ? 0.6 : 0.5, nowMs),
      ]),
    );
    await addBandit(store, { ...TWO, batches: 90, changes: toggle }, make.NOW_MS);
    for (const chart of ["cumulative", "allocation"]) {
      const { changes } = chartOf(await viewOf(chart)).markers;
      expect(changes.length).toBeGreaterThan(5);
      expect(changes.length).toBeLessThanOrEqual(25);
      expect(changes.some(({ text }) => /; and \d+ more$/.test(text))).toBe(true);
    }
  });

  test("stand where the line of shares takes its step", async () => {
    await addBandit(
      store,
      { ...TWO, changes: { 20: (experiment, nowMs) => withWeights(experiment, [0.2, 0.8], nowMs) } },
      make.NOW_MS,
    );
    const { lines, markers } = chartOf(await viewOf("allocation"));
    const at = markers.changes.at(-1)?.at ?? 0;
    expect(lines[0]?.points[at]?.value).toBe(0.2);
    expect(lines[0]?.points[at - 1]?.value).not.toBe(0.2);
  });
});

describe("the chart of the allocation", () => {
  test("is offered for a bandit and where weights changed, and not where shares were always the same", async () => {
    await addBandit(store, { ...TWO, name: "bandit" }, make.NOW_MS);
    await store.add({ name: "even", rates: TWO.rates, participants: 2_000, days: 9 }, 20_148 as never);
    const even = await store.add({ name: "moved", rates: TWO.rates, participants: 2_000, days: 9 }, 20_148 as never);
    await store.definitions.change(withWeights(even, [0.6, 0.4], make.NOW_MS));
    expect(chartKindsOf(await viewOf("", "bandit"))).toContain("allocation");
    expect(chartKindsOf(await viewOf("", "even"))).not.toContain("allocation");
    expect(chartKindsOf(await viewOf("", "moved"))).toContain("allocation");
    // An address that asks for it gets it.
    expect(chartKindsOf(await viewOf("allocation", "even"))).toContain("allocation");
  });

  test("is a file too, with steps, dashes and the ticks of the batches", async () => {
    await addBandit(store, TWO, make.NOW_MS);
    const { statusCode, headers, body } = await openApp(context).inject(
      "/experiments/button/chart.svg?chart=allocation",
    );
    expect([statusCode, headers["content-type"]]).toEqual([200, "image/svg+xml; charset=utf-8"]);
    expect(body).toContain("<title>Allocation, button</title>");
    expect(body.match(/stroke-dasharray="7 3"/g)).toHaveLength(1);
    expect(body.match(/class="chart-batches" d="(?:M[\d.]+ \d+v-6){29}"/g)).toHaveLength(1);
    expect(body).not.toContain("NaN");
  });

  test.each([0.1, 0.9, 3, 5, 9, 40, 200])("of %d days names no moment of its axis twice", async (days) => {
    await addBandit(store, { ...TWO, days }, make.NOW_MS);
    const { body } = await openApp(context).inject("/experiments/button/chart.svg?chart=allocation");
    const names = [
      ...body.matchAll(/class="chart-tick"[^>]*text-anchor="(?:start|middle|end)"[^>]*>([^<]*[a-z:][^<]*)</g),
    ];
    const texts = names.map(([, text]) => text);
    expect(texts.length).toBeGreaterThan(2);
    expect(new Set(texts).size).toBe(texts.length);
  });

  test("of an experiment without participants says so", async () => {
    await addBandit(store, { ...TWO, batches: 0 }, make.NOW_MS);
    const app = openApp(context);
    const { body } = await app.inject("/experiments/button/?chart=allocation");
    expect(body).toContain("Nothing to draw before the first visitor.");
    expect((await app.inject("/experiments/button/chart.svg?chart=allocation")).statusCode).toBe(200);
  });
});

test("bands are those of the uplift alone, which hold at every look", async () => {
  await addBandit(store, TWO, make.NOW_MS);
  await store.add({ name: "even", rates: TWO.rates, participants: 2_000, days: 9 }, 20_148 as never);
  const bandit = chartOf(await viewOf("cumulative"));
  expect([
    bandit.hasBand,
    bandit.cell(bandit.lines[0]?.points.at(-1) ?? { value: null, lower: null, upper: null }),
  ]).toEqual([false, expect.stringMatching(/^\d+\.\d+%$/)]);
  expect(chartOf(await viewOf("cumulative", "even")).hasBand).toBe(false);
  expect(chartOf(await viewOf("uplift", "even")).hasBand).toBe(true);
});

test("the axis of an uplift ends where all would be lost, however far the other side goes", async () => {
  await store.add({ name: "even", rates: TWO.rates, participants: 2_000, days: 9 }, 20_148 as never);
  const [least, most] = chartOf(await viewOf("uplift", "even")).domain;
  expect(most).toBeGreaterThan(1);
  expect(least).toBe(-1);
});

test.each([1, 60])(
  "the last point of an uplift over time is the figure in the table, after %d batches",
  async (batches) => {
    await addBandit(store, { ...TWO, batches, clientsPerBatch: 4_000 }, make.NOW_MS);
    const view = await viewOf("uplift");
    const [kpi] = view.analysis.report.kpis;
    const comparison = kpi?.kind === "analysed" ? kpi.rates[1]?.comparison : undefined;
    if (comparison?.kind !== "compared") throw new Error("Expected a comparison");
    const { lines, labels } = chartOf(view);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.points).toHaveLength(labels.length);
    expect(lines[0]?.points.at(-1)).toEqual({
      value: expect.closeTo(comparison.uplift.estimate ?? Number.NaN, 10),
      lower: expect.closeTo(comparison.upliftBonferroni?.lower ?? Number.NaN, 10),
      upper: expect.closeTo(comparison.upliftBonferroni?.upper ?? Number.NaN, 10),
    });
  },
);

test("the last point of an uplift over time is adjusted by a covariate, as the table is, and the page says so", async () => {
  await createExperiment(context, "known", ["red", "blue"]);
  const alternatives = ["red", "blue"];
  for (let number = 0; number < 600; number += 1) {
    const [index, covariate] = [number % 2, (number % 50) / 10];
    const asked = { experiment: "known", client: `v${number}`, alternatives, force: alternatives[index], covariate };
    await participate(context, make.request({ ...asked, recordForce: true }));
    const value = covariate + 0.1 * index + (number % 7) / 10;
    await convert(context, make.conversion({ experiment: "known", client: `v${number}`, value }));
  }
  const view = await viewOf("uplift", "known");
  const [, blue] = comparisonsOf(view.outcome);
  if (blue?.kind !== "compared") throw new Error("Expected a comparison");
  expect(blue.adjustment?.varianceReduction).toBeGreaterThan(0.5);
  const shown = shownEffect(blue, "uplift");
  expect(view.series.arms[1]?.uplift.at(-1)).toEqual({ value: shown?.estimate, ...shown?.range });
  const { body } = await openApp(context).inject("/experiments/known/?chart=uplift");
  expect(body).toContain("The last point is adjusted by what was known of visitors from before");
});

test("the summary in Markdown says what the bandit advises, and why figures are missing", async () => {
  await addBandit(store, TWO, make.NOW_MS);
  const { body } = await openApp(context).inject("/experiments/button/summary.md");
  expect(body).toMatch(/^Bandit: (Go on|Stop)/m);
  expect(body).toMatch(/^[\d,]+ visitors were drawn evenly/m);
  expect(body).toContain("A bandit gives alternatives more clients because they did well so far.");
});

test("a change is marked on the day on which its clients are counted", async () => {
  await createExperiment(context, "tokyo", ["red", "blue"], { createdAtMs: Date.parse("2025-02-20T00:00Z") });
  await record(context, "tokyo", [...crowd(0, 5, 1, "2025-02-27"), ...crowd(1, 5, 1, "2025-03-01")]);
  await setPaused(context, { name: "tokyo", actor: "ada" }, true);
  const view = await viewOf("participants", "tokyo");
  // 12:00 on 1 March in UTC is another day 14 hours further west.
  const west: typeof view = { ...view, dayAt: (atMs) => dayOf(atMs - 14 * 3_600_000) };
  expect(chartOf(view).markers.changes).toMatchObject([{ date: "2025-03-01", at: 2 }]);
  expect(chartOf(west).markers.changes).toMatchObject([{ date: "2025-02-28", at: 1 }]);
});

describe("a KPI that decides on its mean", () => {
  /** Everybody converts, with values around 5 in red and around 8 in blue, over four days; some orders are refunds. */
  async function orders(): Promise<void> {
    await createExperiment(context, "shop", ["red", "blue"]);
    await setPlan(context, { name: "shop", actor: "ada" }, { primary: { kpi: "", decides_on: "mean" } });
    for (const [day, date] of ["2025-02-26", "2025-02-27", "2025-02-28", "2025-03-01"].entries()) {
      for (const index of [0, 1]) {
        const visits = Array.from({ length: 60 }, (_, number) => {
          const value = (index === 0 ? 5 : 8) + 4 * Math.sin(number + 100 * day + 7 * index) - (number === 0 ? 20 : 0);
          return { client: `${index}-${date}-${number}`, index, day: date, converts: [null], value };
        });
        await record(context, "shop", visits);
      }
    }
  }

  test("is drawn by its mean, and the last points are the figures in the table", async () => {
    await orders();
    const cumulative = await viewOf("cumulative", "shop");
    const { outcome } = cumulative;
    if (outcome?.kind !== "analysed") throw new Error("Expected a report");
    expect(cumulative.figure).toBe("means");
    const [, blue] = outcome.means ?? [];
    const last = cumulative.series.arms[1]?.cumulative.at(-1);
    expect(last).toBeCloseTo(blue?.mean ?? Number.NaN, 9);
    expect(chartOf(cumulative)).toMatchObject({ title: "Cumulative mean of the default KPI, shop" });

    const { series } = await viewOf("uplift", "shop");
    if (blue?.comparison.kind !== "compared") throw new Error("Expected a comparison");
    const { estimate, alwaysValid } = blue.comparison.uplift;
    const end = series.arms[1]?.uplift.at(-1);
    expect(end?.value).toBeCloseTo(estimate ?? Number.NaN, 9);
    expect(end?.lower).toBeCloseTo(alwaysValid.lower ?? Number.NaN, 9);
    expect(end?.upper).toBeCloseTo(alwaysValid.upper ?? Number.NaN, 9);
  });

  test("says in words what is drawn, on the page and in its table", async () => {
    await orders();
    const url = "/experiments/shop/?chart=rate";
    const { body } = await openApp(context).inject({ url, headers: { accept: "text/html" } });
    expect(body).toContain("Mean per period");
    expect(body).not.toContain("Rate per period");
    const { figures = [] } = (await viewOf("rate", "shop")).series.arms[0] ?? {};
    expect(body).toContain((figures[0] ?? Number.NaN).toFixed(2));
  });
});

describe("days that lie far apart", () => {
  const names = Array.from({ length: 60 }, (_, index) => `a${index}`);

  test("are drawn by a coarser period, with every client in it, and the page says so", async () => {
    await createExperiment(context, "wide", names);
    await record(context, "wide", [...crowd(0, 3, 1, "1970-01-01"), ...crowd(1, 4, 2, "2025-03-01")]);
    const view = await viewOf("cumulative", "wide");
    expect(view.series.period).toBe("month");
    expect([view.series.labels.length, view.series.labels[0], view.series.labels.at(-1)]).toEqual([
      55 * 12 + 3,
      "1970-01",
      "2025-03",
    ]);
    expect(view.series.arms[0]?.participants[0]).toBe(3);
    expect(view.series.arms[1]?.conversions.at(-1)).toBe(2);
    const page = await openApp(context).inject({ url: "/experiments/wide/", headers: { accept: "text/html" } });
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain("By month: the days lie too far apart");
  });

  test("stretch no chart where one client has a wrong clock; it is drawn on the nearest day", async () => {
    await createExperiment(context, "wide", ["red", "blue"]);
    const wrong = ["1970-01-01", "2149-06-06"].flatMap((day) => crowd(0, 1, 1, day));
    await record(context, "wide", [...crowd(0, 40, 4, "2025-03-01"), ...crowd(1, 40, 8, "2025-03-01"), ...wrong]);
    const { series } = await viewOf("cumulative", "wide");
    expect(series.labels).toEqual(["2025-03-01"]);
    expect(series.arms[0]?.participants).toEqual([42]);
    expect(series.arms[0]?.cumulative.at(-1)).toBeCloseTo(6 / 42, 12);
  });

  test("are drawn by the day again for a range that a chart can hold", async () => {
    await createExperiment(context, "wide", names);
    await record(context, "wide", [...crowd(0, 3, 1, "1970-01-01"), ...crowd(1, 4, 2, "2149-06-06")]);
    const url = "/experiments/wide/?from=2149-01-01&to=2149-06-06";
    const { body } = await openApp(context).inject({ url, headers: { accept: "text/html" } });
    expect(body).not.toContain("too far apart");
  });
});

test("notes are marked at their day in every chart, and those of days to come are not yet", async () => {
  await store.add({ name: "sale", rates: { red: 0.2, blue: 0.24 }, participants: 2_000, days: 10 }, dayOf(make.NOW_MS));
  await setNotes(context, { name: "sale", actor: "ann" }, [
    { day: "2025-02-25", text: "Newsletter" },
    { day: "2025-03-09", text: "Price changes" },
    { day: "2024-01-01", text: "Long ago" },
  ]);
  for (const chart of ["cumulative", "uplift", "participants"]) {
    const { markers, labels } = chartOf(await viewOf(chart, "sale"));
    expect(markers.changes.map(({ at, text }) => [labels[at], text])).toEqual([["2025-02-25", "Newsletter"]]);
  }
});
