/**
 * Freeing what lives leave behind: those whose time is up, those that were never published, and the records of a compacted
 * one. What is started is finished by whoever comes next.
 */
import type { Experiment } from "../../domain/experiment.ts";
import type { ExperimentName } from "../../domain/names.ts";
import type { Freed } from "../store.ts";
import { asideEntries } from "./aside.ts";
import { mapInChunks } from "./chunks.ts";
import type { RedisConnection } from "./client.ts";
import type { Definitions } from "./definitions.ts";
import type { Keys } from "./keys.ts";
import { recordBytes, unlinkRecords } from "./records.ts";
import { integerIn, numberIn } from "./replies.ts";
import { SCRIPTS } from "./scripts.ts";

export class Sweep {
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #definitions: Definitions;

  constructor(connection: RedisConnection, keys: Keys, definitions: Definitions) {
    this.#connection = connection;
    this.#keys = keys;
    this.#definitions = definitions;
  }

  /** Restartable: a life is claimed first and its entry goes last, so whatever was left by a crash is found again. */
  async removed(removedUntilMs: number): Promise<number> {
    // Before anything is looked at: a name that is touched from now on stays in the index.
    const names = await this.#definitions.names();
    const entries = await asideEntries(this.#connection, this.#keys, [...names.keys()]);
    let swept = 0;
    for (const { experiment } of entries) {
      if (await this.#life(experiment, removedUntilMs)) swept += 1;
    }
    await mapInChunks([...names], ([name, sequence]) => this.#forgetName(name, sequence));
    return swept;
  }

  /** A life that was staged. */
  async discard(staged: Experiment): Promise<void> {
    await this.#life(staged, Number.MAX_SAFE_INTEGER);
  }

  async records(experiment: Experiment): Promise<Freed> {
    const stored = await this.#definitions.read(experiment.name);
    if (stored?.incarnation !== experiment.incarnation || stored.compacted !== true) return { clients: 0, bytes: 0 };
    const life = this.#keys.life(stored);
    const entries = await this.#connection.send("HGET", life.records, "entries");
    const clients = entries === null ? 0 : numberIn(entries);
    let bytes = 0;
    for (const table of [life.records, life.ids]) bytes += await recordBytes(this.#connection, table);
    await unlinkRecords(this.#connection, life);
    return { clients, bytes };
  }

  async #life(experiment: Experiment, removedUntilMs: number): Promise<boolean> {
    const removed = this.#keys.removed(experiment.name);
    const life = String(experiment.incarnation);
    const claimed = await this.#connection.run(SCRIPTS.claim, [removed], life, String(removedUntilMs));
    if (integerIn(claimed) === 0) return false;
    const keys = this.#keys.life(experiment);
    await unlinkRecords(this.#connection, keys);
    await this.#connection.send("UNLINK", keys.tallies, keys.unrecorded);
    // Of two processes that sweep the same life, one counts it.
    return integerIn(await this.#connection.send("HDEL", removed, life)) === 1;
  }

  async #forgetName(name: ExperimentName, sequence: number): Promise<void> {
    const stored = await this.#connection.send("EXISTS", this.#keys.definition(name), this.#keys.removed(name));
    if (integerIn(stored) > 0) return;
    await this.#connection.run(SCRIPTS.untouch, [this.#keys.experiments], name, String(sequence));
  }
}
