import { describe, expect, it } from "vitest";
import type { EpochCounts, ReportInput } from "../../src/stats/input.ts";
import type { Verdict } from "../../src/stats/report.ts";
import { summarize } from "../../src/stats/summarize.ts";
import { oneEpoch } from "./one-epoch.ts";

type Counts = readonly [participants: number, conversions: number];

const WEEK = { daysComplete: 7, recentDailyParticipants: [1000, 1000, 1000, 1000, 1000, 1000, 1000] };
const PLAN = { participants: 20_000, baseline: { rate: 0.05 }, minimumUplift: 0.2 };

function two(control: Counts, blue: Counts, more: Partial<ReportInput> = {}): ReportInput {
  return oneEpoch(
    [
      { name: "control", participants: control[0], conversions: control[1] },
      { name: "blue", participants: blue[0], conversions: blue[1] },
    ],
    { settings: WEEK, ...more },
  );
}

function verdict(input: ReportInput): Verdict {
  return summarize(input).verdict;
}

/** The same counts, frozen as the final look. */
function frozen(input: ReportInput): ReportInput {
  return { ...input, finalLook: input.epochs };
}

/** A primary KPI and a guardrail on the same participants. */
function guarded(primary: readonly [number, number], guardrail: readonly [number, number], n = 20_000): ReportInput {
  const epoch: EpochCounts = {
    weights: [1, 1],
    participants: [n, n],
    kpis: [primary, guardrail].map((row) => row.map((conversions) => ({ conversions }))),
  };
  return {
    arms: [{ name: "control" }, { name: "blue" }],
    kpis: [
      { name: "signup", role: "primary" },
      { name: "retention", role: "guardrail" },
    ],
    epochs: [epoch],
    settings: WEEK,
  };
}

