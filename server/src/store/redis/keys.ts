/**
 * Every key of this engine. docs/storage.md draws the same map.
 *
 * | key                                     | type       | contents                                                 |
 * |-----------------------------------------|------------|----------------------------------------------------------|
 * | `<prefix>:experiments`                  | sorted set | name → sequence number of its last change                |
 * | `<prefix>:activity`                     | stream     | field `entry`: activity, JSON                            |
 * | `<prefix>:lease:<lease>`                | string     | its holder; runs out by itself                           |
 * | `<prefix>:{<name>}:definition`          | hash       | incarnation, version, created, epoch, body (JSON)        |
 * | `<prefix>:{<name>}:removed`             | hash       | incarnation → how, when and definition of a removed life |
 * | `<prefix>:{<name>}:<life>:tallies`      | hash       | `<epoch>:<code>:<day>:<metric>` → numbers; changes       |
 * | `<prefix>:{<name>}:<life>:unrecorded`   | hash       | as tallies: what has no records behind it                |
 * | `<prefix>:{<name>}:<life>:event:<id>`   | string     | empty; an event that was recorded, for a day             |
 * | `<prefix>:{<name>}:<life>:records`      | hash       | buckets, entries                                         |
 * | `<prefix>:{<name>}:<life>:records:<b>`  | hash       | bucket b: client (8 bytes) → record                      |
 *
 * `<life>` is the incarnation in base 36. The braces make a Redis Cluster keep all keys of an experiment in one slot.
 */
import type { Experiment } from "../../domain/experiment.ts";
import type { ExperimentName } from "../../domain/names.ts";

/** The keys of one life of an experiment. */
export interface LifeKeys {
  readonly definition: string;
  readonly records: string;
  readonly tallies: string;
  readonly unrecorded: string;
  /** Followed by the 8 bytes of an event. */
  readonly event: string;
}

export class Keys {
  readonly experiments: string;
  readonly activity: string;
  readonly #prefix: string;
  /** Building three strings a call would be felt; definitions are few and live long. */
  readonly #lives = new WeakMap<Experiment, LifeKeys>();

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.experiments = `${prefix}:experiments`;
    this.activity = `${prefix}:activity`;
  }

  lease(lease: string): string {
    return `${this.#prefix}:lease:${lease}`;
  }

  definition(name: ExperimentName): string {
    return `${this.#experiment(name)}:definition`;
  }

  removed(name: ExperimentName): string {
    return `${this.#experiment(name)}:removed`;
  }

  life(experiment: Experiment): LifeKeys {
    const known = this.#lives.get(experiment);
    if (known !== undefined) return known;
    const base = `${this.#experiment(experiment.name)}:${experiment.incarnation.toString(36)}`;
    const keys = {
      definition: this.definition(experiment.name),
      records: `${base}:records`,
      tallies: `${base}:tallies`,
      unrecorded: `${base}:unrecorded`,
      event: `${base}:event:`,
    };
    this.#lives.set(experiment, keys);
    return keys;
  }

  /** Names are plain when new, but a question or an import may bring braces, which would move it to another slot. */
  #experiment(name: ExperimentName): string {
    return `${this.#prefix}:{${name.replace(/[%{}]/g, encodeURIComponent)}}`;
  }
}

export function bucketKey(records: string, bucket: number): string {
  return `${records}:${bucket}`;
}
