/** What tallies say, held against what the records do. */
import type { Mutable } from "../lib/mutable.ts";
import { assignmentText } from "./assignment.ts";
import { subsetText } from "./subset.ts";
import { addTo, isCapped, NOTHING, type Quantities, type Tally } from "./tally.ts";

/**
 * Largest relative difference that is none. Sums are exact today; those that layout 3 and older counted by days were rounded
 * with every event.
 */
const SUM_TOLERANCE = 1e-9;

/**
 * Differences between tallies and recounted records (`Store.tallies.recount`), a line each; empty if they agree.
 * Clients are compared in every subset. Events and sums are too, except by day: there only their totals are compared,
 * because records keep only the day of the first event.
 */
export function tallyDifferences(tallies: readonly Tally[], counted: readonly Tally[]): readonly string[] {
  const differences: string[] = [];
  const compare = (what: "clients" | "events" | "sum" | "squares", key: (tally: Tally) => string) => {
    const sums = new Map<string, readonly [Mutable<Quantities>, Mutable<Quantities>]>();
    for (const [side, list] of [tallies, counted].entries()) {
      for (const tally of list) {
        const pair = sums.get(key(tally)) ?? [{ ...NOTHING }, { ...NOTHING }];
        addTo(pair[side === 0 ? 0 : 1], tally);
        sums.set(key(tally), pair);
      }
    }
    for (const [cell, [{ [what]: tallied }, { [what]: recorded }]] of sums) {
      if (Math.abs(tallied - recorded) > SUM_TOLERANCE * Math.max(1, Math.abs(recorded))) {
        differences.push(`${what} of ${cell}: tallies say ${tallied}, records say ${recorded}`);
      }
    }
  };
  const cell = ({ epoch, assignment, metric }: Tally) =>
    `epoch ${epoch}, assignment ${assignmentText(assignment)}, metric ${metric}`;
  const subset = (tally: Tally) => `${cell(tally)}, ${subsetText(tally.subset)}`;
  const known = (tally: Tally) => (tally.subset.kind === "day" ? cell(tally) : subset(tally));
  // Of a client that was above the cap only later, the day is not known.
  const reached = (tally: Tally) => (isCapped(tally.metric) ? known(tally) : subset(tally));
  compare("clients", reached);
  compare("events", known);
  compare("sum", known);
  compare("squares", known);
  return differences;
}
