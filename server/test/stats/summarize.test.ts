import { describe, expect, it } from "vitest";
import type { EpochCounts, KpiSpec, ReportInput } from "../../src/stats/input.ts";
import type { Comparison, KpiReport, Report } from "../../src/stats/report.ts";
import { summarize, summarizeSteps } from "../../src/stats/summarize.ts";
import { oneEpoch } from "./one-epoch.ts";

/** Every number in the report is finite, so JSON carries all of it. */
function expectJson(report: Report): void {
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
}

function kpi(report: Report, index = 0): KpiReport {
  const found = report.kpis[index];
  if (found?.kind !== "analysed") throw new Error(`Expected an analysed KPI, got ${JSON.stringify(found)}`);
  return found;
}

function comparison(report: Report, arm = 1, index = 0): Comparison {
  const section = kpi(report, index);
  const found = (section[section.decidesOn] ?? [])[arm]?.comparison;
  if (found?.kind !== "compared") throw new Error(`Expected a comparison, got ${JSON.stringify(found)}`);
  return found;
}

function arms(...counts: readonly (readonly [number, number])[]) {
  return counts.map(([participants, conversions], arm) => ({ name: `arm${arm}`, participants, conversions }));
}

describe("bad input gets a tagged reason, never NaN and never a throw", () => {
  const bad: readonly (readonly [string, ReportInput, string])[] = [
    ["conversions above participants", oneEpoch(arms([10, 11], [10, 2])), "conversions-above-participants"],
    ["negative conversions", oneEpoch(arms([10, -1], [10, 2])), "impossible-count"],
    ["fractional conversions", oneEpoch(arms([10, 1.5], [10, 2])), "impossible-count"],
    ["negative participants", oneEpoch(arms([-10, 0], [10, 2])), "impossible-count"],
    ["NaN participants", oneEpoch(arms([Number.NaN, 0], [10, 2])), "impossible-count"],
    ["infinite participants", oneEpoch(arms([Infinity, 0], [10, 2])), "impossible-count"],
    ["no arms", oneEpoch([]), "malformed-input"],
    ["a baseline that is no arm", oneEpoch(arms([10, 1], [10, 2]), { baseline: 2 }), "malformed-input"],
    ["no epochs", { ...oneEpoch(arms([10, 1], [10, 2])), epochs: [] }, "malformed-input"],
    ["an alpha of 2", oneEpoch(arms([10, 1], [10, 2]), { settings: { alpha: 2 } }), "malformed-input"],
  ];

  for (const [name, input, reason] of bad) {
    it(name, () => {
      const report = summarize(input);
      expect(report.kpis[0]).toMatchObject({ kind: "no-inference", reason });
      expect(report.verdict).toMatchObject({ kind: "no-inference", reason });
      expectJson(report);
    });
  }

  it("sums that no values have", () => {
    const input = oneEpoch(arms([10, 2], [10, 2]));
    const epochs = input.epochs.map((epoch) => ({
      ...epoch,
      kpis: [epoch.participants.map(() => ({ conversions: 2, values: { sum: 10, sumSquares: 1 } }))],
    }));
    expect(summarize({ ...input, epochs }).kpis[0]).toMatchObject({ reason: "impossible-moments" });
  });

  it("an empty arm leaves the others' comparisons alone", () => {
    const report = summarize(oneEpoch(arms([1000, 50], [1000, 80], [0, 0])));
    expect(kpi(report).rates[2]).toMatchObject({
      rate: null,
      chanceToBeBest: null,
      comparison: { kind: "no-inference", reason: "empty-arm" },
    });
    expect(comparison(report).pFixed).toBeLessThan(0.05);
    expectJson(report);
  });

  it("an empty baseline, all arms empty, one arm", () => {
    const emptyBaseline = summarize(oneEpoch(arms([0, 0], [1000, 80])));
    expect(kpi(emptyBaseline).rates[1]?.comparison).toMatchObject({ reason: "empty-arm" });
    const empty = summarize(oneEpoch(arms([0, 0], [0, 0])));
    expect(empty.verdict.kind).toBe("too-early");
    const single = summarize(oneEpoch(arms([1000, 80])));
    expect(single.sampleRatio).toMatchObject({ kind: "no-inference", reason: "one-arm" });
    expect(kpi(single).rates[0]?.chanceToBeBest).toBeCloseTo(1, 12);
    for (const report of [emptyBaseline, empty, single]) expectJson(report);
  });

  it("no and all conversions have null for what does not exist", () => {
    for (const counts of [arms([1000, 0], [1000, 0]), arms([1000, 0], [1000, 30]), arms([50, 50], [50, 50])]) {
      expectJson(summarize(oneEpoch(counts)));
    }
    const report = summarize(oneEpoch(arms([1000, 0], [1000, 30])));
    expect(comparison(report).uplift).toMatchObject({
      estimate: null,
      fixed: { upper: null, unbounded: true },
    });
  });
});

