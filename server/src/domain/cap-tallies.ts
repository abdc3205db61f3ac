/** Tallies as they are judged: where a KPI has a cap, or counts events, by what one client counts for. */
import { assignmentText } from "./assignment.ts";
import { subsetKey } from "./subset.ts";
import { type Caps, cappedMetric, isCapped, kpiOfMetric, plus, type Tally, type Values } from "./tally.ts";

/**
 * Of a KPI with a cap, or that counts events, `sum` and `squares` change places: those of its number are of capped amounts,
 * and those of its `cappedMetric`, whose `clients` are the ones above the cap, are as values came. Each cell comes once, as
 * before. What goes with the number of events is of values as they came, and stays.
 */
export function withCaps(tallies: readonly Tally[], caps: Caps): readonly Tally[] {
  if (caps.size === 0) return tallies;
  const cells = new Map<string, Tally>();
  const judged = tallies.filter((tally) => {
    if (!caps.has(kpiOfMetric(tally.metric)) || tally.subset.kind === "repeated") return true;
    for (const part of swapped(tally)) addTo(cells, part);
    return false;
  });
  return [...judged, ...cells.values()];
}

function swapped(tally: Tally): readonly Tally[] {
  const { metric, subset, sum, sumRest, squares, squaresRest } = tally;
  const kpi = kpiOfMetric(metric);
  const other = { ...tally, metric: isCapped(metric) ? kpi : cappedMetric(kpi), clients: 0, events: 0 };
  // The sum of a product is of who reached the KPI, whatever their totals.
  if (subset.kind === "product") {
    return [
      { ...tally, squares: 0, squaresRest: undefined },
      { ...other, sum: 0, sumRest: undefined, squares, squaresRest },
    ];
  }
  return [
    { ...tally, ...NO_VALUES },
    { ...other, sum, sumRest, squares, squaresRest },
  ];
}

const NO_VALUES: Values = { sum: 0, sumRest: undefined, squares: 0, squaresRest: undefined };

function addTo(cells: Map<string, Tally>, tally: Tally): void {
  const { epoch, assignment, metric, subset } = tally;
  const key = `${epoch}:${assignmentText(assignment)}:${metric}:${subsetKey(subset)}`;
  cells.set(key, plus(tally, cells.get(key)));
}
