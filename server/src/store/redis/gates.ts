/**
 * The gates of a spread experiment: what the shards that don't lie beside the definition know of its version.
 *
 * A definition changes in one slot, by compare-and-set; the gates are told right after, before the change is answered. A gate
 * only moves on (`lua/standing.lua`), so what comes late does no harm. A shard that can't be told goes on with the version
 * before until the first caller brings it the new one; nobody uses a definition for longer than DEFINITION_AGE_MAX_MS
 * without asking for it, so that is the longest. docs/decisions/0019-shards.md has the reasons.
 */
import { currentEpochNumber, type Experiment } from "../../domain/experiment.ts";
import type { RedisConnection } from "./client.ts";
import type { Keys, Shard } from "./keys.ts";
import { arrayIn, numberIn, textIn } from "./replies.ts";
import { SCRIPTS } from "./scripts.ts";

/** Stands for the incarnation of a life that takes nobody in. */
const CLOSED = "-";

/** How long the gate of a shard that is no more keeps late callers out, in milliseconds. */
const LATE_MS = 60_000;

export interface Gate {
  readonly version: number;
  readonly epoch: number;
  readonly closed: boolean;
}

export class Gates {
  readonly #connection: RedisConnection;
  readonly #keys: Keys;

  constructor(connection: RedisConnection, keys: Keys) {
    this.#connection = connection;
    this.#keys = keys;
  }

  /** Tells every shard the version that is stored now. One that can't be told learns it from the next caller. */
  async moveOn(experiment: Experiment): Promise<void> {
    await this.#tell(experiment, String(experiment.incarnation));
  }

  /** Lets nobody into a life that ended. @param experiment its last version */
  async close(experiment: Experiment): Promise<void> {
    await this.#tell(experiment, CLOSED);
  }

  /**
   * Closes every gate behind which nobody is yet. Whoever comes to a closed one counts the version up to open it again
   * (`Changes.repair`), so a definition that is written on this version was not overtaken by any client.
   * @returns false where somebody is in already
   */
  async seal(experiment: Experiment): Promise<boolean> {
    const [, ...shards] = this.#keys.life(experiment).shards;
    const empty = await Promise.all(shards.map((shard) => this.#set(shard, CLOSED, [shard.records])));
    return empty.every(Boolean);
  }

  async read({ version: key }: Shard): Promise<Gate | undefined> {
    const fields = arrayIn(await this.#connection.send("HMGET", key, "incarnation", "version", "epoch"));
    if (fields[0] === null) return undefined;
    return { version: numberIn(fields[1]), epoch: numberIn(fields[2]), closed: textIn(fields[0]) === CLOSED };
  }

  /** Frees the gates of shards that are no more, once no caller can be so late. */
  async leave(shards: readonly Shard[]): Promise<void> {
    const gates = shards.filter(({ number }) => number > 0);
    await Promise.all(gates.map(({ version }) => this.#connection.send("PEXPIRE", version, String(LATE_MS))));
  }

  async #tell(experiment: Experiment, incarnation: string): Promise<void> {
    const [, ...shards] = this.#keys.life(experiment).shards;
    await Promise.allSettled(shards.map((shard) => this.#set(shard, incarnation, [])));
  }

  async #set(shard: Shard, incarnation: string, empty: readonly string[]): Promise<boolean> {
    const { experiment, version } = shard;
    const args = [incarnation, String(experiment.version), String(currentEpochNumber(experiment))];
    return (await this.#connection.run(SCRIPTS.gate, [version, ...empty], ...args)) === 1;
  }
}
