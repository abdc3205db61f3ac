/**
 * What a manager is sent of an experiment: decision, figures, method, on one page. Once a winner is set it is what was
 * known that day, from what was kept with the decision, and later data don't change it. Page, Markdown and picture are
 * made from this.
 */
import { VERSION } from "../../config/version.ts";
import type { Decided, DecidedArm } from "../../domain/decided.ts";
import { control, decisionOf } from "../../domain/experiment.ts";
import { kpiOf, meanOf } from "../../domain/kpi.ts";
import { dayText } from "../../domain/period.ts";
import { shownName } from "../../lib/shown-name.ts";
import { plural } from "../../lib/text.ts";
import { isConcern } from "../../service/analysis/check.ts";
import { type Word, wordOf } from "../../stats/shown.ts";
import { OVERSTATED } from "../../stats/verdict-words.ts";
import { type Axis, sharedAxis } from "./charts/interval-bar.tsx";
import type { Diff, ExperimentView } from "./experiment-view.ts";
import { figureNotes, notesThen } from "./figure-notes.ts";
import {
  armsOf,
  besideText,
  effectHead,
  effectOf,
  effectRange,
  effectText,
  type Figure,
  figureOf,
  valueText,
} from "./pages/experiment/arms.ts";
import { figureThen, rateThen } from "./pages/experiment/decision-record.tsx";
import { averageText, count, type Limits, moment } from "./ui/format.ts";
import { splitSentence, type Tone, toneOf } from "./ui/verdict-mark.tsx";

export interface Readout {
  readonly title: string;
  readonly tone: Tone;
  /** What to know if one reads nothing else, and the rest of it. */
  readonly lead: string;
  readonly rest: string;
  /** Why, in the words of whoever decided. */
  readonly reason: string | null;
  readonly hypothesis: string | null;
  /** Name and value, such as `Participants`, `48,210`. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** `Rate` or `Mean`. */
  readonly figureHead: string;
  /** `Uplift over red`. */
  readonly effectHead: string;
  readonly rows: readonly ReadoutRow[];
  readonly axis: Axis;
  readonly axisText: (value: number) => string;
  readonly concerns: readonly string[];
  readonly method: readonly string[];
}

export interface ReadoutRow {
  readonly name: string;
  /** Position of the alternative: its colour. */
  readonly index: number;
  readonly isWinner: boolean;
  readonly participants: string;
  readonly figure: string;
  /** The average per conversion and the rate beside a mean; empty beside a rate. */
  readonly beside: string;
  /** Against the control; `null` of the control, and where there is too little to compare. */
  readonly effect: { readonly estimate: number | null; readonly limits: Limits } | null;
  /** The same in words. */
  readonly estimateText: string;
  readonly rangeText: string;
  /** `better`, `worse`; empty where nothing is shown. */
  readonly conclusion: string;
}

/** An alternative of the view, or of the decision, before it is written down. */
interface Standing {
  readonly participants: number;
  readonly value: number | null;
  readonly rate: number | null;
  readonly average: number | null;
  readonly effect: ReadoutRow["effect"];
  readonly conclusion: Word | null;
}

/** @param view of all days, against the control, by the KPI that decides */
export function readoutOf(view: ExperimentView): Readout {
  const { experiment } = view;
  const decided = decisionOf(experiment);
  const figure = decided === undefined ? figureOf(view) : figureThen(experiment, decided);
  const { diff, standings } = decided === undefined ? standingsNow(view) : standingsThen(decided);
  const rows = standings.map((standing, index) => rowOf(view, { standing, index, diff, figure }));
  return {
    title: shownName(experiment.name),
    ...(decided === undefined ? decisionNow(view) : decisionThen(decided)),
    hypothesis: experiment.about?.hypothesis ?? null,
    facts: factsOf(view, decided),
    figureHead: figure.isMean ? "Mean" : "Rate",
    effectHead: `${effectHead(diff)} over ${control(experiment)}`,
    rows,
    axis: sharedAxis(rows.flatMap(({ effect }) => (effect === null ? [] : [effect.limits]))),
    axisText: (value) => effectText(value, diff, { ...figure, unit: null }),
    concerns:
      decided === undefined ? view.checks.filter(isConcern).map(({ word, finding }) => `${word}: ${finding}`) : [],
    method: methodOf(view, figure, decided),
  };
}

type Decision = Pick<Readout, "tone" | "lead" | "rest" | "reason">;

function decisionThen({ winner, day, verdict, reason }: Decided): Decision {
  return {
    tone: "done",
    lead: `Decided on ${dayText(day)}: everybody gets ${winner}.`,
    rest: ` The data said that day: ${verdict.sentence}`,
    reason: reason ?? null,
  };
}

function decisionNow({ experiment, analysis: { verdict } }: ExperimentView): Decision {
  if (verdict === null) return { tone: "calm", lead: "No decision here.", rest: "", reason: null };
  const { winner } = experiment;
  if (winner !== null) {
    const rest = ` The data so far say: ${verdict.sentence}`;
    return { tone: "done", lead: `Decided: everybody gets ${winner}.`, rest, reason: null };
  }
  const [lead, rest] = splitSentence(verdict.sentence);
  return { tone: toneOf(experiment, verdict), lead, rest, reason: null };
}

