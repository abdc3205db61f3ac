/** Who joined, by segment, for `/metrics`: plain numbers at the positions of a record, named when they are asked for. */
import { type Dimension, segmentName } from "../domain/segments.ts";

/** Stands for experiments and dimensions that came too late for series of their own: no new one may have this name. */
export const OTHERS = "(other)";

/** Most dimensions with series of their own, of all experiments together: each has a series a value, 33 at most. */
export const DIMENSIONS_IN_METRICS_MAX = 100;

interface SegmentSeries {
  readonly experiment: string;
  readonly segment: string;
  readonly value: string;
  readonly clients: number;
}

interface Counted {
  readonly dimension: Dimension;
  /** By the byte of a record. */
  readonly clients: Map<number, number>;
}

export class SegmentMeter {
  readonly #experiments = new Map<string, Counted[]>();
  #dimensions = 0;
  #others = 0;

  /** Counts a client that joined, by what its record says. */
  count(experiment: string, dimensions: readonly Dimension[], segments: readonly number[]): void {
    const counted = this.#experiments.get(experiment) ?? [];
    if (counted.length === 0) this.#experiments.set(experiment, counted);
    for (const [at, value] of segments.entries()) {
      const dimension = dimensions[at];
      if (dimension === undefined) continue;
      const clients = this.#clientsOf(counted, at, dimension);
      if (clients === undefined) this.#others += 1;
      else clients.set(value, (clients.get(value) ?? 0) + 1);
    }
  }

  *series(): Iterable<SegmentSeries> {
    for (const [experiment, counted] of this.#experiments) {
      for (const { dimension, clients } of counted) {
        for (const [value, number] of clients) {
          yield { experiment, segment: dimension.name, value: segmentName(dimension, value), clients: number };
        }
      }
    }
    if (this.#others > 0) yield { experiment: OTHERS, segment: OTHERS, value: OTHERS, clients: this.#others };
  }

  /** `undefined` where there are too many dimensions; those after it in the experiment came later, so they are as well. */
  #clientsOf(counted: Counted[], at: number, dimension: Dimension): Counted["clients"] | undefined {
    const known = counted[at];
    // The same object until somebody changes the definition, so mostly nothing else is compared.
    if (known?.dimension === dimension) return known.clients;
    if (known === undefined && this.#dimensions === DIMENSIONS_IN_METRICS_MAX) return undefined;
    if (known === undefined) this.#dimensions += 1;
    // After a deletion the dimension at this place may be another one, whose clients begin at zero.
    const clients = known !== undefined && continues(dimension, known.dimension) ? known.clients : new Map();
    counted[at] = { dimension, clients };
    return clients;
  }
}

function continues({ name, values }: Dimension, before: Dimension): boolean {
  return name === before.name && before.values.every((value, at) => values[at] === value);
}