describe("the verdict, first match wins", () => {
  it("says first that the split is wrong, even when an arm wins", () => {
    const answer = verdict(two([11_000, 500], [9_000, 900]));
    expect(answer.kind).toBe("sample-ratio-mismatch");
    expect(answer.sentence).toBe(
      "Do not use these results: the traffic split is 55% / 45%, expected 50% / 50% (chance below 1 in 1000). Find the cause, mend it, then reset the experiment.",
    );
  });

  it("asks before a week is over for whole days alone, where there is enough of everything else", () => {
    const days = { settings: { daysComplete: 3 } };
    expect(verdict(two([10_000, 500], [10_000, 520], days)).sentence).toBe("Too early: 4 more whole days needed.");
    const alike = { conversions: 10_000, values: { sum: 50_000, sumSquares: 250_000 } };
    const means: ReportInput = {
      arms: [{ name: "control" }, { name: "blue" }],
      kpis: [{ name: "revenue", role: "primary", decidesOn: "mean" }],
      epochs: [{ weights: [1, 1], participants: [10_000, 10_000], kpis: [[alike, alike]] }],
      ...days,
    };
    expect(verdict(means).sentence).toBe(
      "Too early: all values of revenue are the same so far, and 4 more whole days needed.",
    );
    // One visitor of each alternative: what they spent differs, and nothing can be said yet.
    const spent = (sum: number) => ({ conversions: 1, values: { sum, sumSquares: sum ** 2 } });
    const first = { weights: [1, 1], participants: [1, 1], kpis: [[spent(5), spent(3)]] };
    expect(verdict({ ...means, epochs: [first] }).sentence).toBe(
      "Too early: two visitors of each alternative are needed, with values that differ, and 4 more whole days needed.",
    );
    const tenths = { conversions: 3, values: { sum: 0.1 + 0.1 + 0.1, sumSquares: 3 * 0.1 ** 2 } };
    const same = { weights: [1, 1], participants: [3, 1], kpis: [[tenths, { ...spent(0.1), conversions: 1 }]] };
    expect(verdict({ ...means, epochs: [same] }).sentence).toBe(
      "Too early: all values of revenue are the same so far, and 4 more whole days needed.",
    );
  });

  it("keeps a latched mismatch after the split has healed", () => {
    const answer = verdict(two([10_000, 500], [10_000, 900], { settings: { ...WEEK, sampleRatioLatched: true } }));
    expect(answer.kind).toBe("sample-ratio-mismatch");
    expect(answer.sentence).toBe(
      "Do not use these results: the traffic split was wrong at an earlier time (chance below 1 in 1000). Find the cause, mend it, then reset the experiment.",
    );
  });

  it("shows as many digits of a wrong split as tell it from the right one, and not sixty shares", () => {
    const large = verdict(two([25_020_000, 500], [24_980_000, 500]));
    expect(large.sentence).toMatch(/the traffic split is 50.04% \/ 49.96%, expected 50% \/ 50% \(/);
    const many = Array.from({ length: 60 }, (_, arm) => {
      return { name: `arm${arm}`, participants: arm === 0 ? 5000 : 1000, conversions: 50 };
    });
    expect(verdict(oneEpoch(many, { settings: WEEK })).sentence).toMatch(
      /the traffic split is wrong, most for arm0 with 7\.8%, expected 1\.7% /,
    );
  });

  it("never says 0% of an effect that it claims", () => {
    const answer = verdict(two([5e7, 2.5e7], [5e7, 25_040_000]));
    expect(answer.sentence).toMatch(/^Ship blue: conversion is up 0\.16% \(at least 0\.0[5-9]\d?%\)/);
    const worse = verdict(two([5e7, 2.5e7], [5e7, 24_960_000]));
    expect(worse.sentence).toMatch(/^Roll back blue: conversion is down by 0\.0\d+% to 0\.\d\d%, and this holds/);
  });

  it("asks for a roll-back when the primary KPI is down at every look, before a week has passed", () => {
    const answer = verdict(two([10_000, 900], [10_000, 500], { settings: { daysComplete: 1 } }));
    expect(answer).toMatchObject({ kind: "roll-back", arm: 1, kpi: "conversion" });
    expect(answer.sentence).toMatch(
      /^Roll back blue: conversion is down by 3\d.*% to 5\d.*%, and this holds however often/,
    );
  });

  it("asks for a roll-back when a guardrail is down although the primary KPI is up", () => {
    expect(verdict(guarded([1000, 1400], [4000, 3200]))).toMatchObject({ kind: "roll-back", kpi: "retention" });
  });

  it("asks for a roll-back when a KPI where lower is better is up", () => {
    const input = two([10_000, 500], [10_000, 900], { kpis: [{ name: "refund", role: "primary", better: "lower" }] });
    expect(verdict(input).sentence).toMatch(/^Roll back blue: refund is up by /);
  });

  it("says too early below seven whole days", () => {
    const answer = verdict(two([10_000, 500], [10_000, 900], { settings: { daysComplete: 5 } }));
    expect(answer).toMatchObject({ kind: "too-early", daysNeeded: 2, conversionsNeeded: 0 });
    expect(answer.sentence).toBe("Too early: 2 more whole days needed.");
  });

  it("says too early below twenty conversions and how many are missing", () => {
    const answer = verdict(two([100, 5], [100, 8]));
    expect(answer).toMatchObject({ kind: "too-early", daysNeeded: 0, conversionsNeeded: 7 });
    expect(answer.sentence).toBe("Too early: 7 more conversions needed.");
  });

  it("asks for values where a mean decides", () => {
    const cell = (x: number, sum: number, sumSquares: number) => ({ conversions: x, values: { sum, sumSquares } });
    const answer = verdict({
      arms: [{ name: "control" }, { name: "blue" }],
      kpis: [{ name: "revenue", role: "primary", decidesOn: "mean" }],
      epochs: [{ weights: [1, 1], participants: [5000, 5000], kpis: [[cell(30, 300, 6000), cell(20, 200, 2667)]] }],
      settings: WEEK,
    });
    expect(answer.sentence).toBe("Too early: values worth 11 more equal ones needed.");
  });

  it("ships an alternative that the always-valid test shows better, and warns of early estimates", () => {
    const answer = verdict(two([10_000, 500], [10_000, 700]));
    expect(answer).toMatchObject({ kind: "ship", arm: 1 });
    expect(answer.sentence).toMatch(
      /^Ship blue: conversion is up 40\.0% \(at least \d.*%\)\. Expect somewhat less: an estimate from an early stop/,
    );
    expect(answer.inputs["concludedBy"]).toBe("always-valid");
  });

  it("ships on the final look what continuous looking alone would not show", () => {
    const input = two([10_000, 500], [10_000, 575], { plan: PLAN });
    expect(verdict(input).kind).not.toBe("ship");
    const answer = verdict(frozen(input));
    expect(answer).toMatchObject({ kind: "ship", inputs: { concludedBy: "final-look" } });
    expect(answer.sentence).not.toMatch(/early/);
  });

  it("ships the better of two superior arms", () => {
    const arms = [500, 800, 900].map((conversions, arm) => ({ name: `arm${arm}`, participants: 10_000, conversions }));
    expect(verdict(oneEpoch(arms, { settings: WEEK }))).toMatchObject({ kind: "ship", arm: 2 });
  });

  it("promises of the best of several arms what holds for all of them together", () => {
    const counts = [500, 690, 560, 520].map((x, arm) => ({ name: `arm${arm}`, participants: 10_000, conversions: x }));
    const least = (input: ReportInput): number => Number(/at least ([\d.]+)%/.exec(verdict(input).sentence)?.[1]);
    const alone = least(oneEpoch(counts.slice(0, 2), { settings: WEEK }));
    expect(least(oneEpoch(counts, { settings: WEEK }))).toBeLessThan(alone);
    const planned = (arms: typeof counts): ReportInput =>
      frozen(oneEpoch(arms, { settings: WEEK, plan: { ...PLAN, participants: 10_000 * arms.length } }));
    const [first, , third, fourth] = counts;
    if (first === undefined || third === undefined || fourth === undefined) throw new Error("Expected four arms");
    const close = { name: "close", participants: 10_000, conversions: 590 };
    expect(verdict(planned([first, close])).inputs["concludedBy"]).toBe("final-look");
    expect(least(planned([first, close, third, fourth]))).toBeLessThan(least(planned([first, close])));
  });

  it("ships where lower is better", () => {
    const input = two([10_000, 700], [10_000, 500], { kpis: [{ name: "refund", role: "primary", better: "lower" }] });
    expect(verdict(input).sentence).toMatch(/^Ship blue: refund is down 28\.6% \(at least \d/);
  });

  it("holds while a guardrail is not shown safe", () => {
    const answer = verdict(guarded([1000, 1400], [400, 390]));
    expect(answer).toMatchObject({ kind: "hold", arm: 1, guardrails: ["retention"] });
    expect(answer.sentence).toBe("Hold: blue is better on signup, but retention is not yet shown safe.");
  });

  it("ships once every guardrail is shown safe", () => {
    expect(verdict(guarded([1000, 1400], [16_000, 16_010])).kind).toBe("ship");
  });

  it("spends half of alpha on the guardrails' final look, as the other half is with the interval", () => {
    const report = (safe: number) =>
      summarize(frozen({ ...guarded([1000, 1400], [1600, safe]), plan: { ...PLAN, participants: 40_000 } }));
    const guardrail = (safe: number) => {
      const [, kpi] = report(safe).kpis;
      const comparison = kpi?.kind === "analysed" ? kpi.rates[1]?.comparison : undefined;
      return comparison?.kind === "compared" ? comparison.nonInferiority : null;
    };
    // One-sided p by the score test at the margin of 5 %.
    expect(guardrail(1585)?.pFinalLook).toBeGreaterThan(0.025);
    expect(guardrail(1585)?.pFinalLook).toBeLessThan(0.2);
    for (let safe = 1500; safe <= 1700; safe += 5) {
      const { pFinalLook, conclusion } = guardrail(safe) ?? {};
      const shown = (pFinalLook ?? 1) < 0.025;
      if (shown) expect(conclusion).toBe("non-inferior");
      else expect(conclusion).toBe("undecided");
    }
  });

  it("keeps the control when the planned size rules out a worthwhile gain", () => {
    const answer = verdict(frozen(two([50_000, 2500], [50_000, 2490], { plan: { ...PLAN, participants: 100_000 } })));
    expect(answer.kind).toBe("keep-control");
    expect(answer.sentence).toBe("Keep control: blue does not raise conversion by 20% or more.");
  });

  it("names the arm that risks least when the planned size shows no winner", () => {
    // A mean loss below 1 % of 20 % of .05: the leader is ahead by about two standard errors, but not significantly.
    const answer = verdict(frozen(two([10_000, 500], [10_000, 562], { plan: { ...PLAN, minimumUplift: 0.2 } })));
    expect(answer).toMatchObject({ kind: "no-clear-winner", arm: 1 });
    expect(answer.sentence).toMatch(
      /^No clear winner: with blue, conversion is on average 0\.\d+% below what the best alternative would give\.$/,
    );
  });

  it("is inconclusive when the planned size leaves both open", () => {
    const plan = { participants: 2000, baseline: { rate: 0.05 }, minimumUplift: 0.02 };
    expect(verdict(frozen(two([1000, 50], [1000, 52], { plan }))).kind).toBe("inconclusive");
  });

  it("keeps running with the days left", () => {
    const answer = verdict(two([5000, 250], [5000, 260], { plan: PLAN }));
    expect(answer).toMatchObject({ kind: "keep-running", daysLeft: { kind: "estimated", days: 14 } });
    expect(answer.sentence).toBe("Keep running: about 14 days left.");
  });

  it("keeps running and says when a plan is missing, out of reach, or without traffic", () => {
    expect(verdict(two([5000, 250], [5000, 260])).sentence).toMatch(/Set a plan/);
    const bandit = verdict(two([5000, 250], [5000, 260], { settings: { daysComplete: 7, adaptive: true } }));
    expect(bandit.sentence).toBe(
      "Keep running: no difference shown yet. The bandit goes on sending more new visitors to what does better.",
    );
    const far = { ...PLAN, participants: 2_000_000 };
    expect(verdict(two([5000, 250], [5000, 260], { plan: far })).sentence).toMatch(
      /At this traffic the plan takes about [\d,]+ more days/,
    );
    const silent = { daysComplete: 7, recentDailyParticipants: [] };
    expect(verdict(two([5000, 250], [5000, 260], { plan: PLAN, settings: silent })).sentence).toMatch(
      /no recent traffic/,
    );
  });

  it("promises no days while nobody new is taken in, with a plan or without", () => {
    const settings = { daysComplete: 7, recentDailyParticipants: null };
    for (const plan of [{ plan: PLAN }, {}]) {
      const { kind, sentence } = verdict(two([5000, 250], [5000, 260], { ...plan, settings }));
      expect({ kind, sentence }).toEqual({
        kind: "keep-running",
        sentence: "Undecided: no difference shown yet, and nobody new takes part.",
      });
    }
  });

  it("says why nothing can be said about impossible counts", () => {
    const answer = verdict(two([100, 150], [100, 5]));
    expect(answer).toMatchObject({ kind: "no-inference", reason: "conversions-above-participants" });
    expect(answer.sentence).toMatch(/of 100 visitors, and each can convert once\.$/);
  });
});
