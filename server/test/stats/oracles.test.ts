import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { assigned } from "../../src/domain/assignment.ts";
import { withCaps } from "../../src/domain/cap-tallies.ts";
import { Counts } from "../../src/domain/counts.ts";
import { addConversion, type ConversionRecord, cappedMetric, eventCounts } from "../../src/domain/tally.ts";
import { ratioSums } from "../../src/service/analysis/epoch-counts.ts";
import { welchAnova } from "../../src/stats/anova.ts";
import { epochAdjustedPosteriors, stoppingAdviceSteps, thompsonWeights } from "../../src/stats/bandit.ts";
import { chancesToBeBest, expectedLossesSteps, jointOfMeans } from "../../src/stats/bayes.ts";
import { type ConversionEpoch, exactConversionTestEpochs } from "../../src/stats/exact.ts";
import { type Cohort, latenessOf } from "../../src/stats/lateness.ts";
import { type Estimate, type Sample, sampleOf } from "../../src/stats/mean.ts";
import { meanPair, ratioPair } from "../../src/stats/pairs.ts";
import type { Beta } from "../../src/stats/posterior.ts";
import { ratioOf } from "../../src/stats/ratio.ts";
import { type SplitEpoch, sampleRatioEvidence } from "../../src/stats/sample-ratio.ts";
import { type SharedEpoch, savedAgainstEqualShares } from "../../src/stats/saved.ts";
import { type Arm, ratioStatistic } from "../../src/stats/score.ts";
import { type SegmentQuestion, segmentFindings } from "../../src/stats/segment-findings.ts";
import { daysLeft, planSize, type SizeQuestion, type Traffic } from "../../src/stats/size.ts";
import { finished } from "../../src/stats/steps.ts";
import { cmhStratified, type Stratum, stratifiedDifference, stratifiedUplift } from "../../src/stats/stratified.ts";
import { summarize } from "../../src/stats/summarize.ts";
import { TallySum } from "../../src/store/tally-sum.ts";
import * as make from "../support/make.ts";

/** What any function of the table is given; a case carries those it needs. */
interface Inputs extends SizeQuestion, Traffic {
  readonly weights: readonly number[];
  readonly arms: readonly (Sample & Estimate)[];
  readonly epochs: readonly (ConversionEpoch & SplitEpoch)[];
  readonly kappa: number;
  readonly strata: readonly (Stratum & { readonly control: Sample; readonly treatment: Sample })[];
  readonly critical: number;
  readonly control: Arm;
  readonly treatment: Arm;
  readonly ratio: number;
  readonly better: "higher" | "lower";
  /** Epochs of a bandit. */
  readonly runs: readonly (readonly Arm[])[];
  readonly shared: readonly SharedEpoch[];
  readonly cohorts: readonly (readonly Cohort[])[];
  readonly question: SegmentQuestion;
  readonly values: readonly { readonly participants: number; readonly sum: number; readonly sumSquares: number }[];
  readonly margin: number;
  readonly cap: number;
  /** Participants of each alternative, and what they sent one by one: alternative, client, value. */
  readonly people: readonly number[];
  readonly events: readonly (readonly [alternative: number, client: number, value: number])[];
}

/** Where the sums of totals without a cap stand. */
const RAW = { number: 0, raw: cappedMetric(0) };

/** Each event counted as an engine does, in the order in which they came. */
function cappedCounts({ cap, events }: Pick<Inputs, "cap" | "events">): Counts {
  const caps = new Map([[0, { of: "value" as const, cap }]]);
  const records = new Map<string, ConversionRecord>();
  const tallies = new TallySum();
  for (const [arm, client, value] of events) {
    const before = records.get(`${arm} ${client}`);
    const after = addConversion(before, make.DAY, value);
    records.set(`${arm} ${client}`, after);
    const reached = { kpi: 0, day: make.DAY, value, before, after };
    for (const counted of eventCounts({ day: make.DAY }, reached, caps)) {
      tallies.add({ epoch: 0, assignment: assigned(arm), ...counted });
    }
  }
  return finished(Counts.steps(withCaps(tallies.tallies(), caps)));
}

function posteriorsOf({ runs }: Inputs): Beta[] {
  return epochAdjustedPosteriors(
    runs.map((arms) => ({ arms })),
    [1, 1],
  );
}

/** Of a guardrail that decides on its mean. */
function withinMargin({ values, margin }: Inputs): unknown {
  const participants = values.map((arm) => arm.participants);
  const { kpis } = summarize({
    arms: [{ name: "a" }, { name: "b" }],
    kpis: [{ name: "profit", role: "guardrail", decidesOn: "mean", margin: { kind: "absolute", value: margin } }],
    epochs: [
      { weights: [1, 1], participants, kpis: [values.map((arm) => ({ conversions: arm.participants, values: arm }))] },
    ],
  });
  const comparison = kpis[0]?.kind === "analysed" ? kpis[0].means?.[1]?.comparison : undefined;
  return comparison?.kind === "compared" ? comparison.nonInferiority : undefined;
}

