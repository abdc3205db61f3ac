/** The CSV of Sixpack 2.7, with its rows and sections. */
import { csv } from "./csv.ts";
import type { KpiView } from "./kpi-view.ts";

/**
 * The three sections of 2.7's export, for one KPI. Text that a spreadsheet would run as a formula gets an apostrophe
 * in front of it. In pieces, each some whole rows.
 */
export function* csvPieces({ experiment, counts }: KpiView): Generator<string, void, void> {
  yield csv([["Alternative Details"], ["date", "alternative", "participants", "conversions"]]);
  for (const [index, { name }] of experiment.alternatives.entries()) {
    for (let start = 0; start < counts.periods.length; start += ROWS_PER_PIECE) {
      const periods = counts.periods.slice(start, start + ROWS_PER_PIECE);
      yield csv(
        periods.map(({ label, arms }) => [label, name, arms[index]?.participants ?? 0, arms[index]?.conversions ?? 0]),
      );
    }
  }
  const summary = experiment.alternatives.map(({ name }, index) => [
    name,
    counts.arms[index]?.participants ?? 0,
    counts.arms[index]?.conversions ?? 0,
  ]);
  // 2.7 left an empty line between sections, and wrote Python's names for truth.
  const rows: readonly (readonly (string | number)[])[] = [
    [],
    [`"${experiment.name}" Summary`],
    ["total participants", "total_conversions", "has_winner", "description"],
    [
      counts.total.participants,
      counts.total.conversions,
      experiment.winner === null ? "False" : "True",
      experiment.description ?? "",
    ],
    [],
    ["Alternative Summary"],
    ["name", "participant_count", "completed_count"],
    ...summary,
  ];
  yield csv([...rows]);
}

/** About a millisecond of work. */
const ROWS_PER_PIECE = 100;
