/** The clients of an experiment in which nothing differs, one by one, and their tallies as both engines would keep them. */
import { assigned } from "../../server/src/domain/assignment.ts";
import { Counts } from "../../server/src/domain/counts.ts";
import { wasActive } from "../../server/src/domain/epochs.ts";
import { currentEpoch, currentEpochNumber, type Experiment } from "../../server/src/domain/experiment.ts";
import type { Day } from "../../server/src/domain/period.ts";
import { IN_CONFLICT, inSegment, joinedOn, onDay, type Subset, takenOutOf } from "../../server/src/domain/subset.ts";
import { PARTICIPATION, type Tally } from "../../server/src/domain/tally.ts";
import type { Mutable } from "../../server/src/lib/mutable.ts";
import type { Random } from "../../server/src/stats/random.ts";

/** Of each KPI, by its number. */
export const RATES = [0.1, 0.3, 0.2, 0.3, 0.4, 0.5, 0.4, 0.3, 0.2, 0.6];
/** Shares of the values of each dimension. */
const VALUES = [0.4, 0.3, 0.2, 0.1];
/** Who logs in on a second device does everything so many times as often. */
const LINKED_FACTOR = 1.5;

export interface Habits {
  readonly dimensions: number;
  /** Share of those who come back under a second id. */
  readonly linked: number;
}

/** Bounds of what makes a key of a number. */
const [ARMS, METRICS, PLACES] = [32, 16, 128];

export class Crowd {
  readonly #tallies = new Map<number, Mutable<Tally>>();
  /** Of all days, by cell. */
  readonly #totals = new Map<number, number>();
  /** Of those drawn evenly, over all epochs. */
  readonly #even = new Map<number, number>();
  readonly #habits: Habits;
  readonly #random: Random;

  constructor(habits: Habits, random: Random) {
    this.#habits = habits;
    this.#random = random;
  }

  counts(): Counts {
    return Counts.of(this.#tallies.values());
  }

  /** Of one alternative in one epoch: who joined, or reached the KPI. */
  clients(epoch: number, arm: number, metric: number): number {
    const of = (explore: boolean): number => this.#totals.get(cellOf(epoch, arm, metric, explore)) ?? 0;
    return of(false) + of(true);
  }

  /** The score of the evenly drawn on the first KPI, whichever way. */
  evenStatistic(arm: number): number {
    const sum = (of: number, metric: number): number => this.#even.get(of * METRICS + metric + 1) ?? 0;
    const [nc, nt, xc, xt] = [sum(0, PARTICIPATION), sum(arm, PARTICIPATION), sum(0, 0), sum(arm, 0)];
    const pooled = (xc + xt) / (nc + nt);
    const variance = ((nc * nt) / (nc + nt)) * pooled * (1 - pooled);
    return variance > 0 ? Math.abs(xt * nc - xc * nt) / (nc + nt) / Math.sqrt(variance) : 0;
  }

  join(experiment: Experiment, clients: number, day: Day): void {
    const random = this.#random;
    const epoch = currentEpochNumber(experiment);
    const draw = drawnBy(experiment, random);
    const { dimensions, linked } = this.#habits;
    const subsets: Subset[] = [];
    for (let client = 0; client < clients; client += 1) {
      const [arm, explore] = draw();
      const assignment = assigned(arm, explore);
      subsets.length = 0;
      for (let dimension = 0; dimension < dimensions; dimension += 1)
        subsets.push(inSegment(dimension, 1 + placeOf(VALUES, random())));
      const isLinked = random() < linked;
      const [later] = isLinked ? draw() : [arm];
      if (later !== arm) subsets.push(IN_CONFLICT);
      const count = (metric: number, subset: Subset): void => this.#add({ epoch, assignment, metric, subset });
      count(PARTICIPATION, onDay(day));
      for (const subset of subsets) count(PARTICIPATION, subset);
      if (later !== arm) count(PARTICIPATION, takenOutOf(later));
      for (const [kpi, rate] of RATES.entries()) {
        if (random() >= rate * (isLinked ? LINKED_FACTOR : 1)) continue;
        count(kpi, onDay(day));
        count(kpi, joinedOn(day));
        for (const subset of subsets) count(kpi, subset);
      }
    }
  }

  #add({ epoch, assignment, metric, subset }: Pick<Tally, "epoch" | "assignment" | "metric" | "subset">): void {
    const [arm, explore] = assignment.kind === "excluded" ? [0, false] : [assignment.index, assignment.explore];
    const cell = cellOf(epoch, arm, metric, explore);
    if (subset.kind === "day") {
      this.#totals.set(cell, (this.#totals.get(cell) ?? 0) + 1);
      const even = arm * METRICS + metric + 1;
      if (explore) this.#even.set(even, (this.#even.get(even) ?? 0) + 1);
    }
    const key = cell + placeIn(subset);
    const known = this.#tallies.get(key);
    if (known === undefined) {
      this.#tallies.set(key, { epoch, assignment, metric, subset, clients: 1, events: 1, sum: 0, squares: 0 });
    } else {
      known.clients += 1;
      known.events += 1;
    }
  }
}

function cellOf(epoch: number, arm: number, metric: number, explore: boolean): number {
  return (((epoch * ARMS + arm) * 2 + Number(explore)) * METRICS + metric + 1) * PLACES;
}

/** Days are numbered within four weeks; the other subsets follow. */
function placeIn(subset: Subset): number {
  switch (subset.kind) {
    case "day":
      return subset.day % 28;
    case "joined":
      return 28 + (subset.day % 28);
    case "segment":
      return 56 + subset.dimension * 8 + subset.value;
    case "conflict":
      return 90;
    case "taken-out":
      return 91 + (subset.index ?? 0);
    default:
      throw new Error(`Expected a subset that is played here, got ${subset.kind}`);
  }
}

/** An alternative by the shares in force, and whether it was drawn evenly, as `domain/policy/thompson.ts` does. */
function drawnBy(experiment: Experiment, random: Random): () => readonly [number, boolean] {
  const { policy, weights } = currentEpoch(experiment);
  const epoch = currentEpochNumber(experiment);
  const active = experiment.alternatives.flatMap((one, index) => (wasActive(one, epoch) ? [index] : []));
  const isBandit = policy.kind === "thompson";
  if (weights === null) {
    return () => [active[Math.floor(random() * active.length)] ?? 0, isBandit];
  }
  const floor = isBandit ? policy.floor : 0;
  const exploring = floor * active.length;
  const favours = weights.map((weight) => Math.max(0, weight - floor) / (1 - exploring));
  return () => {
    const position = random();
    if (position < exploring) return [active[Math.floor((position / exploring) * active.length)] ?? 0, true];
    return [placeOf(favours, (position - exploring) / (1 - exploring)), false];
  };
}

function placeOf(shares: readonly number[], position: number): number {
  let left = position;
  let last = 0;
  for (const [place, share] of shares.entries()) {
    if (share <= 0) continue;
    left -= share;
    last = place;
    if (left < 0) return place;
  }
  return last;
}