interface OracleCase {
  readonly function: string;
  readonly inputs: Inputs;
  readonly expected: unknown;
  /** How near, relatively. */
  readonly rel: number;
}

const CALLS: Readonly<Record<string, (inputs: Inputs) => unknown>> = {
  pairSize: (i) => planSize(i, i.weights).pair,
  welchAnova: (i) => welchAnova(i.arms),
  exactEpochs: (i) => {
    const { logE, uplift } = exactConversionTestEpochs(i.epochs, i.kappa, i.alpha);
    return { logE, ...uplift };
  },
  sampleRatioEvidence: (i) => sampleRatioEvidence(i.epochs),
  stratifiedRates: (i) => {
    const { z, p } = cmhStratified(i.strata);
    const [difference, uplift] = [stratifiedDifference(i.strata, i.critical), stratifiedUplift(i.strata, i.critical)];
    return { z, p, difference: [difference.lower, difference.upper], uplift: [uplift.lower, uplift.upper] };
  },
  cappedMeans: (i) => {
    const counts = cappedCounts(i);
    const arms = i.people.map((n, arm) => {
      const { sum, squares } = counts.total(0, arm);
      return sampleOf(n, sum, squares);
    });
    const [control, treatment] = arms;
    const pair = control && treatment && meanPair([{ control, treatment }], [1, 1]);
    return {
      above: counts.total(cappedMetric(0)).clients,
      raw: i.people.map((n, arm) => counts.total(cappedMetric(0), arm).sum / n),
      mean: arms.map(({ mean }) => mean),
      deviation: arms.map(({ variance }) => Math.sqrt(variance)),
      p: pair?.pFixed,
    };
  },
  averages: (i) => {
    const counts = cappedCounts({ ...i, cap: Number.POSITIVE_INFINITY });
    const [control, treatment] = [ratioSums(counts, 0, 0, RAW), ratioSums(counts, 0, 1, RAW)];
    const participants = [i.people[0] ?? 0, i.people[1] ?? 0] as const;
    const both = [ratioOf(control), ratioOf(treatment)];
    return {
      average: both.map(({ mean }) => mean),
      variance: both.map(({ variance }) => variance),
      p: ratioPair([{ control, treatment, participants }], [1, 1])?.pFixed,
    };
  },
  ratioStatistic: (i) => ratioStatistic(i.control, i.treatment, i.ratio),
  stratifiedMeans: (i) => {
    const pair = meanPair(i.strata, [1, 1]);
    const difference = pair?.difference.estimate ?? Number.NaN;
    return { difference, variance: (difference / (pair?.statistic ?? 1)) ** 2, df: pair?.df, p: pair?.pFixed };
  },
  banditPosteriors: (i) => posteriorsOf(i),
  banditWeights: (i) => thompsonWeights(posteriorsOf(i), { goal: "earn", floor: 0.04 }),
  banditValueRemaining: (i) => finished(stoppingAdviceSteps(posteriorsOf(i), 0)),
  savedAgainstEqualShares: (i) => savedAgainstEqualShares(i.shared, i.critical),
  latenessOf: (i) => latenessOf(i.cohorts),
  daysLeft: (i) => daysLeft(i),
  withinMargin,
  segments: (i) => segmentFindings(i.question).map(({ comparisons }) => comparisons),
  meansJoint: (i) => {
    const joint = jointOfMeans(i.arms, i.better);
    return { best: chancesToBeBest(joint), loss: finished(expectedLossesSteps(joint)) };
  },
};

/** The numbers of an answer, by their way in it. */
function numbersIn(value: unknown, way = ""): readonly (readonly [way: string, value: number])[] {
  if (typeof value === "number") return [[way, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => numbersIn(item, `${way}.${key}`));
}

const file = new URL("./reference/oracles.jsonl", import.meta.url);
const lines = readFileSync(file, "utf8").trim().split("\n");
const cases = lines.map((line): OracleCase => JSON.parse(line));

describe("figures that scipy and statsmodels computed a second way (reference/oracles)", () => {
  for (const [index, { function: name, inputs, expected, rel }] of cases.entries()) {
    it(`agree: ${name}, case ${index}`, () => {
      const numbers = new Map(numbersIn(CALLS[name]?.(inputs)));
      const wanted = numbersIn(expected);
      expect(wanted.length).toBeGreaterThan(0);
      for (const [way, value] of wanted) {
        const off = Math.abs((numbers.get(way) ?? Number.NaN) - value);
        expect(off, `${way} is ${numbers.get(way)}, not ${value}`).toBeLessThanOrEqual(rel * Math.abs(value));
      }
    });
  }
});
