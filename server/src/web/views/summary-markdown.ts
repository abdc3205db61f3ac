/** What the page says, in Markdown for a ticket or a mail. */
import { decisionOf, stateOf } from "../../domain/experiment.ts";
import { ownLabel } from "../../domain/kpi.ts";
import { dayText } from "../../domain/period.ts";
import { shownName } from "../../lib/shown-name.ts";
import { markdownTable, markdownText } from "../../lib/text.ts";
import { isConcern } from "../../service/analysis/check.ts";
import type { ExperimentView } from "./experiment-view.ts";
import { figureNotes, notesThen } from "./figure-notes.ts";
import {
  type Arm,
  armsOf,
  conclusionText,
  effectHead,
  effectOf,
  effectRange,
  effectText,
  type Figure,
  figureOf,
  valueText,
} from "./pages/experiment/arms.ts";
import { besideThen, effectThen, figureThen } from "./pages/experiment/decision-record.tsx";
import { count, date, rate } from "./ui/format.ts";

export function summaryMarkdown(view: ExperimentView): string {
  const { experiment, analysis, outcome, checks, query, nowMs } = view;
  const concerns = checks.filter(isConcern);
  const range = [
    query.from === undefined ? "" : ` from ${dayText(query.from)}`,
    query.to === undefined ? "" : ` to ${dayText(query.to)}`,
  ].join("");
  return `${[
    `# ${markdownText(shownName(experiment.name))}`,
    ...(decisionOf(experiment) === undefined ? [verdictLine(view)] : decidedLines(view)),
    `${stateOf(experiment)}, created ${date(experiment.createdAtMs)}, as of ${date(nowMs)}${range}. KPI: ${kpiText(view)}.`,
    outcome?.kind === "analysed"
      ? table(view, armsOf(view, outcome), figureOf(view))
      : markdownText(`${outcome?.detail ?? "No results"}.`),
    "Intervals hold with 95% confidence, however often one looks.",
    ...figureNotes(view).map(markdownText),
    ...hiddenLines(analysis),
    ...concerns.map(({ word, finding }) => `- ${word}: ${markdownText(finding)}`),
  ].join("\n\n")}\n`;
}

function verdictLine({ analysis: { verdict } }: ExperimentView): string {
  const sentence = verdict?.sentence ?? "No decision here: it is made on all days, against the control.";
  return `**${markdownText(sentence)}**`;
}

/** Its name, and what people call it beside that. */
function kpiText({ figure, kpi }: ExperimentView): string {
  const label = ownLabel(kpi);
  const called = `${kpi.name ?? "default"}${label === null ? "" : ` (${label})`}`;
  if (figure === "rates") return markdownText(called);
  return markdownText(`${called}, by its mean per visitor${kpi.unit === null ? "" : ` in ${kpi.unit}`}`);
}

/** What the data said when the winner was set. */
function decidedLines({ experiment }: ExperimentView): readonly string[] {
  const decided = decisionOf(experiment);
  if (decided === undefined) return [];
  const figure = figureThen(experiment, decided);
  const arms = decided.arms.map((arm, index) => {
    const name = markdownText(experiment.alternatives[index]?.name ?? "");
    const effect = effectThen(arm, figure);
    return `- ${name}: ${count(arm.participants)} visitors, ${valueText(arm.figure, figure)}${figure.isMean ? `, ${besideThen(arm, figure)}` : ""}${effect === null ? "" : `, ${effect}`}`;
  });
  const when = `${dayText(decided.day)}, with ${count(decided.participants)} visitors`;
  return [
    `Decided: everybody gets ${markdownText(decided.winner)} since ${when}, when the data said: **${markdownText(decided.verdict.sentence)}**`,
    ...(decided.reason === undefined ? [] : [`Reason: ${markdownText(decided.reason)}`]),
    arms.join("\n"),
    ...notesThen(decided).map(markdownText),
    "Figures below count those since the decision, too, who all got the winner.",
  ];
}

/** What stands on the page beside the table where the shares changed. */
function hiddenLines({ bandit, hidden }: ExperimentView["analysis"]): readonly string[] {
  if (hidden === null) return [];
  const reason = `Rates and means are pooled. ${markdownText(hidden)}`;
  if (bandit === null) return [reason];
  const { stopping, exploration } = bandit;
  return [
    ...(stopping === null ? [] : [`Bandit: ${markdownText(stopping.sentence)}`]),
    `${count(exploration.participants)} visitors were drawn evenly: a test of their own.`,
    reason,
  ];
}

function table({ query, analysis }: ExperimentView, arms: readonly Arm[], figure: Figure): string {
  const hasAverage = arms.some(({ average }) => average !== null);
  const head = [
    "Alternative",
    "Visitors",
    "Conversions",
    ...(figure.isMean ? ["Mean", ...(hasAverage ? ["Average per conversion"] : []), "Rate"] : ["Rate"]),
    effectHead(query.diff),
    "Interval",
    "Conclusion",
  ];
  const rows = arms.map((arm) => {
    const effect = effectOf(arm, query.diff);
    return [
      markdownText(arm.name),
      count(arm.participants),
      count(arm.conversions),
      valueText(arm.value, figure),
      ...(hasAverage ? [valueText(arm.average, figure)] : []),
      ...(figure.isMean ? [rate(arm.rate)] : []),
      effect === undefined ? "" : effectText(effect.estimate, query.diff, figure, effect.range),
      effect === undefined ? "" : effectRange(effect.range, query.diff, figure),
      conclusionText(arm, analysis.verdict === null),
    ];
  });
  return markdownTable(head, rows);
}
