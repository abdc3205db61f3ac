/** Everything that was counted, as one tidy table: a row per day, epoch, alternative and KPI, for notebooks and sheets. */
import type { Assignment } from "../../domain/assignment.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { ALTERNATIVES_MAX } from "../../domain/names.ts";
import { dayText } from "../../domain/period.ts";
import { isOfDay } from "../../domain/subset.ts";
import { isCapped, PARTICIPATION, type Tally } from "../../domain/tally.ts";
import { each } from "../../stats/steps.ts";
import { csv } from "./csv.ts";

const TIDY_COLUMNS = [
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
 * the default one. `explored` is `true` for clients that a bandit drew with equal chances; they have rows of their own.
 * Text that a spreadsheet would run as a formula gets an apostrophe in front.
 * @returns pieces, each some whole rows, or nothing yet
 */
export function* tidyCsvPieces(experiment: Experiment, tallies: readonly Tally[]): Generator<string, void, void> {
  const byDay = new Map<number, Tally[]>();
  for (const _ of each(tallies, (tally) => {
    if (tally.subset.kind !== "day" || isCapped(tally.metric)) return;
    const ofDay = byDay.get(tally.subset.day);
    if (ofDay === undefined) byDay.set(tally.subset.day, [tally]);
    else ofDay.push(tally);
  })) {
    yield "";
  }
  yield csv([[...TIDY_COLUMNS]]);
  // Grouped by day first: sorting everything at once would take too long for one step.
  let waiting: Tally[] = [];
  for (const day of Int32Array.from(byDay.keys()).sort()) {
    for (const tally of (byDay.get(day) ?? []).sort(byCell)) {
      waiting.push(tally);
      if (waiting.length < ROWS_PER_PIECE) continue;
      yield csv(rowsOf(experiment, waiting));
      waiting = [];
    }
  }
  if (waiting.length > 0) yield csv(rowsOf(experiment, waiting));
}

/** About a millisecond of work. */
const ROWS_PER_PIECE = 100;

function byCell(a: Tally, b: Tally): number {
  return a.epoch - b.epoch || rankOf(a.assignment) - rankOf(b.assignment) || a.metric - b.metric;
}

/** Alternatives in stored order, then their explored clients, then the excluded. */
function rankOf(assignment: Assignment): number {
  if (assignment.kind === "excluded") return 2 * ALTERNATIVES_MAX;
  return assignment.index + (assignment.explore ? ALTERNATIVES_MAX : 0);
}

function rowsOf(experiment: Experiment, tallies: readonly Tally[]): (string | number)[][] {
  return tallies.map((tally) => [
    experiment.name,
    isOfDay(tally.subset) ? dayText(tally.subset.day) : "",
    tally.epoch,
    alternativeOf(experiment, tally),
    metricOf(tally),
    experiment.kpis[tally.metric]?.name ?? "",
    tally.clients,
    tally.events,
    tally.sum,
    tally.squares,
    String(tally.assignment.kind === "alternative" && tally.assignment.explore),
  ]);
}

function alternativeOf({ alternatives }: Experiment, { assignment }: Tally): string {
  return assignment.kind === "excluded" ? "" : (alternatives[assignment.index]?.name ?? "");
}

function metricOf({ metric, assignment }: Tally): string {
  if (metric !== PARTICIPATION) return "conversions";
  return assignment.kind === "excluded" ? "excluded" : "participants";
}
