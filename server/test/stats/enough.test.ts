import { describe, expect, it } from "vitest";
import { effectiveValues, enoughForMeans, enoughForMeansAtLook, enoughForRates } from "../../src/stats/enough.ts";
import type { KpiCell, KpiSpec, ReportInput } from "../../src/stats/input.ts";
import { sampleOf } from "../../src/stats/mean.ts";
import type { Report } from "../../src/stats/report.ts";
import { twoProportionZ } from "../../src/stats/score.ts";
import { summarize } from "../../src/stats/summarize.ts";

type Counts = readonly [n: number, x: number];

function ratesOf([nc, xc]: Counts, [nt, xt]: Counts) {
  const [control, treatment] = [
    { n: nc, x: xc },
    { n: nt, x: xt },
  ];
  return enoughForRates([{ control, treatment }], twoProportionZ(control, treatment).z);
}

/** Participants of whom `count` have the same value. */
function same(n: number, count: number, value: number) {
  return sampleOf(n, count * value, count * value * value);
}

describe("enough of the rarer outcome", () => {
  it("is twenty in two equal arms, conversions or their absence", () => {
    expect(ratesOf([500, 10], [500, 9])).toEqual({ kind: "too-few", what: "conversions", have: 19, need: 20 });
    expect(ratesOf([500, 490], [500, 491])).toEqual({ kind: "too-few", what: "non-conversions", have: 19, need: 20 });
    expect(ratesOf([500, 490], [500, 490])).toEqual({ kind: "open" });
    // As many of either: named by what people count.
    expect(ratesOf([18, 9], [18, 9])).toEqual({ kind: "too-few", what: "conversions", have: 18, need: 20 });
  });

  it("is asked of each stretch by itself: shares that turn round leave each arm small where the other was compared with it", () => {
    const turned = [
      { control: { n: 600, x: 1 }, treatment: { n: 29_400, x: 23 } },
      { control: { n: 11_760, x: 38 }, treatment: { n: 240, x: 0 } },
    ];
    // 1,000 for an arm of 2 % in the one and in the other; added up they would look like two equal arms, and need 20.
    expect(enoughForRates(turned, 0)).toEqual({ kind: "too-few", what: "conversions", have: 62, need: 1000 });
  });

  it("grows with the imbalance, so that the smaller arm has its part", () => {
    // Twenty in an arm of 2 %, if nothing differs.
    expect(ratesOf([1960, 0], [40, 1])).toMatchObject({ kind: "too-few", need: 1000 });
    expect(ratesOf([1960, 1960], [40, 39])).toMatchObject({ kind: "too-few", what: "non-conversions", have: 1 });
  });

  it("is there at any count where chance can't have laid the outcome so", () => {
    // Every one of twelve in an arm of 2 %: a chance of 0.02^12.
    expect(ratesOf([588, 588], [12, 0])).toEqual({ kind: "open" });
  });
});

describe("enough values", () => {
  it("counts as if all were of one size, and never more than there are", () => {
    expect(effectiveValues(same(1000, 25, 7))).toBeCloseTo(25, 9);
    expect(effectiveValues(same(1000, 25, -7))).toBeCloseTo(25, 9);
    expect(effectiveValues(sampleOf(1000, 25 * 7 + 700, 25 * 49 + 700 * 700))).toBeLessThan(2);
    expect(effectiveValues(sampleOf(10, 0, 0))).toBe(0);
  });

  it("takes them from either arm, and more where the arms are unequal", () => {
    expect(enoughForMeans([{ control: same(1000, 0, 1), treatment: same(1000, 40, 1) }]).kind).toBe("open");
    expect(enoughForMeans([{ control: same(1000, 0, 1), treatment: same(1000, 39, 1) }])).toEqual({
      kind: "too-few",
      what: "values",
      have: 39,
      need: 40,
    });
    expect(enoughForMeans([{ control: same(900, 90, 1), treatment: same(100, 90, 1) }])).toMatchObject({ need: 1800 });
  });
});

/** A week of a clearly better primary KPI in 1,500 of each arm, and a guardrail where lower is better. */
function guarded(cells: readonly KpiCell[], margin: KpiSpec["margin"], more: Partial<KpiSpec> = {}): Report {
  const spec: KpiSpec = { name: "refund", role: "guardrail", better: "lower", ...more };
  const input: ReportInput = {
    arms: [{ name: "a" }, { name: "b" }],
    kpis: [{ name: "order", role: "primary" }, margin === undefined ? spec : { ...spec, margin }],
    epochs: [
      { weights: [1, 1], participants: [1500, 1500], kpis: [[{ conversions: 150 }, { conversions: 300 }], cells] },
    ],
    settings: { daysComplete: 7 },
  };
  return summarize(input);
}

