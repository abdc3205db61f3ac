import { expect, test } from "vitest";
import { type CalibrationInput, calibrateSteps } from "../../src/stats/calibration.ts";
import { Crowd, type Groups, NEVER } from "../../src/stats/crowd.ts";
import { decisionKpi, mayShip } from "../../src/stats/deciding.ts";
import { foresee } from "../../src/stats/foreseen.ts";
import type { EpochCounts } from "../../src/stats/input.ts";
import { normalFrom, seededRandom } from "../../src/stats/random.ts";
import { reachedNow } from "../../src/stats/reached.ts";
import { redraw } from "../../src/stats/redrawn.ts";
import { powerOf } from "../../src/stats/size.ts";
import { finished } from "../../src/stats/steps.ts";
import { summarize } from "../../src/stats/summarize.ts";

const LOOKS = 14;
const WEIGHTS = [3, 1];

interface Shape {
  readonly size: number;
  readonly rate: number;
  readonly valued?: boolean;
  readonly seed: number;
}

/** Traffic of two weeks; conversions come up to some days later. */
function crowdOf({ size, rate, valued = false, seed }: Shape): Groups {
  const random = seededRandom(seed);
  const crowd = new Crowd(1);
  for (let index = 0; index < size; index += 1) {
    const joined = Math.floor(random() * LOOKS);
    const converts = random() < rate;
    const look = Math.min(LOOKS - 1, joined + Math.floor(-2 * Math.log(1 - random())));
    const total = converts && valued ? Math.exp(normalFrom(random)) : 0;
    crowd.add({ epoch: 0, joined, reached: [converts ? look : NEVER], totals: [total] });
  }
  return crowd.groups();
}

const EPOCHS: readonly EpochCounts[] = [{ weights: WEIGHTS, participants: [0, 0], kpis: [] }];

function inputOf(shape: Shape, runs: number, uplift: number): CalibrationInput {
  const valued = shape.valued === true;
  return {
    question: {
      arms: [{ name: "a" }, { name: "b" }],
      kpis: [{ name: "kpi", role: "primary", decidesOn: valued ? "mean" : "rate" }],
      epochs: EPOCHS,
    },
    valued: [valued],
    days: Array.from({ length: LOOKS }, (_, look) => look),
    groups: crowdOf(shape),
    runs,
    uplift,
  };
}

test("alike participants are one group, and those with values are not", () => {
  const rates = crowdOf({ size: 5_000, rate: 0.3, seed: 1 });
  expect(rates.length).toBeLessThan(LOOKS * (LOOKS + 1));
  expect(rates.size.reduce((sum, size) => sum + size, 0)).toBe(5_000);
  const values = crowdOf({ size: 5_000, rate: 0.3, valued: true, seed: 1 });
  expect(values.length).toBeGreaterThan(1_000);
});

test("played again everybody is there, by the weights, and has done the same on the same day", () => {
  const groups = crowdOf({ size: 20_000, rate: 0.3, valued: true, seed: 2 });
  const [first, last] = [0, LOOKS - 1].map(
    (look) => [...redraw({ epochs: EPOCHS, valued: [true], looks: LOOKS, groups }, seededRandom(3))][look]?.[0],
  );
  const all = (cells: readonly number[] = []) => cells.reduce((sum, cell) => sum + cell, 0);
  const joinedFirst = groups.joined.reduce((sum, look, group) => sum + (look === 0 ? (groups.size[group] ?? 0) : 0), 0);
  expect(all(first?.participants)).toBe(joinedFirst);
  expect(all(last?.participants)).toBe(20_000);
  // 4 standard deviations of a binomial of 20,000 and 3/4.
  expect(Math.abs((last?.participants[0] ?? 0) - 15_000)).toBeLessThan(4 * Math.sqrt(20_000 * 0.75 * 0.25));
  const cells = last?.kpis[0] ?? [];
  const converted = groups.reached.reduce(
    (sum, look, group) => sum + (look === NEVER ? 0 : (groups.size[group] ?? 0)),
    0,
  );
  expect(all(cells.map(({ conversions }) => conversions))).toBe(converted);
  expect(all(cells.map(({ values }) => values?.sum ?? 0))).toBeCloseTo(all([...groups.totals]), 6);
});

