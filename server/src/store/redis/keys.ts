/**
 * Every key of this engine. docs/storage.md draws the same map.
 *
 * | key                                     | type       | contents                                                 |
 * |-----------------------------------------|------------|----------------------------------------------------------|
 * | `<prefix>:store`                        | string     | id of the store and number of the layout, JSON           |
 * | `<prefix>:experiments`                  | sorted set | name → sequence number of its last change                |
 * | `<prefix>:moved`                        | sorted set | client (8 bytes) and life → sequence number of its link  |
 * | `<prefix>:activity`                     | stream     | field `entry`: activity of people, JSON                  |
 * | `<prefix>:activity:calls`               | stream     | the same of calls                                        |
 * | `<prefix>:activity:server`              | stream     | the same of the server itself                            |
 * | `<prefix>:lease:<lease>`                | string     | its holder; runs out by itself                           |
 * | `<prefix>:notes:<family>`               | hash       | name → a note, text                                      |
 * | `<prefix>:{<tag>}:probe`                | none       | is never there: `probe.ts` writes to it if it is         |
 * | `<prefix>:{<name>}:live`                | string     | the live life                                            |
 * | `<prefix>:{<name>}:lives`               | set        | every life, also those that are aside                    |
 * | `<prefix>:{<name>}:<life>:definition`   | hash       | state, sinceMs, version, epoch, body (JSON)              |
 * | `<prefix>:{<name>}:<life>:tallies`      | hash       | `<epoch>:<code>:<subset>:<metric>` → numbers; changes     |
 * | `<prefix>:{<name>}:<life>:unrecorded`   | hash       | as tallies: what has no records behind it                |
 * | `<prefix>:{<name>}:<life>:event:<id>`   | string     | empty; an event that was recorded, for a day             |
 * | `<prefix>:{<name>}:<life>:records`      | hash       | buckets, entries; ids: 1 once any id was kept; a recap   |
 * | `<prefix>:{<name>}:<life>:records:<b>`  | hash       | bucket b: client (8 bytes) → record                      |
 * | `<prefix>:{<name>}:<life>:ids`          | hash       | buckets, entries; only where ids are kept                |
 * | `<prefix>:{<name>}:<life>:ids:<b>`      | hash       | bucket b: client (8 bytes) → raw id                      |
 *
 * `<life>` is its number in base 36. The braces make a Redis Cluster keep all keys of an experiment in one slot, so that
 * a script has the definition's version, a client's record and its tally together.
 */
import type { Source } from "../../domain/actor.ts";
import type { Experiment } from "../../domain/experiment.ts";

/** The keys that all lives of a name share. */
interface NameKeys {
  readonly live: string;
  readonly lives: string;
  readonly definitionOf: (life: string) => string;
}

/** The keys of one life of an experiment. */
export interface LifeKeys {
  readonly definition: string;
  readonly records: string;
  /** Raw ids of clients, in buckets of their own; nothing lies there unless ids are kept. */
  readonly ids: string;
  readonly tallies: string;
  readonly unrecorded: string;
  /** Followed by the 8 bytes of an event. */
  readonly event: string;
}

export class Keys {
  readonly store: string;
  readonly experiments: string;
  readonly moved: string;
  readonly activity: Readonly<Record<Source, string>>;
  readonly #prefix: string;
  /** Building strings for every call would be felt; definitions are few and live long. */
  readonly #lives = new WeakMap<Experiment, LifeKeys>();

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.store = `${prefix}:store`;
    this.experiments = `${prefix}:experiments`;
    this.moved = `${prefix}:moved`;
    const activity = `${prefix}:activity`;
    this.activity = { people: activity, calls: `${activity}:calls`, server: `${activity}:server` };
  }

  lease(lease: string): string {
    return `${this.#prefix}:lease:${lease}`;
  }

  notes(family: string): string {
    return `${this.#prefix}:notes:${family}`;
  }

  /** @param tag any text without braces */
  probe(tag: string): string {
    return `${this.#prefix}:{${tag}}:probe`;
  }

  /** Which life is live, and all of them. */
  name(name: string): NameKeys {
    const tagged = this.#tagged(name);
    return { live: `${tagged}:live`, lives: `${tagged}:lives`, definitionOf: (life) => `${tagged}:${life}:definition` };
  }

  life(experiment: Experiment): LifeKeys {
    const known = this.#lives.get(experiment);
    if (known !== undefined) return known;
    const life = `${this.#tagged(experiment.name)}:${lifeOf(experiment)}`;
    const keys: LifeKeys = {
      definition: `${life}:definition`,
      records: `${life}:records`,
      ids: `${life}:ids`,
      tallies: `${life}:tallies`,
      unrecorded: `${life}:unrecorded`,
      event: `${life}:event:`,
    };
    this.#lives.set(experiment, keys);
    return keys;
  }

  /** Braces in a name would end its tag early, and move its keys to another slot. */
  #tagged(name: string): string {
    return `${this.#prefix}:{${name.replace(/[%{}]/g, encodeURIComponent)}}`;
  }
}

/** A life as it stands in keys. */
export function lifeOf({ life }: Pick<Experiment, "life">): string {
  return life.toString(36);
}

/** @param records or ids */
export function bucketKey(records: string, bucket: number): string {
  return `${records}:${bucket}`;
}
