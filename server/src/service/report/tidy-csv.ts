/** Everything that was counted, as one tidy table: a row per day, epoch, alternative and KPI, for notebooks and sheets. */
import { codeIndex, EXCLUDED_CODE, isExploreCode } from "../../domain/assignment.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { dayText } from "../../domain/period.ts";
import { PARTICIPATION, type Tally } from "../../domain/tally.ts";
import { csv } from "./csv.ts";

export const TIDY_COLUMNS = [
  "experiment",
  "date",
  "epoch",
  "alternative",
  "metric",
  "kpi",
  "clients",
  "events",
  "value_sum",
  "value_squares",
  "explored",
] as const;

/**
 * Rows by date, epoch, alternative and KPI. `metric` is `participants`, `excluded` or `conversions`; `kpi` is empty for
 * the default one. `explored` is `true` for clients whom a bandit drew evenly, to learn; they are rows of their own. Text that a spreadsheet would run as a formula gets an apostrophe in front.
 */
export function exportTidyCsv(experiment: Experiment, tallies: readonly Tally[]): string {
  const rows = [...tallies]
    .sort((a, b) => a.day - b.day || a.epoch - b.epoch || a.assignment - b.assignment || a.metric - b.metric)
    .map((tally) => [
      experiment.name,
      dayText(tally.day),
      tally.epoch,
      alternativeOf(experiment, tally),
      metricOf(tally),
      experiment.kpis[tally.metric - 1] ?? "",
      tally.clients,
      tally.events,
      tally.sum,
      tally.squares,
      String(tally.assignment !== EXCLUDED_CODE && isExploreCode(tally.assignment)),
    ]);
  return csv([[...TIDY_COLUMNS], ...rows]);
}

function alternativeOf({ alternatives }: Experiment, { assignment }: Tally): string {
  return assignment === EXCLUDED_CODE ? "" : (alternatives[codeIndex(assignment)]?.name ?? "");
}

function metricOf({ metric, assignment }: Tally): string {
  if (metric !== PARTICIPATION) return "conversions";
  return assignment === EXCLUDED_CODE ? "excluded" : "participants";
}
