/**
 * For each day: who joined on it, and what they have done by now, over all alternatives. It shows whether conversions
 * come late.
 */
import type { Cohort } from "../stats/lateness.ts";
import { PARTICIPATION, type Tally } from "./tally.ts";

type Sums = { -readonly [Key in keyof Cohort]: Cohort[Key] };

export class Cohorts {
  /** Participants by epoch and day. */
  readonly #joined = new Map<number, Map<number, number>>();
  /** By metric, epoch and day. */
  readonly #reached = new Map<number, Map<number, Map<number, Sums>>>();

  add({ epoch, assignment, metric, subset, clients, sum, squares }: Tally): void {
    if (assignment.kind === "excluded") return;
    if (metric === PARTICIPATION && subset.kind === "day") {
      const days = entry(this.#joined, epoch, () => new Map<number, number>());
      days.set(subset.day, (days.get(subset.day) ?? 0) + clients);
    } else if (subset.kind === "joined") {
      const epochs = entry(this.#reached, metric, () => new Map<number, Map<number, Sums>>());
      const days = entry(epochs, epoch, () => new Map<number, Sums>());
      const sums = entry(days, subset.day, () => ({ participants: 0, conversions: 0, sum: 0, sumSquares: 0 }));
      sums.conversions += clients;
      sums.sum += sum;
      sums.sumSquares += squares;
    }
  }

  /**
   * A list for each epoch, sorted by day. Empty if the day of joining of some conversions isn't known.
   * @param conversions of this metric, however counted
   */
  of(metric: number, conversions: number): readonly (readonly Cohort[])[] {
    const reached = this.#reached.get(metric) ?? new Map<number, Map<number, Sums>>();
    let known = 0;
    for (const days of reached.values()) for (const sums of days.values()) known += sums.conversions;
    if (known !== conversions) return [];
    return [...this.#joined].map(([epoch, joined]) => {
      const days = reached.get(epoch);
      return [...joined]
        .sort(([one], [other]) => one - other)
        .map(([day, participants]) => ({ ...(days?.get(day) ?? NOTHING), participants }));
    });
  }
}

const NOTHING = { conversions: 0, sum: 0, sumSquares: 0 };

function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
