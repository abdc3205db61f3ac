/**
 * Tallies added up over days: the table of counts that reports, bandits, checks, charts and lists read. Its cost grows
 * with the number of tallies.
 */
import type { Rest } from "../lib/exact-sum.ts";
import type { Mutable } from "../lib/mutable.ts";
import { each, finished, type Steps } from "../stats/steps.ts";
import { Cohorts } from "./cohorts.ts";
import type { Day } from "./period.ts";
import type { Subset } from "./subset.ts";
import { addTo, NOTHING, PARTICIPATION, type Tally, taken } from "./tally.ts";

/** What happened to the clients of one alternative, in one epoch or over all. */
export interface Sums {
  /** Clients that joined, or that reached the KPI. */
  readonly clients: number;
  /** Conversion events, repeated ones included. */
  readonly events: number;
  /** Sum over participants of their total values, and of the squares of these; with what the doubles leave out. */
  readonly sum: number;
  readonly sumRest?: Rest;
  readonly squares: number;
  readonly squaresRest?: Rest;
}

export interface Cell extends Sums {
  readonly epoch: number;
  /** Position in the stored order of alternatives. */
  readonly alternative: number;
  /** PARTICIPATION, or the number of a KPI. */
  readonly metric: number;
}

type Part = Extract<Subset["kind"], "covariate" | "product" | "repeated" | "conflict">;

export class Counts {
  readonly #cells = new Map<number, Mutable<Cell>>();
  readonly #excluded = new Map<number, number>();
  readonly #participantsByDay = new Map<Day, number>();
  readonly #activeDays = new Set<Day>();
  #explored: Counts | undefined;
  /** What is counted of a part of the participants, by the kind of the subset. */
  readonly #parts = new Map<Part, Counts>();
  readonly #segments: Tally[] = [];
  readonly #takenOut = new Map<number, Map<number | null, number>>();
  #participants = 0;
  /** By the day of joining; empty where counts were added one by one. */
  readonly cohorts = new Cohorts();

  static of(tallies: Iterable<Tally>): Counts {
    return finished(Counts.steps(tallies));
  }

  /**
   * The same in small steps, so that other work can run in between: calls may name any day, and so make tens of
   * thousands of tallies.
   */
  static *steps(tallies: Iterable<Tally>): Steps<Counts> {
    const counts = new Counts();
    yield* each(tallies, (tally) => {
      counts.add(tally);
      counts.cohorts.add(tally);
    });
    return counts;
  }

  add(tally: Tally): void {
    const { epoch, assignment, metric, subset, clients } = tally;
    // Every other kind of subset counts the same events once more.
    if (subset.kind !== "day") {
      this.#addPart(tally);
      return;
    }
    const { day } = subset;
    this.#activeDays.add(day);
    if (assignment.kind === "excluded") {
      this.#excluded.set(epoch, (this.#excluded.get(epoch) ?? 0) + clients);
      return;
    }
    if (metric === PARTICIPATION) {
      this.#participants += clients;
      this.#participantsByDay.set(day, (this.#participantsByDay.get(day) ?? 0) + clients);
    }
    this.#addTo(tally, assignment.index);
    if (!assignment.explore) return;
    this.#explored ??= new Counts();
    this.#explored.#addTo(tally, assignment.index);
  }