describe("what a report holds", () => {
  it("compares with any arm as the baseline", () => {
    const there = comparison(summarize(oneEpoch(arms([1000, 50], [1000, 80]), { baseline: 0 })), 1);
    const back = comparison(summarize(oneEpoch(arms([1000, 50], [1000, 80]), { baseline: 1 })), 0);
    expect(back.test.statistic).toBeCloseTo(-there.test.statistic, 12);
    expect(back.chanceToBeatBaseline).toBeCloseTo(1 - there.chanceToBeatBaseline, 9);
  });

  it("holds alpha over arms × goal KPIs by Holm, and explores secondary KPIs apart when a primary is named", () => {
    const counts = (conversions: readonly number[]) => conversions.map((each) => ({ conversions: each }));
    const input: ReportInput = {
      arms: [{ name: "a" }, { name: "b" }, { name: "c" }],
      kpis: [
        { name: "one", role: "secondary" },
        { name: "two", role: "secondary" },
      ],
      epochs: [
        { weights: [1, 1, 1], participants: [9000, 9000, 9000], kpis: [counts([450, 560, 470]), counts([90, 95, 85])] },
      ],
    };
    const report = summarize(input);
    const best = comparison(report, 1, 0);
    expect(best.pHolm).toBeCloseTo(Math.min(1, 4 * best.pAlwaysValid), 12);
    const named = summarize({
      ...input,
      kpis: [
        { name: "one", role: "primary" },
        { name: "two", role: "secondary" },
      ],
    });
    expect(comparison(named, 1, 0).pHolm).toBeCloseTo(2 * best.pAlwaysValid, 12);
    expect(comparison(named, 1, 1)).toMatchObject({ pHolm: null });
    expect(comparison(named, 1, 1).pBenjaminiHochberg).not.toBeNull();
  });

  it("gives an explored KPI a hint and no conclusion, however large its difference is", () => {
    const { kpis } = summarize({
      arms: [{ name: "a" }, { name: "b" }],
      kpis: [
        { name: "deciding", role: "primary" },
        { name: "explored", role: "secondary" },
      ],
      epochs: [
        {
          weights: [1, 1],
          participants: [9_000, 9_000],
          kpis: [
            [{ conversions: 450 }, { conversions: 450 }],
            [{ conversions: 1_300 }, { conversions: 1_000 }],
          ],
        },
      ],
    });
    const found = kpis.map((one) => (one.kind === "analysed" ? one.rates[1]?.comparison : one));
    expect(found).toMatchObject([
      { conclusion: "undecided", hint: "undecided" },
      { conclusion: "undecided", conclusionNow: "undecided", concludedBy: null, hint: "worse" },
    ]);
  });

  it("says that a guardrail is worse than its margin at its share of the harm's level alone", () => {
    const safetyOf = (conversions: number) => {
      const counts = (of: number) => [{ conversions: 1_000 }, { conversions: of }];
      const margin = { kind: "absolute", value: 0.001 } as const;
      const guards = ["one", "two", "three", "four"].map((name) => ({
        name,
        role: "guardrail",
        better: "lower",
        margin,
      }));
      const report = summarize({
        arms: [{ name: "a" }, { name: "b" }],
        kpis: [{ name: "goal", role: "primary" }, ...(guards as KpiSpec[])],
        epochs: [
          {
            weights: [1, 1],
            participants: [10_000, 10_000],
            kpis: [counts(1_000), counts(conversions), counts(1_000), counts(1_000), counts(1_000)],
          },
        ],
      });
      return comparison(report, 1, 1);
    };
    // The interval of 1,170 against 1,000 lies beyond a tenth of a point at .05, and p is .0036: no harm at .00375 / 4.
    const near = safetyOf(1_170);
    expect(near.difference.alwaysValid.lower).toBeGreaterThan(0.001);
    expect(near).toMatchObject({ conclusion: "undecided", nonInferiority: { conclusion: "undecided" } });
    expect(safetyOf(1_300)).toMatchObject({ conclusion: "worse", nonInferiority: { conclusion: "inferior" } });
  });

  it("asks the caller to freeze the counts once, when the plan is reached", () => {
    const plan = { participants: 2000, baseline: { rate: 0.05 }, minimumUplift: 0.2 };
    const input = oneEpoch(arms([1000, 50], [1000, 60]), { plan });
    expect(summarize(input).plan).toMatchObject({ horizonReached: true, freezeNow: true });
    const later = summarize({ ...input, finalLook: input.epochs });
    expect(later.plan.freezeNow).toBe(false);
    expect(comparison(later).finalLook?.pValue).toBe(comparison(later).pFixed);
    expect(later.levels).toEqual({ alpha: 0.05, continuous: 0.0075, final: 0.0425, harm: 0 });
  });

  it("takes no final look when the weights follow the results", () => {
    const plan = { participants: 2000, baseline: { rate: 0.05 }, minimumUplift: 0.2 };
    const input = oneEpoch(arms([1000, 50], [1000, 60]), { plan, settings: { adaptive: true } });
    const report = summarize({ ...input, finalLook: input.epochs });
    expect(comparison(report).finalLook).toBeNull();
    expect(report.levels.continuous).toBe(0.05);
  });
});

