/** Plans on a mean, and the units of every field of a plan (results.md, F11; `0.5` read as 50 %). */
import { describe, expect, test } from "vitest";
import { type Form, sharedLab } from "./lab.ts";

const lab = sharedLab();

const MEAN: Form = { kpi: "", role: "primary", decides_on: "mean", minimum_uplift: "20%" };

async function refusal(name: string, form: Form): Promise<string> {
  const { status, json } = await lab.act(`${name}/plan`, form);
  expect(status).toBe(400);
  return JSON.stringify(json);
}

describe("a plan on a mean", () => {
  test("is sized by mean and deviation, and reaches the power it states", async () => {
    await lab.plan("revenue", ["a", "b"], { ...MEAN, baseline_mean: "3.4", baseline_deviation: "21" });
    // Two arms, alpha .0425 (z 2.02859), power .8 (z .84162); the deviation of the better arm grows with its mean.
    const deviation2 = 21 ** 2 + (1.2 * 21) ** 2;
    const perArm = (deviation2 * (2.02859 + 0.84162) ** 2) / (0.2 * 3.4) ** 2;
    const report = await lab.report("revenue");
    expect(report).toMatchObject({
      planning: { plan: { size: { baseline_mean: 3.4, baseline_deviation: 21, minimum_uplift: 0.2 } } },
      plan: { power_planned: expect.closeTo(0.8, 3) },
    });
    const { plan } = report as { plan: { participants_planned: number } };
    expect(plan.participants_planned / (2 * perArm)).toBeCloseTo(1, 3);
  });

  test("takes mean and deviation of all participants so far where none are given, and says when there are too few", async () => {
    await lab.fill("shop", { counts: { a: [400, 100], b: [400, 100] }, value: (_, number) => 10 + (number % 20) });
    expect((await lab.act("shop/plan", MEAN)).status).toBe(200);
    // 200 values of 10 to 29 among 800: mean 4.875, variance 1/799 (83,750 - 800 · 4.875²).
    const sum = Array.from({ length: 200 }, (_, number) => 10 + ((number % 100) % 20));
    const squares = sum.reduce((total, value) => total + value ** 2, 0);
    const mean = sum.reduce((total, value) => total + value, 0) / 800;
    expect(await lab.report("shop")).toMatchObject({
      planning: {
        plan: {
          size: {
            baseline_mean: expect.closeTo(mean, 9),
            baseline_deviation: expect.closeTo(Math.sqrt((squares - 800 * mean ** 2) / 799), 9),
          },
        },
      },
    });
    await lab.fill("young", { counts: { a: [60, 5], b: [60, 5] }, value: () => 3 });
    expect(await refusal("young", MEAN)).toContain("worth 40 equal ones), got 10");
  });

  test("is refused with the rate of a rate, and a rate with a mean: the formula of one states a wrong power of the other", async () => {
    await lab.plan("mixed", ["a", "b"], { kpi: "", role: "primary" });
    expect(await refusal("mixed", { ...MEAN, baseline_rate: "5%" })).toContain(
      "decides on its mean, got `baseline_rate`",
    );
    const rate = { kpi: "", role: "primary", minimum_uplift: "20%", baseline_mean: "3", baseline_deviation: "9" };
    expect(await refusal("mixed", rate)).toContain("decides on a rate, got a mean or deviation");
    expect(await refusal("mixed", { ...MEAN, baseline_mean: "0", baseline_deviation: "9" })).toContain("other than 0");
    expect(await refusal("mixed", { ...MEAN, baseline_mean: "3", baseline_deviation: "-1" })).toContain("above 0");
    expect(await refusal("mixed", { ...MEAN, baseline_mean: "3,5", baseline_deviation: "1" })).toContain(
      "a number such as 4.2",
    );
  });

  test("is filled in from what was seen of the control, in a form that reads the fields of the figure that decides", async () => {
    // 100 values of 10 to 29 among 400: mean 4.875, variance 400/399 (103.375 - 4.875²).
    const body = await lab.body("/experiments/shop/plan");
    expect(body).toContain('class="planning" data-decided="mean"');
    await lab.act("shop/plan", { clear: "true" });
    const fresh = await lab.body("/experiments/shop/plan");
    expect(fresh).toMatch(/name="baseline_rate"[^>]*value="25"/);
    expect(fresh).toMatch(/name="baseline_mean"[^>]*value="4.88"/);
    expect(fresh).toMatch(/name="baseline_deviation"[^>]*value="8.93"/);
    expect(fresh).toMatch(/a mean of 4\.88 with a standard deviation of 8\.93, this is found 80% of the time/);
    expect(fresh.match(/class="plan-curve"/g)).toHaveLength(2);
    // A form sends all its fields, also those that nobody sees.
    const sent = { ...MEAN, baseline_rate: "25", baseline_mean: "4.88", baseline_deviation: "9.2", numbers: "percent" };
    expect((await lab.act("shop/plan", sent)).status).toBe(200);
    expect(await lab.report("shop")).toMatchObject({ planning: { plan: { size: { baseline_mean: 4.88 } } } });
    expect((await lab.act("shop/plan", { ...sent, decides_on: "rate" })).status).toBe(200);
    expect(await lab.report("shop")).toMatchObject({ planning: { plan: { size: { baseline_rate: 0.25 } } } });
    expect(await lab.body("/experiments/young/plan")).toContain("Too few values have come to take both from.");
  });

  test("has both fields in its form, and shows them again", async () => {
    const body = await lab.body("/experiments/revenue/plan");
    expect(body).toMatch(/name="baseline_mean"[^>]*value="3.4"/);
    expect(body).toMatch(/name="baseline_deviation"[^>]*value="21"/);
    expect(body).not.toMatch(/name="baseline_rate"[^>]*value="\d/);
  });
});

describe("a number without a sign", () => {
  const sizeOf = async (name: string, form: Form) => {
    await lab.plan(name, ["a", "b"], { kpi: "", role: "primary", ...form });
    return lab.report(name);
  };

  test("is percent in the form of the dashboard, and a fraction of one in a program's call", async () => {
    expect(await lab.body("/experiments/revenue/plan")).toContain('name="numbers" value="percent"');
    const typed = { baseline_rate: "0.5", minimum_uplift: "40", power: "85" };
    expect(await sizeOf("typed", { ...typed, numbers: "percent" })).toMatchObject({
      planning: { plan: { size: { baseline_rate: 0.005, minimum_uplift: 0.4, power: 0.85 } } },
    });
    expect(await sizeOf("called", { baseline_rate: "0.5", minimum_uplift: "0.4", power: "0.85" })).toMatchObject({
      planning: { plan: { size: { baseline_rate: 0.5, minimum_uplift: 0.4, power: 0.85 } } },
    });
    expect(await sizeOf("signed", { baseline_rate: "0.5%", minimum_uplift: "40 %", numbers: "percent" })).toMatchObject(
      {
        planning: { plan: { size: { baseline_rate: 0.005, minimum_uplift: 0.4 } } },
      },
    );
  });

  test("is percent of the control, points, or units of a mean as a guardrail's margin, and shown so again", async () => {
    const guardrails = {
      kpi: ["", "refund", "errors", "cost"],
      role: ["primary", "guardrail", "guardrail", "guardrail"],
      decides_on: ["rate", "rate", "rate", "mean"],
      margin: ["", "2", "0.5", "0.5"],
      margin_unit: ["percent", "percent", "absolute", "absolute"],
      numbers: "percent",
    };
    expect(await sizeOf("margins", guardrails)).toMatchObject({
      planning: {
        plan: {
          guardrails: [
            { margin: { kind: "relative", value: 0.02 } },
            { margin: { kind: "absolute", value: 0.005 } },
            { margin: { kind: "absolute", value: 0.5 } },
          ],
        },
      },
    });
    const rows = (await lab.body("/experiments/margins/plan")).split("<tr>").slice(3, 6);
    expect(rows.map((row) => /name="margin"[^>]*value="([^"]*)"/.exec(row)?.[1])).toEqual(["2", "0.5", "0.5"]);
    expect(rows.map((row) => /value="(percent|absolute)" selected/.exec(row)?.[1])).toEqual([
      "percent",
      "absolute",
      "absolute",
    ]);
  });

  test("with a comma in it is refused, before it shifts the rows below", async () => {
    const form = { kpi: ["", "refund"], role: ["primary", "guardrail"], margin: ["", "2,5"], numbers: "percent" };
    expect(await refusal("margins", form)).toContain("Decimals are written with a point");
  });
});

describe("the days left of a plan", () => {
  test("are told while somebody new may take part, and never else", async () => {
    await lab.plan("slow", ["a", "b"], { kpi: "", role: "primary", baseline_rate: "10%", minimum_uplift: "20%" });
    await lab.fill("slow", { counts: { a: [700, 70], b: [700, 72] } });
    const told = async () => [
      await lab.sentence("slow"),
      await lab.words("/experiments/slow/"),
      await lab.words("/all?q=slow"),
      await lab.body("/experiments/slow/readout.md"),
      await lab.body("/experiments/slow/summary.md"),
    ];
    const days = /\d days? left|\d d left|\d more days?\b/;
    expect((await told()).map((text) => days.test(text))).toEqual([true, true, true, true, true]);
    const shut = [
      ["slow/pause", { paused: "true" }, { paused: "false" }],
      ["slow/intake", { intake: "closed" }, { intake: "open" }],
    ] as const;
    for (const [path, off, on] of shut) {
      expect((await lab.act(path, off)).status).toBe(200);
      for (const text of await told()) expect(text).not.toMatch(days);
      expect(await lab.words("/experiments/slow/")).toContain("Nobody new takes part now.");
      expect((await lab.act(path, on)).status).toBe(200);
    }
  });
});

test("a page says since when its data are where they are older than the experiment", async () => {
  await lab.fill("older", { counts: { a: [700, 70], b: [700, 72] }, days: 10 });
  expect(await lab.words("/experiments/older/")).toMatch(
    /Created 2025-03-01 \d+ whole days of data, since \d{4}-\d\d-\d\d/,
  );
});

test("every view that a page links to is there, also of planned KPIs that nobody reached", async () => {
  const form = { kpi: ["", "refund", "calls"], role: ["primary", "guardrail", "secondary"] };
  await lab.plan("unreached", ["a", "b"], form);
  await lab.fill("unreached", { counts: { a: [300, 30], b: [300, 33] } });
  const page = await lab.body("/experiments/unreached/");
  const views = new Set(page.match(/(?<=href=")\/experiments\/unreached\/\?[^"#]*/g));
  expect([...views].filter((path) => /kpi=\w/.test(path))).toHaveLength(2);
  for (const path of views) {
    const view = await lab.body(path.replaceAll("&amp;", "&"));
    expect([path, view.includes('id="results-title"')]).toEqual([path, true]);
  }
  expect(await lab.report("unreached", "?kpi=refund")).toMatchObject({ kpi: "refund" });
});
