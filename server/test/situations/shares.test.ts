/** Shares that change: figures that add up all days are not shown as if they compared alternatives (results.md, F16). */
import { beforeAll, describe, expect, test } from "vitest";
import { type Counts, sharedLab } from "./lab.ts";

const lab = sharedLab();

/** Equal alternatives in two stretches, the second with 1:9 and three times the rate: pooled, b is far ahead. */
async function skewed(name: string, value?: () => number): Promise<void> {
  const filling = { days: 5, ...(value === undefined ? {} : { value }) };
  await lab.fill(name, { ...filling, crowd: "one", counts: { a: [900, 45], b: [900, 45] } });
  expect((await lab.act(`${name}/weights`, { weights: ["1", "9"] })).status).toBe(200);
  await lab.fill(name, { ...filling, crowd: "two", counts: { a: [120, 24], b: [1080, 216] } });
}

beforeAll(async () => {
  await skewed("skewed");
  await lab.plan("amounts", ["a", "b"], { kpi: "", role: "primary", decides_on: "mean" });
  await skewed("amounts", () => 7 + Math.sin(3));
});

const arms = (arm: object) => [arm, arm];

describe("after weights were changed", () => {
  test("the JSON has no pooled interval, no pooled test and no label of 2.7, and says why", async () => {
    const json = await lab.json("skewed");
    expect(json).toMatchObject({
      labels_hidden: expect.stringContaining("shares of the alternatives changed"),
      alternatives: arms({ test_statistic: "N/A", confidence_level: "N/A" }),
      report: {
        hidden: expect.stringContaining("shares of the alternatives changed"),
        shares_changed: true,
        kpis: [{ omnibus: null, omnibus_means: null, rates: arms({ rate_interval: null }) }],
      },
    });
    // What is compared within the stretches stands: no difference, for one look either.
    expect(json).toMatchObject({
      report: { kpis: [{ rates: [{}, { comparison: { p_fixed: expect.closeTo(1, 6), conclusion: "undecided" } }] }] },
    });
    expect(await lab.report("amounts")).toMatchObject({
      kpis: [{ omnibus: null, omnibus_means: null, means: arms({ mean_interval: null }) }],
    });
  });

  test("the list of 2.7 has no label either", async () => {
    const list = JSON.parse(await lab.body("/experiments.json")) as { experiments: { name: string }[] };
    expect(list.experiments.find(({ name }) => name === "skewed")).toMatchObject({
      labels_hidden: expect.any(String),
      alternatives: arms({ confidence_level: "N/A" }),
    });
  });

  test("page, chart, summary and list say that rates are pooled, and show no range and no label", async () => {
    const page = await lab.words("/experiments/skewed/");
    expect(page).toContain("Hidden: The shares of the alternatives changed during the test.");
    expect(page).not.toContain("Sixpack label:");
    const results = await lab.words("/experiments/skewed/", /<table class="results".*?<\/table>/s);
    expect(results.match(/pooled/g)).toHaveLength(2);
    expect(page).toContain("Pooled cumulative rate");
    expect(await lab.body("/experiments/skewed/chart.svg?chart=cumulative")).not.toContain('<path class="series-band"');
    expect(await lab.body("/experiments/skewed/summary.md")).toContain("Rates and means are pooled.");
    expect(await lab.words("/all")).toContain("pooled");
    expect(await lab.words("/all?view=cards")).toContain("Control, pooled");
  });
});

test("an alternative that is added later changes the shares, too", async () => {
  await lab.fill("grown", { counts: { a: [300, 12], b: [300, 13] }, days: 4 });
  expect((await lab.act("grown/alternatives", { alternative: "c" })).status).toBe(200);
  const later: Counts = [200, 60];
  await lab.fill("grown", { crowd: "later", counts: { a: later, b: later, c: later }, days: 4 });
  expect(await lab.json("grown")).toMatchObject({
    labels_hidden: expect.any(String),
    report: { kpis: [{ omnibus: null }] },
  });
});

test("a change of traffic alone leaves the shares as they are, and hides nothing", async () => {
  await lab.fill("traffic", { counts: { a: [300, 30], b: [300, 40] }, days: 4 });
  expect((await lab.act("traffic/traffic", { traffic_fraction: "0.5" })).status).toBe(200);
  await lab.fill("traffic", { crowd: "later", counts: { a: [300, 30], b: [300, 40] }, days: 4 });
  expect(await lab.json("traffic")).toMatchObject({
    labels_hidden: null,
    report: { stratified: true, shares_changed: false, hidden: null, kpis: [{ omnibus: { kind: "tested" } }] },
  });
});
