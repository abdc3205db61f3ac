import { expect, test } from "vitest";
import { dayOf } from "../../../src/domain/period.ts";
import { type Plan, participantsNeeded } from "../../../src/domain/plan.ts";
import type { Days } from "../../../src/service/analysis/days.ts";
import { answerTo, planOutlook } from "../../../src/service/analysis/plan-outlook.ts";
import { outlookOf, parseExperimentQuery, readExperimentView } from "../../../src/web/views/experiment-view.ts";
import * as make from "../../support/make.ts";
import { TalliedStore } from "../../web/tallied.ts";

async function view(kpi: string) {
  const store = new TalliedStore();
  const context = make.context({ store });
  await store.add(
    {
      name: "shop",
      rates: { a: 0.2, b: 0.2, c: 0.2 },
      participants: 21_000,
      days: 21,
      kpis: ["revenue"],
      values: { revenue: { mean: 45, deviation: 30 } },
    },
    dayOf(make.NOW_MS),
  );
  return readExperimentView(context, "shop", parseExperimentQuery({ kpi }));
}

test.each([
  ["", ["rate"]],
  ["revenue", ["rate", "mean"]],
])("says of KPI '%s' which uplift a plan of that many days finds, by the rule that sizes plans", async (kpi, known) => {
  const shown = await view(kpi);
  const { outcome } = shown;
  const outlook = outlookOf(shown);
  if (outlook === undefined || outcome?.kind !== "analysed") throw new Error("Expected an outlook");
  expect(outlook.perDay).toBeGreaterThan(500);
  const { power } = outlook;
  expect(outlook.figures.map(({ baseline }) => Object.keys(baseline)[0])).toEqual(known);
  for (const { baseline, rows, curve } of outlook.figures) {
    expect(rows.map(({ days }) => days)).toEqual([7, 14, 28, 56]);
    expect(curve.filter(({ days }) => days % 14 === 0)).toEqual(expect.arrayContaining(rows.slice(1)));
    const now =
      "rate" in baseline
        ? { baselineRate: baseline.rate }
        : { baselineMean: baseline.mean, baselineDeviation: baseline.deviation };
    for (const { participants, uplift, days } of rows) {
      expect(participants).toBe(Math.round(outlook.perDay * days));
      if (uplift === null) throw new Error("Expected an uplift that can be found");
      const needed = participantsNeeded({ ...now, minimumUplift: uplift, power }, outcome.better, [1, 1, 1]);
      expect(Math.abs(needed / participants - 1)).toBeLessThan(0.01);
    }
  }
});

test("answers a plan at its own figures, and with the days that it has left", async () => {
  const { experiment, analysis } = await view("");
  const size = { baselineRate: 0.3, minimumUplift: 0.05, power: 0.9 };
  const participants = participantsNeeded(size, "higher", [1, 1, 1]);
  const plan: Plan = {
    primary: { kpi: null, better: "higher", decidesOn: "rate" },
    secondary: [],
    guardrails: [],
    size: { ...size, participants },
  };
  const answer = answerTo(plan, experiment, analysis.days, 21_000);
  expect(answer?.outlook).toMatchObject({ power: 0.9, figures: [{ baseline: { rate: 0.3 } }] });
  const { whole, recent } = analysis.days;
  const more = (participants - 21_000) / (recent.reduce((sum, count) => sum + count, 0) / recent.length);
  expect(answer?.daysLeft).toMatchObject({ kind: "estimated" });
  // In whole weeks from the start.
  expect(answer?.daysLeft).toHaveProperty("days", 7 * Math.ceil((whole + more) / 7) - whole);
  expect(answerTo(plan, experiment, analysis.days, participants)?.daysLeft).toEqual({ kind: "reached" });
  expect(answerTo({ ...plan, size: null }, experiment, analysis.days, 0)).toBeUndefined();
});

test("says nothing without traffic or before anything was seen", async () => {
  const { experiment, outcome } = await view("");
  const none: Pick<Days, "recent"> = { recent: [0, 0, 0] };
  expect(planOutlook(experiment, outcome, none)).toBeUndefined();
  expect(planOutlook(experiment, undefined, { recent: [100] })).toBeUndefined();
});
