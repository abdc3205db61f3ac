import { describe, expect, it } from "vitest";
import { type KpiSpec, type ReportInput, SETTINGS_DEFAULT } from "../../src/stats/input.ts";
import { comparisonsOf, familySize, levelsOf } from "../../src/stats/levels.ts";
import { summarize } from "../../src/stats/summarize.ts";

const goal: KpiSpec = { name: "order", role: "primary" };
const guard = (name: string): KpiSpec => ({ name, role: "guardrail", better: "lower" });
const plan = { participants: 20_000, baseline: { rate: 0.05 }, minimumUplift: 0.2 };

describe("levels", () => {
  it("are parts of alpha, one for each way to err", () => {
    expect(levelsOf({ kpis: [goal] }, SETTINGS_DEFAULT)).toEqual({ alpha: 0.05, continuous: 0.05, final: 0, harm: 0 });
    for (const kpis of [[goal], [goal, guard("refund")]]) {
      for (const asked of [{ kpis }, { kpis, plan }, { kpis, plan: { ...plan, finalLook: false } }]) {
        const { alpha, continuous, final, harm } = levelsOf(asked, SETTINGS_DEFAULT);
        expect(continuous + final + harm).toBeCloseTo(alpha, 12);
      }
    }
  });

  it("leave the planned look as sharp as it was with guardrails", () => {
    expect(levelsOf({ kpis: [goal, guard("refund")], plan }, SETTINGS_DEFAULT)).toMatchObject({
      continuous: 0.00375,
      final: 0.0425,
      harm: 0.00375,
    });
  });

  it("give each guardrail alpha of its own where that was chosen, and take nothing from the goals", () => {
    const levels = levelsOf({ kpis: [goal, guard("refund")], plan }, { ...SETTINGS_DEFAULT, rollBack: "each" });
    expect(levels).toEqual({ alpha: 0.05, continuous: 0.0075, final: 0.0425, harm: 0.05 });
  });
});

describe("the comparisons of a family", () => {
  const arms = ["a", "b", "c"].map((name) => ({ name }));
  const kpis: KpiSpec[] = [
    goal,
    { name: "basket", role: "primary" },
    { name: "visit", role: "secondary" },
    guard("refund"),
  ];

  it("are each alternative but the baseline, for each KPI of the family", () => {
    const planned = (family: Parameters<typeof comparisonsOf>[0]) => comparisonsOf(family, { arms, kpis });
    expect([planned("goal"), planned("exploratory"), planned("guardrail")]).toEqual([4, 2, 2]);
    expect(familySize({ arms, kpis })).toBe(4);
  });

  it("are as many times more as there were KPIs to choose the one that decides from", () => {
    const settings = { chosenAmong: 3 };
    expect(familySize({ arms, kpis: [goal, guard("refund")], settings })).toBe(6);
    expect(comparisonsOf("guardrail", { arms, kpis: [goal, guard("refund")], settings })).toBe(2);
    const epochs = [
      { weights: [1, 1], participants: [5_000, 5_000], kpis: [[{ conversions: 500 }, { conversions: 590 }]] },
    ];
    const asked = { arms: arms.slice(1), kpis: [goal], epochs, plan };
    const [free, counted] = [summarize(asked), summarize({ ...asked, settings })].map((report) => {
      const [kpi] = report.kpis;
      const comparison = kpi?.kind === "analysed" ? kpi.rates[1]?.comparison : undefined;
      if (comparison?.kind !== "compared") throw new Error("Expected a comparison");
      return { ...comparison, power: report.plan.powerPlanned ?? 0, detectable: report.plan.detectableUplift ?? 0 };
    });
    expect(counted?.pHolm).toBeCloseTo(3 * (free?.pAlwaysValid ?? 1), 12);
    expect(counted?.upliftBonferroni?.lower).toBeLessThan(free?.upliftBonferroni?.lower ?? -1);
    expect(counted?.power).toBeLessThan(free?.power ?? 0);
    expect(counted?.detectable).toBeGreaterThan(free?.detectable ?? 1);
  });

  it("are at least one, so that alpha can be divided by them", () => {
    expect(familySize({ arms: arms.slice(0, 1), kpis })).toBe(1);
    expect(familySize({ arms, kpis: [guard("refund")] })).toBe(1);
  });
});

describe("rolling back by guardrails", () => {
  /** Five guardrails over ten arms; of one arm and guardrail z is 3.6, all others are alike. */
  const input = (rollBack: "experiment" | "each", compared: number): ReportInput => {
    const arms = Array.from({ length: 10 }, (_, arm) => ({ name: `arm${arm}` }));
    const cells = arms.map(() => ({ conversions: 100 }));
    const worse = arms.map((_, arm) => ({ conversions: arm === 1 ? 157 : 100 }));
    return {
      arms,
      kpis: [goal, ...Array.from({ length: 5 }, (_, index) => guard(`guard${index}`))],
      epochs: [
        {
          weights: arms.map(() => 1),
          participants: arms.map((_, arm) => (arm <= compared ? 2000 : 0)),
          kpis: [cells, worse, cells, cells, cells, cells].map((row) =>
            row.map((cell, arm) => (arm <= compared ? cell : { conversions: 0 })),
          ),
        },
      ],
      settings: { daysComplete: 7, tuningSize: 4000, rollBack },
    };
  };

  it("counts all arms and guardrails that are planned, also those without anybody yet", () => {
    expect(summarize(input("experiment", 9)).verdict.kind).not.toBe("roll-back");
    expect(summarize(input("experiment", 1)).verdict.kind).not.toBe("roll-back");
  });

  it("concludes nothing of a guardrail from the planned look, which is the goals'", () => {
    const epochs = [
      {
        weights: [1, 1],
        participants: [5000, 5000],
        kpis: [
          [{ conversions: 500 }, { conversions: 500 }],
          // z is 2.3: below .04 at one look, nothing when looked at any time.
          [{ conversions: 500 }, { conversions: 570 }],
        ],
      },
    ];
    const report = summarize({
      arms: [{ name: "a" }, { name: "b" }],
      kpis: [goal, guard("refund")],
      epochs,
      finalLook: epochs,
      plan: { ...plan, participants: 10_000 },
      settings: { daysComplete: 7, rollBack: "each" },
    });
    const [, refund] = report.kpis;
    const comparison = refund?.kind === "analysed" ? refund.rates[1]?.comparison : undefined;
    expect(comparison).toMatchObject({ kind: "compared", conclusion: "undecided", concludedBy: null });
    expect(comparison?.kind === "compared" && comparison.finalLook?.pValue).toBeLessThan(0.04);
  });

  it("goes by each alone where that was chosen", () => {
    expect(summarize(input("each", 9)).verdict).toMatchObject({ kind: "roll-back", arm: 1, kpi: "guard0" });
  });
});
