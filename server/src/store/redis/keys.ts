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
 * | `<prefix>:{<name>}:<life>:records`      | hash       | buckets, entries; ids: 1 once any id was kept            |
 * | `<prefix>:{<name>}:<life>:records:<b>`  | hash       | bucket b: client (8 bytes) → record                      |
 * | `<prefix>:{<name>}:<life>:ids`          | hash       | buckets, entries; only where ids are kept                |
 * | `<prefix>:{<name>}:<life>:ids:<b>`      | hash       | bucket b: client (8 bytes) → raw id                      |
 *
 * `<life>` is the incarnation in base 36. The braces make a Redis Cluster keep keys in one slot: all of an experiment, or
 * those of one shard of it. Shard 0 is where the definition lies, under `{<name>}`. The others, of an experiment that has
 * more, lie under `{<name>:<s>}`, with a gate in the place of the definition:
 *
 * | `<prefix>:{<name>:<s>}:<life>:gate`     | hash       | incarnation or `-`, version, epoch: see `gates.ts`       |
 */
import type { ClientKey } from "../../domain/digest.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { ExperimentName } from "../../domain/names.ts";
import { shardsOf } from "../../domain/shards.ts";

/** Where one part of the clients of a life lies. */
export interface Shard {
  readonly experiment: Experiment;
  /** From 0. */
  readonly number: number;
  /** What a script asks for the version in force: the definition itself for shard 0, else a gate. */
  readonly version: string;
  readonly records: string;
  /** Raw ids of clients, in buckets of their own; nothing lies there unless ids are kept. */
  readonly ids: string;
  readonly tallies: string;
  /** Followed by the 8 bytes of an event. */
  readonly event: string;
}

/** The keys of one life of an experiment. */
export interface LifeKeys {
  readonly definition: string;
  readonly unrecorded: string;
  readonly home: Shard;
  /** All of them; `home` is the first. */
  readonly shards: readonly Shard[];
}

export class Keys {
  readonly experiments: string;
  readonly activity: string;
  readonly #prefix: string;
  /** Building strings for every call would be felt; definitions are few and live long. */
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
    return `${this.#tagged(name)}:definition`;
  }

  removed(name: ExperimentName): string {
    return `${this.#tagged(name)}:removed`;
  }

  life(experiment: Experiment): LifeKeys {
    const known = this.#lives.get(experiment);
    if (known !== undefined) return known;
    const { name } = experiment;
    const home = this.#shard(experiment, 0);
    const others = Array.from({ length: shardsOf(experiment) - 1 }, (_, index) => this.#shard(experiment, index + 1));
    const keys: LifeKeys = {
      definition: this.definition(name),
      unrecorded: `${this.#tagged(name)}:${lifeOf(experiment)}:unrecorded`,
      home,
      shards: [home, ...others],
    };
    this.#lives.set(experiment, keys);
    return keys;
  }

  /** The shard of a client: its first two bytes, which no alternative and no bucket depends on, modulo the number of shards. */
  shard(experiment: Experiment, client: ClientKey): Shard {
    const { home, shards } = this.life(experiment);
    if (shards.length === 1) return home;
    return shards[((client.charCodeAt(0) << 8) | client.charCodeAt(1)) % shards.length] ?? home;
  }

  #shard(experiment: Experiment, number: number): Shard {
    const { name } = experiment;
    const base = `${number === 0 ? this.#tagged(name) : this.#tagged(name, number)}:${lifeOf(experiment)}`;
    return {
      experiment,
      number,
      version: number === 0 ? this.definition(name) : `${base}:gate`,
      records: `${base}:records`,
      ids: `${base}:ids`,
      tallies: `${base}:tallies`,
      event: `${base}:event:`,
    };
  }

  /** Names are plain when new, but a question or an import may bring braces, which would move it to another slot. */
  #tagged(name: ExperimentName, shard?: number): string {
    const plain = name.replace(/[%{}]/g, encodeURIComponent);
    return `${this.#prefix}:{${shard === undefined ? plain : `${plain}:${shard}`}}`;
  }
}

function lifeOf({ incarnation }: Experiment): string {
  return incarnation.toString(36);
}

/** @param records or ids */
export function bucketKey(records: string, bucket: number): string {
  return `${records}:${bucket}`;
}
