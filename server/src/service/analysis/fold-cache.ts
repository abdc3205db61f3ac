/** Folded tallies, kept until the store says that the tallies changed: a list of quiet experiments reads nothing. */
import type { Experiment } from "../../domain/experiment.ts";
import type { Tally } from "../../domain/tally.ts";
import type { Store } from "../../store/store.ts";
import { type Folded, foldTallies } from "./fold.ts";
import { Recent } from "./recent.ts";
import type { Turns } from "./turns.ts";

/** Experiments whose folded tallies are kept, the least recently asked for going first: about 5 KB each. */
const FOLDS_MAX = 2_000;

export interface MarkedFold {
  readonly folded: Folded;
  /** `Store.readTallyMark` from before the tallies were read: equal marks, equal counts. */
  readonly mark: number;
}

export class FoldCache {
  readonly #store: Store;
  /** By incarnation. */
  readonly #folds = new Recent<number, { readonly mark: number; readonly folded: Promise<Folded> }>(FOLDS_MAX);

  readonly #turns: Turns;

  constructor(store: Store, turns: Turns) {
    this.#store = store;
    this.#turns = turns;
  }

  /** All days of a life. */
  async read(experiment: Experiment): Promise<MarkedFold> {
    const { incarnation } = experiment;
    // The mark comes first: what changes while the tallies are read makes the next mark another one.
    const mark = await this.#store.readTallyMark(experiment);
    const known = this.#folds.get(incarnation);
    const folded = known?.mark === mark ? known.folded : this.#fold(experiment);
    this.#folds.set(incarnation, { mark, folded });
    return { mark, folded: await folded };
  }

  /** The same with the tallies themselves, for who needs them by the day. Equal counts are the same object. */
  async readWhole(experiment: Experiment): Promise<MarkedFold & { readonly tallies: readonly Tally[] }> {
    const mark = await this.#store.readTallyMark(experiment);
    const tallies = await this.#store.readTallies(experiment);
    const known = this.#folds.get(experiment.incarnation);
    const folded = known?.mark === mark ? known.folded : this.#fold(experiment, tallies);
    this.#folds.set(experiment.incarnation, { mark, folded });
    return { mark, folded: await folded, tallies };
  }

  async #fold(experiment: Experiment, known?: readonly Tally[]): Promise<Folded> {
    try {
      const tallies = known ?? (await this.#store.readTallies(experiment));
      return await this.#turns.run(() => foldTallies(tallies));
    } catch (error) {
      // Whoever waits is told; the next one asks the store again.
      this.#folds.delete(experiment.incarnation);
      throw error;
    }
  }
}
