/** Caches counts until the store's mark says that tallies changed, so that quiet experiments are not read again. */
import { Counts } from "../../domain/counts.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { capsOf, sameCaps } from "../../domain/kpi-definition.ts";
import type { Caps, Tally } from "../../domain/tally.ts";
import { Recent } from "../../lib/recent.ts";
import type { Store } from "../../store/store.ts";
import { judgedTallies } from "../stored-tallies.ts";
import type { Turns } from "./turns.ts";

/** Experiments whose counts are kept, the least recently asked for going first: about 5 KB each. */
const COUNTS_MAX = 2_000;

export interface MarkedCounts {
  readonly counts: Counts;
  /** `Store.tallies.mark` from before the tallies were read: equal marks, equal counts. */
  readonly mark: number;
}

/** A process may have read tallies while it knew another definition than the one they were counted by. */
interface Known {
  readonly mark: number;
  readonly caps: Caps;
  readonly counts: Promise<Counts>;
}

export class CountsCache {
  readonly #store: Store;
  /** By life. */
  readonly #known = new Recent<number, Known>(COUNTS_MAX);
  readonly #turns: Turns;

  constructor(store: Store, turns: Turns) {
    this.#store = store;
    this.#turns = turns;
  }

  /** All days of a life. */
  async read(experiment: Experiment): Promise<MarkedCounts> {
    const { life } = experiment;
    // The mark is read first: a change while the tallies are read then shows in the next mark.
    const mark = await this.#store.tallies.mark(experiment);
    const counts = this.#countsAt(experiment, mark) ?? this.#count(experiment);
    this.#known.set(life, { mark, caps: capsOf(experiment), counts });
    return { mark, counts: await counts };
  }

  /** The same with the tallies themselves, for who needs them by the day. Equal counts are the same object. */
  async readWhole(experiment: Experiment): Promise<MarkedCounts & { readonly tallies: readonly Tally[] }> {
    const mark = await this.#store.tallies.mark(experiment);
    const tallies = await judgedTallies(this.#store, experiment);
    const counts = this.#countsAt(experiment, mark) ?? this.#count(experiment, tallies);
    this.#known.set(experiment.life, { mark, caps: capsOf(experiment), counts });
    return { mark, counts: await counts, tallies };
  }

  #countsAt(experiment: Experiment, mark: number): Promise<Counts> | undefined {
    const known = this.#known.get(experiment.life);
    return known?.mark === mark && sameCaps(known.caps, capsOf(experiment)) ? known.counts : undefined;
  }

  async #count(experiment: Experiment, known?: readonly Tally[]): Promise<Counts> {
    try {
      const tallies = known ?? (await judgedTallies(this.#store, experiment));
      return await this.#turns.runSteps(Counts.steps(tallies));
    } catch (error) {
      // Callers that wait get the error; the next one asks the store again.
      this.#known.delete(experiment.life);
      throw error;
    }
  }
}