describe("epochs", () => {
  /** Weights move to blue while the base rate rises; within each epoch both arms convert alike. */
  const epochs: readonly EpochCounts[] = [
    { weights: [9, 1], participants: [9000, 1000], kpis: [[{ conversions: 450 }, { conversions: 50 }]] },
    { weights: [1, 9], participants: [1000, 9000], kpis: [[{ conversions: 150 }, { conversions: 1350 }]] },
  ];
  const input: ReportInput = {
    arms: [{ name: "control" }, { name: "blue" }],
    kpis: [{ name: "signup", role: "primary" }],
    epochs,
  };

  it("compares within epochs when weights changed, where pooling would invent a winner", () => {
    const report = summarize(input);
    expect(report.stratified).toBe(true);
    expect(comparison(report)).toMatchObject({ test: { kind: "cochran-mantel-haenszel" }, conclusion: "undecided" });
    expect(comparison(report).uplift.estimate).toBeCloseTo(0, 12);
    const pooled = summarize(oneEpoch(arms([10_000, 600], [10_000, 1400])));
    expect(comparison(pooled).conclusion).toBe("better");
    expectJson(report);
  });

  it("adds epochs up when nothing that matters changed", () => {
    const same = epochs.map((epoch) => ({ ...epoch, weights: [1, 1], participants: [5000, 5000] }));
    const report = summarize({ ...input, epochs: same });
    expect(report.stratified).toBe(false);
    expect(comparison(report).test.kind).toBe("score");
  });

  it("compares an arm added later only with clients of its own epochs", () => {
    const cells = (...conversions: number[]) => [conversions.map((each) => ({ conversions: each }))];
    const report = summarize({
      arms: [{ name: "control" }, { name: "blue" }, { name: "late" }],
      kpis: [{ name: "signup", role: "primary" }],
      epochs: [
        { weights: [1, 1, 0], participants: [5000, 5000, 0], kpis: cells(250, 260, 0) },
        { weights: [1, 1, 1], participants: [3000, 3000, 3000], kpis: cells(300, 310, 330) },
      ],
    });
    expect(comparison(report, 2).test.kind).toBe("score");
    expect(comparison(report, 2).difference.estimate).toBeCloseTo(0.01, 12);
    expect(comparison(report, 1).test.kind).toBe("cochran-mantel-haenszel");
    expectJson(report);
  });

  it("says when two arms never took clients together", () => {
    const cells = (...conversions: number[]) => [conversions.map((each) => ({ conversions: each }))];
    const report = summarize({
      ...input,
      epochs: [
        { weights: [1, 0], participants: [5000, 0], kpis: cells(250, 0) },
        { weights: [0, 1], participants: [0, 3000], kpis: cells(0, 300) },
      ],
    });
    expect(kpi(report).rates[1]?.comparison).toMatchObject({ kind: "no-inference", reason: "never-together" });
    expectJson(report);
  });
});