test("what the first tests rule out no whole report claims, nor keeps for later", () => {
  const groups = crowdOf({ size: 3_000, rate: 0.3, seed: 4 });
  const { question } = inputOf({ size: 100, rate: 0.3, seed: 4 }, 1, 0.1);
  const kinds = { claimed: 0, ruledOut: 0, tooEarly: 0 };
  const gainAndHarm = [
    [0.35, 0],
    [0, 0.6],
  ];
  for (const lost of gainAndHarm) {
    const experiment = { epochs: EPOCHS, valued: [false], looks: LOOKS, groups, planted: { kpi: 0, lost } };
    for (let run = 0; run < 12; run += 1) {
      const counts = [...redraw(experiment, seededRandom(5, run))];
      for (const [look, epochs] of counts.entries()) {
        const asked = { ...question, epochs, settings: { daysComplete: look } };
        const report = summarize(asked);
        const { kind } = report.verdict;
        const claims = kind === "ship" || kind === "hold" || kind === "roll-back";
        if (claims) kinds.claimed += 1;
        const alone = summarize({ ...asked, claimsAlone: true });
        expect(alone.verdict).toEqual(report.verdict);
        expect(reachedNow(alone, decisionKpi(alone), mayShip(alone))).toEqual(
          reachedNow(report, decisionKpi(report), mayShip(report)),
        );
        const { mayConclude, pFixedMin } = foresee(asked);
        if (mayConclude) continue;
        kinds.ruledOut += 1;
        if (pFixedMin < 1e-4) kinds.tooEarly += 1;
        expect(claims).toBe(false);
        expect(reachedNow(report, decisionKpi(report), mayShip(report))).toEqual([]);
      }
    }
  }
  // The planted differences are found in some, open in others, and plain before a week is over, or this shows nothing.
  expect(kinds.claimed).toBeGreaterThan(10);
  expect(kinds.ruledOut).toBeGreaterThan(10);
  expect(kinds.tooEarly).toBeGreaterThan(3);
});

test("without a difference our verdict errs in less than 5 %, the usual test at every look far more", () => {
  const { equal, planted, runs } = finished(
    calibrateSteps(inputOf({ size: 4_000, rate: 0.3, seed: 6 }, 200, 0.5), seededRandom(7)),
  );
  // 5 % of 200 and three standard deviations.
  expect(equal.ours).toBeLessThan(0.05 * runs + 3 * Math.sqrt(runs * 0.05 * 0.95));
  expect(equal.usualAlways).toBeGreaterThan(0.12 * runs);
  // 5 %, within four standard deviations.
  expect(Math.abs(equal.usualOnce - 0.05 * runs)).toBeLessThan(4 * Math.sqrt(runs * 0.05 * 0.95));
  expect(planted.found).toBeGreaterThan(0.9 * runs);
  expect(planted.medianDays).toBeGreaterThanOrEqual(7);
  expect(planted.medianDays).toBeLessThan(LOOKS);
});

test("a planted difference is as large as it says, whichever way is better, and for amounts below zero", () => {
  type Kpi = Partial<CalibrationInput["question"]["kpis"][number]>;
  const of = (size: number, further: Kpi, uplift: number, { runs = 100, sign = 1 } = {}) => {
    const input = inputOf({ size, rate: 0.3, valued: further.decidesOn === "mean", seed: 10 }, runs, uplift);
    const groups = { ...input.groups, totals: input.groups.totals.map((total) => sign * total) };
    const question = { ...input.question, kpis: [{ name: "kpi", role: "primary" as const, ...further }] };
    return finished(calibrateSteps({ ...input, groups, question }, seededRandom(11))).planted;
  };
  // Of 600 and 200, three in ten convert. One test at 5 % finds the difference with a known power: four standard errors of it.
  const shares = (found: number, power: number) =>
    expect(Math.abs(found / 600 - power)).toBeLessThan(4 * Math.sqrt((power * (1 - power)) / 600));
  const more = powerOf({ baseline: { rate: 0.3 / 1.4 }, relativeMde: 0.4, alpha: 0.05 }, [600, 200]);
  shares(of(800, {}, 0.4, { runs: 600 }).foundOnce, more);
  const less = powerOf({ baseline: { rate: 0.3 }, relativeMde: -0.3, alpha: 0.05 }, [600, 200]);
  shares(of(800, { better: "lower" }, 0.3, { runs: 600 }).foundOnce, less);
  // What is plain is always found, and no more often than it was played.
  expect(of(4_000, { better: "lower" }, 1).found).toBe(100);
  expect(of(20_000, { decidesOn: "mean" }, 3).found).toBe(100);
  expect(of(20_000, { decidesOn: "mean" }, 0.9, { sign: -1 }).found).toBe(100);
});

test("the same seed gives the same answer", () => {
  const input = inputOf({ size: 500, rate: 0.3, valued: true, seed: 8 }, 5, 0.2);
  const once = finished(calibrateSteps(input, seededRandom(9)));
  expect(finished(calibrateSteps(input, seededRandom(9)))).toEqual(once);
});
