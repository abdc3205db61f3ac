/** Adds tallies up, each cell once. */
import type { Tally } from "../domain/tally.ts";

export class TallySum {
  readonly #cells = new Map<string, Tally>();

  add(tally: Tally): void {
    const key = `${tally.epoch}:${tally.assignment}:${tally.metric}:${tally.day}`;
    const before = this.#cells.get(key);
    this.#cells.set(
      key,
      before === undefined
        ? tally
        : {
            ...tally,
            clients: tally.clients + before.clients,
            events: tally.events + before.events,
            sum: tally.sum + before.sum,
            squares: tally.squares + before.squares,
          },
    );
  }

  tallies(): readonly Tally[] {
    return [...this.#cells.values()];
  }
}
