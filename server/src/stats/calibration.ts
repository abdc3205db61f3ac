/**
 * What an experiment's own traffic says of our claims: it is played again hundreds of times with arms drawn anew, and the
 * verdict is asked for at every look. Whatever is claimed then is a false claim. Beside it stands the usual test, looked at as often
 * and once at the end. Then a difference is planted, to see when it is found.
 *
 * Pure, and a generator: it pauses after every experiment.
 */
import type { Mutable } from "../lib/mutable.ts";
import type { Groups } from "./crowd.ts";
import { decisionKpi, mayShip } from "./deciding.ts";
import { foresee } from "./foreseen.ts";
import type { EpochCounts, ReportInput } from "./input.ts";
import type { Lateness } from "./lateness.ts";
import { latenessByLook } from "./lateness-by-look.ts";
import type { Random } from "./random.ts";
import { reachedNow } from "./reached.ts";
import { type Planted, redraw } from "./redrawn.ts";
import type { Verdict } from "./report.ts";
import type { ReachedBefore } from "./standing.ts";
import type { Steps } from "./steps.ts";
import { isLookReady, summarize } from "./summarize.ts";

export interface CalibrationInput {
  /** The question as it is asked today, without its planned look and what earlier looks concluded. */
  readonly question: Omit<ReportInput, "finalLook" | "reached" | "decided">;
  /** Per KPI, whether its values are counted. */
  readonly valued: readonly boolean[];
  /** Per look the whole days of data by then. */
  readonly days: readonly number[];
  readonly groups: Groups;
  /** Experiments to play without a difference, and as many with one. */
  readonly runs: number;
  /** Relative to the baseline and for the better, > 0. */
  readonly uplift: number;
}

/** How many of the experiments played. */
export interface Calibration {
  readonly runs: number;
  /** Without a difference. */
  readonly equal: {
    /** Whose verdict once was to ship, to hold or to roll back. */
    readonly ours: number;
    /** Whose p-value for one look was once below 5 %, shared by the alternatives. */
    readonly usualAlways: number;
    /** The same of the last look alone. */
    readonly usualOnce: number;
  };
  /** With the uplift put into the first alternative. */
  readonly planted: {
    readonly uplift: number;
    /** Whose verdict once was for that alternative. */
    readonly found: number;
    /** Whole days until then: half of all experiments played found it by this one; `null` where fewer found it. */
    readonly medianDays: number | null;
    /** Of the usual test, once at the end. */
    readonly foundOnce: number;
  };
}

const USUAL_LEVEL = 0.05;

export function* calibrateSteps(input: CalibrationInput, random: Random): Steps<Calibration> {
  const { question, runs, uplift, days } = input;
  const looks: Looks = {
    lateness: latenessByLook(input),
    settings: days.map((daysComplete) => ({ ...question.settings, daysComplete, sampleRatioLatched: false })),
  };
  yield;
  const equal = { ours: 0, usualAlways: 0, usualOnce: 0 };
  for (let run = 0; run < runs; run++) {
    const played = play(input, looks, random, isClaim);
    if (played.look !== null) equal.ours += 1;
    if (played.usualAlways) equal.usualAlways += 1;
    if (played.usualOnce) equal.usualOnce += 1;
    yield;
  }
  const arm = question.arms.findIndex(({ retired = false }, index) => index > 0 && !retired);
  const found: number[] = [];
  const planted = plantedIn(input, arm);
  let foundOnce = 0;
  for (let run = 0; run < runs; run++) {
    const isFound = (verdict: Verdict) => isGain(verdict) && verdict.arm === arm;
    const { look, usualOnce } = play(input, { ...looks, planted }, random, isFound);
    if (look !== null) found.push(days[look] ?? 0);
    if (usualOnce) foundOnce += 1;
    yield;
  }
  found.sort((a, b) => a - b);
  const medianDays = found[Math.ceil(runs / 2) - 1] ?? null;
  return { runs, equal, planted: { uplift, found: found.length, medianDays, foundOnce } };
}