function standingsThen({ arms }: Decided): { readonly diff: Diff; readonly standings: readonly Standing[] } {
  // The control has none, and a share of nothing is none.
  const diff = arms.every(({ uplift, difference }) => difference === null || hasEstimate(uplift))
    ? "relative"
    : "absolute";
  const effectOf = ({ uplift, difference }: DecidedArm) => {
    const seen = diff === "relative" ? uplift : difference;
    return seen === null ? null : { estimate: seen.estimate, limits: { lower: seen.lower, upper: seen.upper } };
  };
  const standings = arms.map((arm) => ({
    participants: arm.participants,
    value: arm.figure,
    rate: rateThen(arm),
    average: arm.average ?? null,
    effect: effectOf(arm),
    conclusion: arm.conclusion,
  }));
  return { diff, standings };
}

function hasEstimate(effect: DecidedArm["uplift"]): boolean {
  return effect !== null && effect.estimate !== null;
}

function standingsNow(view: ExperimentView): { readonly diff: Diff; readonly standings: readonly Standing[] } {
  if (view.outcome?.kind !== "analysed") {
    const standings = view.analysis.report.arms.map(({ participants }) => ({ ...NOTHING_YET, participants }));
    return { diff: "relative", standings };
  }
  const arms = armsOf(view, view.outcome);
  const compared = arms.map(({ comparison }) =>
    comparison.kind === "compared" && comparison.gate.kind === "open" ? comparison : null,
  );
  const diff = compared.every((one) => one === null || one.uplift.estimate !== null) ? "relative" : "absolute";
  const standings = arms.map((arm) => {
    const effect = effectOf(arm, diff);
    return {
      participants: arm.participants,
      value: arm.value,
      rate: arm.rate,
      average: arm.average,
      effect: effect === undefined ? null : { estimate: effect.estimate, limits: effect.range },
      conclusion: arm.comparison.kind === "compared" ? wordOf(arm.comparison) : null,
    };
  });
  return { diff, standings };
}

const NOTHING_YET = { value: null, rate: null, average: null, effect: null, conclusion: null } as const;

const NOTHING_SHOWN: ReadonlySet<Word> = new Set(["undecided", "too early"]);

interface RowInput {
  readonly standing: Standing;
  readonly index: number;
  readonly diff: Diff;
  readonly figure: Figure;
}

function rowOf({ experiment }: ExperimentView, { standing, index, diff, figure }: RowInput): ReadoutRow {
  const { effect, conclusion } = standing;
  const name = experiment.alternatives[index]?.name ?? "";
  return {
    name,
    index,
    isWinner: experiment.winner === name,
    participants: count(standing.participants),
    figure: valueText(standing.value, figure),
    beside: [averageText(standing.average, figure.unit), besideText(standing.rate, figure)].filter(Boolean).join(", "),
    effect,
    estimateText:
      effect === null
        ? index === 0
          ? "the control"
          : "too early"
        : effectText(effect.estimate, diff, figure, effect.limits),
    rangeText: effect === null ? "" : effectRange(effect.limits, diff, figure),
    conclusion: conclusion === null || NOTHING_SHOWN.has(conclusion) ? "" : conclusion,
  };
}

function factsOf(view: ExperimentView, decided: Decided | undefined): Readout["facts"] {
  const { experiment, analysis, nowMs } = view;
  const { firstDay } = analysis.health;
  const participants = decided?.participants ?? analysis.report.plan.participants;
  const { owner } = experiment.about ?? {};
  return [
    ["Measured by", measuredBy(view, decided)],
    ["Visitors", count(participants)],
    ...(firstDay === null ? [] : [["Since", dayText(firstDay)] as const]),
    // The decision says its day itself.
    ...(decided === undefined ? [["As of", moment(nowMs)] as const] : []),
    ...(owner === undefined ? [] : [["Owner", owner] as const]),
  ];
}

function measuredBy(view: ExperimentView, decided: Decided | undefined): string {
  const kpi = decided === undefined ? view.kpi : kpiOf(view.experiment, decided.kpi);
  const isMean = decided === undefined ? view.figure === "means" : decided.decidesOn === "means";
  return isMean ? meanOf(kpi) : kpi.label;
}

function methodOf(view: ExperimentView, { isMean }: Figure, decided: Decided | undefined): readonly string[] {
  const { experiment, analysis } = view;
  return [
    `Each visitor was given one of ${plural(experiment.alternatives.length, "alternative")} by chance, and kept it. ${
      isMean
        ? "The mean is over all visitors; who brought nothing counts as 0."
        : "The rate is the share of visitors who converted; each counts once."
    }`,
    `The range is where the true difference lies with 95% confidence. It holds however often somebody looked, so it was no mistake to look early. ${OVERSTATED}`,
    ...(decided === undefined ? figureNotes(view) : notesThen(decided)),
    ...(analysis.hidden === null ? [] : [`Rates and means are pooled: ${analysis.hidden}`]),
    `Made by Sixpack ${VERSION}.`,
  ];
}
