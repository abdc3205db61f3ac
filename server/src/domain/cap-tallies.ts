/** Tallies as they are judged: where a KPI has a cap, or counts events, by what one client counts for. */
import { assignmentText } from "./assignment.ts";
import { sliceKey } from "./slice.ts";
import { type Caps, cappedMetric, isCapped, kpiOfMetric, plus, type Tally } from "./tally.ts";

/**
 * Of a KPI with a cap, or that counts events, `sum` and `squares` change places: those of its number are of capped amounts,
 * and those of its `cappedMetric`, whose `clients` are the ones above the cap, are as values came. Each cell comes once, as
 * before. What goes with the number of events is of values as they came, and stays.
 */
export function withCaps(tallies: readonly Tally[], caps: Caps): readonly Tally[] {
  if (caps.size === 0) return tallies;
  const cells = new Map<string, Tally>();
  const judged = tallies.filter((tally) => {
    if (!caps.has(kpiOfMetric(tally.metric)) || tally.slice.kind === "repeated") return true;
    for (const part of swapped(tally)) addTo(cells, part);
    return false;
  });
  return [...judged, ...cells.values()];
}

function swapped(tally: Tally): readonly Tally[] {
  const { metric, slice, sum, squares } = tally;
  const kpi = kpiOfMetric(metric);
  const other = { ...tally, metric: isCapped(metric) ? kpi : cappedMetric(kpi), clients: 0, events: 0 };
  // The sum of a product is of who reached the KPI, whatever their totals.
  if (slice.kind === "product") {
    return [
      { ...tally, squares: 0 },
      { ...other, sum: 0, squares },
    ];
  }
  return [
    { ...tally, sum: 0, squares: 0 },
    { ...other, sum, squares },
  ];
}

function addTo(cells: Map<string, Tally>, tally: Tally): void {
  const { epoch, assignment, metric, slice } = tally;
  const key = `${epoch}:${assignmentText(assignment)}:${metric}:${sliceKey(slice)}`;
  cells.set(key, plus(tally, cells.get(key)));
}