  #addPart(tally: Tally): void {
    const { subset, assignment, clients } = tally;
    if (assignment.kind === "excluded") return;
    switch (subset.kind) {
      case "segment":
        this.#segments.push(tally);
        return;
      case "taken-out": {
        const later = this.#takenOut.get(assignment.index) ?? new Map<number | null, number>();
        later.set(subset.index, (later.get(subset.index) ?? 0) + clients);
        this.#takenOut.set(assignment.index, later);
        return;
      }
      case "covariate":
      case "product":
      case "repeated":
      case "conflict": {
        const part = this.#parts.get(subset.kind) ?? new Counts();
        this.#parts.set(subset.kind, part);
        if (tally.metric === PARTICIPATION) part.#participants += clients;
        part.#addTo(tally, assignment.index);
      }
    }
  }

  #part(kind: Part): Counts {
    return this.#parts.get(kind) ?? EMPTY;
  }

  /**
   * Participants who were in two alternatives, by the one that counts; and how many ids were taken out, by the alternative
   * that counts and the other one (`null`: excluded).
   */
  get conflicts(): {
    readonly inConflict: Counts;
    readonly takenOut: ReadonlyMap<number, ReadonlyMap<number | null, number>>;
  } {
    return { inConflict: this.#part("conflict"), takenOut: this.#takenOut };
  }

  /** What participants did by the values of their dimensions. */
  get segments(): readonly Tally[] {
    return this.#segments;
  }

  /**
   * Those who joined with a covariate: its moments, what they did, and the products of the two (`subset.ts`). `undefined`
   * where nobody did.
   */
  get covariates(): { readonly withCovariate: Counts; readonly products: Counts } | undefined {
    const withCovariate = this.#parts.get("covariate");
    return withCovariate && { withCovariate, products: this.#part("product") };
  }

  /** How a KPI goes with the number of a participant's events: the subset `repeated` (`subset.ts`). */
  get repeated(): Counts {
    return this.#part("repeated");
  }

  /**
   * The same without participants in conflict; days, cohorts, covariates and repeated events, which conflicts don't
   * have, are left out.
   */
  withoutConflicts(): Counts {
    const rest = new Counts();
    for (const cell of this.#cells.values()) {
      const { epoch, alternative, metric } = cell;
      const others = { ...cell };
      addTo(others, taken(this.conflicts.inConflict.at(epoch, alternative, metric)));
      rest.#cells.set(keyOf(epoch, alternative, metric), others);
    }
    rest.#participants = this.#participants - this.conflicts.inConflict.participants;
    return rest;
  }

  #addTo(tally: Tally, alternative: number): void {
    const { epoch, metric, clients, events, sum, sumRest, squares, squaresRest } = tally;
    const key = keyOf(epoch, alternative, metric);
    const cell = this.#cells.get(key);
    if (cell !== undefined) addTo(cell, tally);
    else {
      this.#cells.set(key, { epoch, alternative, metric, clients, events, sum, sumRest, squares, squaresRest });
    }
  }

  /** Every cell that counts anything, in no particular order. */
  cells(): Iterable<Cell> {
    return this.#cells.values();
  }

  /** Those of the clients that a bandit drew to explore. */
  get explored(): Counts {
    return this.#explored ?? EMPTY;
  }

  /** Clients with an alternative; the excluded are none. */
  get participants(): number {
    return this.#participants;
  }

  /** Clients outside the traffic, of one epoch or of all. */
  excluded(epoch?: number): number {
    if (epoch !== undefined) return this.#excluded.get(epoch) ?? 0;
    return [...this.#excluded.values()].reduce((sum, clients) => sum + clients, 0);
  }

  get participantsByDay(): ReadonlyMap<Day, number> {
    return this.#participantsByDay;
  }

  /** Days with any event at all, of excluded clients too. */
  get activeDays(): ReadonlySet<Day> {
    return this.#activeDays;
  }

  /** Epochs in which anybody took part, rising. */
  epochs(): readonly number[] {
    return epochsOf(this.cells());
  }

  /**
   * The counts of one alternative and metric in one epoch. The metric `null` is a KPI that nobody reached yet: all
   * zero.
   */
  at(epoch: number, alternative: number, metric: number | null): Sums {
    return (metric === null ? undefined : this.#cells.get(keyOf(epoch, alternative, metric))) ?? NOTHING;
  }

  /** The same over all epochs, of one alternative or of all. */
  total(metric: number | null, alternative?: number): Sums {
    const total: Mutable<Sums> = { ...NOTHING };
    for (const cell of this.#cells.values()) {
      if (cell.metric !== metric || (alternative !== undefined && cell.alternative !== alternative)) continue;
      addTo(total, cell);
    }
    return total;
  }
}

const EMPTY = new Counts();

/** Epochs in which anybody took part, rising. */
export function epochsOf(cells: Iterable<Pick<Cell, "epoch" | "metric">>): readonly number[] {
  const epochs = new Set<number>();
  for (const { epoch, metric } of cells) if (metric === PARTICIPATION) epochs.add(epoch);
  return [...epochs].sort((a, b) => a - b);
}

/** Alternative and metric are bytes in every engine, so the three make one number. */
function keyOf(epoch: number, alternative: number, metric: number): number {
  return (epoch * 256 + alternative) * 512 + metric + 1;
}
