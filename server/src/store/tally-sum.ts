/** Adds tallies up, each cell once. */
import { assignmentCode } from "../domain/assignment.ts";
import { PARTICIPATION, type Tally } from "../domain/tally.ts";
import type { ClientRecord } from "./transfer.ts";

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

  /** Counts a client by its record: all events of a KPI on the day of the first. */
  addRecord({ assignment: of, epoch, day, conversions }: Omit<ClientRecord, "client">): void {
    const assignment = assignmentCode(of);
    this.add({ epoch, assignment, metric: PARTICIPATION, day, clients: 1, events: 1, sum: 0, squares: 0 });
    for (const { kpi, day: on, events, total } of conversions) {
      this.add({ epoch, assignment, metric: kpi, day: on, clients: 1, events, sum: total, squares: total * total });
    }
  }

  /** A cell that comes to nothing is left out. */
  tallies(): readonly Tally[] {
    return [...this.#cells.values()].filter(isSomething);
  }
}

function isSomething({ clients, events, sum, squares }: Tally): boolean {
  return clients !== 0 || events !== 0 || sum !== 0 || squares !== 0;
}