describe("values", () => {
  const values = (conversions: number, sum: number, sumSquares: number) => ({
    conversions,
    values: { sum, sumSquares },
  });
  const input: ReportInput = {
    arms: [{ name: "control" }, { name: "blue" }],
    kpis: [{ name: "revenue", role: "primary", decidesOn: "mean" }],
    epochs: [
      {
        weights: [1, 1],
        participants: [5000, 5000],
        kpis: [[values(500, 10_000, 400_000), values(520, 12_000, 480_000)]],
      },
    ],
  };

  it("reports means beside the rates and decides on them where that was asked for", () => {
    const report = summarize(input);
    expect(kpi(report).decidesOn).toBe("means");
    expect(kpi(report).rates[1]?.rate).toBeCloseTo(0.104, 12);
    expect(kpi(report).means?.[1]?.mean).toBeCloseTo(2.4, 12);
    expect(comparison(report).test.kind).toBe("welch");
    expectJson(report);
  });

  it("asks whether means differ at all, as Welch's test does for two arms", () => {
    const report = summarize(input);
    const { test, pFixed } = comparison(report);
    const omnibus = kpi(report).omnibusMeans;
    expect(omnibus?.kind).toBe("tested");
    if (omnibus?.kind !== "tested") return;
    expect(omnibus.f).toBeCloseTo(test.statistic ** 2, 9);
    expect(omnibus.dfWithin / (test.df ?? 0)).toBeCloseTo(1, 12);
    expect(omnibus.p / (pFixed ?? 0)).toBeCloseTo(1, 9);
    expect(kpi(summarize(oneEpoch(arms([100, 5], [100, 6])))).omnibusMeans).toBeNull();
  });

  it("waits for forty values of equal size, however many converted", () => {
    const few = {
      ...input,
      epochs: input.epochs.map((e) => ({ ...e, kpis: [[values(80, 300, 6000), values(90, 200, 2667)]] })),
    };
    expect(comparison(summarize(few)).gate).toEqual({
      kind: "too-few",
      what: "values",
      // 300² / 6000 and 200² / 2667.
      have: 29,
      need: 40,
    });
  });

  it("ends also where one epoch has a large mean without any spread and another hardly any spread at all", () => {
    // 5e7 participants who all gave 1e12, and ten whose spread of 1e-6 has a share of 2e-7 in the standard error.
    const constant = { conversions: 5e7, values: { sum: 5e19, sumSquares: 5e31 } };
    const small = { conversions: 10, values: { sum: 1e-5, sumSquares: 2e-11 } };
    const report = summarize({
      arms: [{ name: "control" }, { name: "blue" }],
      kpis: [{ name: "revenue", role: "primary", decidesOn: "mean" }],
      epochs: [
        { weights: [1, 1], participants: [5e7, 5e7], kpis: [[constant, constant]] },
        { weights: [1, 2], participants: [10, 10], kpis: [[small, small]] },
      ],
    });
    expect(kpi(report).means?.[0]?.chanceToBeBest).toBeCloseTo(0.5, 9);
    expectJson(report);
  });

  it("has no test when nobody spent anything", () => {
    const none = { ...input, epochs: input.epochs.map((e) => ({ ...e, kpis: [[values(0, 0, 0), values(0, 0, 0)]] })) };
    const report = summarize(none);
    expect(kpi(report).means?.[1]?.comparison).toMatchObject({ reason: "no-variance" });
    expect(kpi(report).omnibusMeans).toMatchObject({ reason: "no-variance" });
    expectJson(report);
  });
});

describe("pieces", () => {
  it("gives the same report, in pieces", () => {
    const input = oneEpoch(arms([1000, 50], [1000, 60], [1000, 70]));
    const steps = summarizeSteps(input);
    let pauses = 0;
    let step = steps.next();
    for (; !step.done; step = steps.next()) pauses++;
    expect(step.value).toEqual(summarize(input));
    expect(pauses).toBeGreaterThan(4);
  });

  it("pauses several times for every arm, however many there are", () => {
    const many = Array.from({ length: 60 }, (_, arm) => [1000, 40 + arm] as const);
    let pauses = 0;
    for (const _ of summarizeSteps(oneEpoch(arms(...many)))) pauses++;
    expect(pauses).toBeGreaterThan(5 * many.length);
  });
});