/** What is the same whoever is in which arm, per look. */
interface Looks {
  readonly lateness: readonly (readonly Lateness[])[];
  readonly settings: readonly NonNullable<ReportInput["settings"]>[];
}

interface Played {
  /** The first look whose verdict was sought; `null` for none. */
  readonly look: number | null;
  readonly usualAlways: boolean;
  readonly usualOnce: boolean;
}

function play(
  { question, valued, days, groups }: CalibrationInput,
  { lateness, settings, planted }: Looks & { readonly planted?: Planted },
  random: Random,
  isSought: (verdict: Verdict) => boolean,
): Played {
  const alternatives = question.arms.filter(({ retired = false }, index) => index > 0 && !retired).length;
  const experiment = {
    epochs: question.epochs.map(ruleOf),
    valued,
    looks: days.length,
    groups,
    ...(planted === undefined ? {} : { planted }),
  };
  let [look, usualAlways, usualOnce]: [number | null, boolean, boolean] = [null, false, false];
  // One for all looks: to spread it at each takes a tenth of the whole.
  const asked: Mutable<ReportInput> = { ...question, claimsAlone: true };
  let reached: readonly ReachedBefore[] = [];
  let index = -1;
  for (const epochs of redraw(experiment, random)) {
    index += 1;
    // Only the end is still of interest.
    if (look !== null && usualAlways && index < days.length - 1) continue;
    asked.epochs = begun(epochs);
    asked.lateness = lateness[index] ?? [];
    asked.settings = settings[index] ?? {};
    asked.reached = reached;
    if (asked.finalLook === undefined && isPlannedLook(asked)) asked.finalLook = asked.epochs;
    const { mayConclude, pFixedMin } = foresee(asked);
    usualOnce = pFixedMin < USUAL_LEVEL / alternatives;
    usualAlways ||= usualOnce;
    if (look !== null || (!mayConclude && reached.length === 0)) continue;
    const report = summarize(asked);
    if (isSought(report.verdict)) look = index;
    const now = reachedNow(report, decisionKpi(report), mayShip(report));
    reached = [...reached, ...now.map((one) => ({ ...one, on: `look ${index}` }))];
  }
  return { look, usualAlways, usualOnce };
}

function ruleOf({ weights, trafficFraction }: EpochCounts): Pick<EpochCounts, "weights" | "trafficFraction"> {
  return trafficFraction === undefined ? { weights } : { weights, trafficFraction };
}

/** Epochs that nobody has joined yet lie ahead. */
function begun(epochs: readonly EpochCounts[]): readonly EpochCounts[] {
  const last = epochs.findLastIndex(({ participants }) => participants.some((count) => count > 0));
  return epochs.slice(0, Math.max(1, last + 1));
}

function isPlannedLook(input: ReportInput): boolean {
  const { plan, settings } = input;
  if (plan === undefined || plan.finalLook === false || settings?.adaptive === true) return false;
  const participants = input.epochs.flatMap((epoch) => epoch.participants).reduce((sum, count) => sum + count, 0);
  return participants >= plan.participants && isLookReady(input);
}

function isGain(verdict: Verdict): verdict is Extract<Verdict, { kind: "ship" | "hold" }> {
  return verdict.kind === "ship" || verdict.kind === "hold";
}

function isClaim(verdict: Verdict): boolean {
  return isGain(verdict) || verdict.kind === "roll-back" || verdict.kind === "contradiction";
}

/** Conversions of the others are lost, so that the alternative is better by exactly the uplift; or its own, where fewer are better. */
function plantedIn({ question, uplift, groups }: CalibrationInput, arm: number): Planted {
  const { decidesOn = "rate", better = "higher" } = question.kpis[0] ?? {};
  let sum = 0;
  for (let group = 0; group < groups.length; group++)
    sum += (groups.size[group] ?? 0) * (groups.totals[group * groups.kpis] ?? 0);
  const isGained = (better === "higher") === (decidesOn === "rate" || sum >= 0);
  const loss = isGained ? uplift / (1 + uplift) : Math.min(1, uplift);
  const lost = question.arms.map((_, index) => ((index === arm) === isGained ? 0 : loss));
  return { kpi: 0, lost };
}