describe("the verdict on few counts", () => {
  const counts = (a: number, b: number) => [{ conversions: a }, { conversions: b }];

  it("rolls nothing back on one failure of a canary", () => {
    for (const [n, x] of [
      [12, 11],
      [40, 39],
    ] as const) {
      const report = summarize({
        arms: [{ name: "a" }, { name: "b" }],
        kpis: [{ name: "works", role: "primary" }],
        epochs: [{ weights: [49, 1], participants: [49 * n, n], kpis: [counts(49 * n, x)] }],
        settings: { daysComplete: 7 },
      });
      expect(report.verdict.kind).toBe("too-early");
    }
  });

  it("does not ship on twenty-five values among hundreds of conversions", () => {
    const arms = [0, 25].map((count) => ({ conversions: 300, values: { sum: count, sumSquares: count } }));
    const report = summarize({
      arms: [{ name: "a" }, { name: "b" }],
      kpis: [{ name: "revenue", role: "primary", decidesOn: "mean" }],
      epochs: [{ weights: [1, 1], participants: [1000, 1000], kpis: [arms] }],
      settings: { daysComplete: 7 },
    });
    expect(report.verdict).toMatchObject({ kind: "too-early", conversionsNeeded: 15 });
    expect(report.verdict.sentence).toBe("Too early: values worth 15 more equal ones needed.");
  });

  it("shows good news of a rare guardrail safe", () => {
    expect(guarded(counts(1, 0), { kind: "absolute", value: 0.02 }).verdict.kind).toBe("ship");
    expect(guarded(counts(0, 0), { kind: "absolute", value: 0.02 }).verdict.kind).toBe("ship");
    expect(guarded(counts(24, 0), undefined).verdict.kind).toBe("ship");
  });

  it("still holds where nothing is known of a share of nothing", () => {
    expect(guarded(counts(0, 0), undefined).verdict.kind).toBe("hold");
  });

  it("sees harm that only the treatment has, as rates and as means", () => {
    expect(guarded(counts(0, 45), undefined).verdict).toMatchObject({ kind: "roll-back", kpi: "refund" });
    const refunds = [
      { conversions: 0, values: { sum: 0, sumSquares: 0 } },
      { conversions: 220, values: { sum: 220 * 23, sumSquares: 220 * (23 ** 2 + 9 ** 2) } },
    ];
    expect(guarded(refunds, undefined, { decidesOn: "mean" }).verdict).toMatchObject({ kind: "roll-back" });
  });
});

describe("the planned look", () => {
  const plan = { participants: 2000, baseline: { rate: 0.2 }, minimumUplift: 0.2 };
  const at = (n: number, a: number, b: number): ReportInput => ({
    arms: [{ name: "a" }, { name: "b" }],
    kpis: [{ name: "order", role: "primary" }],
    epochs: [{ weights: [1, 1], participants: [n, n], kpis: [[{ conversions: a }, { conversions: b }]] }],
    plan,
    settings: { daysComplete: 7 },
  });

  it("waits for conversions that come late, and at most until twice the planned size", () => {
    expect(summarize(at(1100, 0, 0)).plan).toMatchObject({ horizonReached: true, freezeNow: false });
    expect(summarize(at(1100, 220, 270)).plan.freezeNow).toBe(true);
    expect(summarize(at(2000, 0, 0)).plan.freezeNow).toBe(true);
  });

  it("waits until a small arm has its part of what all have together", () => {
    // Of 1:9 each needs 200: its part of 20, twice for being the smaller.
    const unequal = (a: number, b: number): ReportInput => ({
      ...at(0, 0, 0),
      epochs: [{ weights: [9, 1], participants: [1890, 210], kpis: [[{ conversions: a }, { conversions: b }]] }],
    });
    expect(summarize(unequal(190, 9)).plan.freezeNow).toBe(false);
    expect(summarize(unequal(190, 10)).plan.freezeNow).toBe(true);
    expect(summarize(unequal(0, 200)).plan.freezeNow).toBe(true);
  });

  it("takes twice the values of unequal arms, as its whole level is spent at once", () => {
    const pair = [{ control: same(900, 90, 1), treatment: same(100, 90, 1) }];
    expect(enoughForMeans(pair)).toMatchObject({ need: 1800 });
    expect(enoughForMeansAtLook(pair)).toMatchObject({ need: 3600 });
    const even = [{ control: same(500, 20, 1), treatment: same(500, 20, 1) }];
    expect(enoughForMeansAtLook(even)).toEqual(enoughForMeans(even));
  });
});
