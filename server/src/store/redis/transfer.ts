/** Loading and unloading lives of the Redis engine. */
import type { Experiment } from "../../domain/experiment.ts";
import type { Tally } from "../../domain/tally.ts";
import { publishOutcome } from "../lives.ts";
import type { ClientRecord, ForeignExperiment, PublishOutcome, SplitTallies, Transfer } from "../transfer.ts";
import type { RedisConnection } from "./client.ts";
import type { Keys } from "./keys.ts";
import type { Lives } from "./lives.ts";
import { encodeRecord } from "./record.ts";
import { exportRecords } from "./records.ts";
import { SCRIPTS } from "./scripts.ts";
import type { Sweep } from "./sweep.ts";
import { readTallies, writeTallies } from "./tallies.ts";

export class RedisTransfer implements Transfer {
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #lives: Lives;
  readonly #sweep: Sweep;

  constructor(connection: RedisConnection, keys: Keys, lives: Lives, sweep: Sweep) {
    this.#connection = connection;
    this.#keys = keys;
    this.#lives = lives;
    this.#sweep = sweep;
  }

  stage(definition: ForeignExperiment, nowMs: number): Promise<Experiment> {
    return this.#lives.stage(definition, nowMs);
  }

  async listStaged(): Promise<readonly Experiment[]> {
    const lives = await this.#lives.all();
    return lives.filter(({ state }) => state === "staged").map(({ experiment }) => experiment);
  }

  async loadRecords(staged: Experiment, records: readonly ClientRecord[]): Promise<void> {
    const { records: key, ids } = this.#keys.life(staged);
    const pairs = records.flatMap((record) => [Buffer.from(record.client, "latin1"), encodeRecord(record)]);
    const idPairs = records.flatMap(({ client, id }) => (id === undefined ? [] : [Buffer.from(client, "latin1"), id]));
    await this.#connection.run(SCRIPTS.load, [key], ...pairs);
    if (idPairs.length === 0) return;
    await this.#connection.send("HSET", key, "ids", "1");
    await this.#connection.run(SCRIPTS.load, [ids], ...idPairs);
  }

  async loadTallies(staged: Experiment, recorded: readonly Tally[], unrecorded: readonly Tally[]): Promise<void> {
    const keys = this.#keys.life(staged);
    await writeTallies(this.#connection, keys.tallies, recorded);
    await writeTallies(this.#connection, keys.unrecorded, unrecorded);
  }

  async publish({ name, incarnation }: Experiment, nowMs: number, replace: boolean): Promise<PublishOutcome> {
    return publishOutcome(await this.#lives.move(name, { kind: "publish", nowMs, replace }, incarnation));
  }

  discard(staged: Experiment): Promise<void> {
    return this.#sweep.discard(staged);
  }

  exportRecords(experiment: Experiment): AsyncIterable<readonly ClientRecord[]> {
    return exportRecords(this.#connection, this.#keys.life(experiment));
  }

  async readTallies(experiment: Experiment): Promise<SplitTallies> {
    const { tallies, unrecorded } = this.#keys.life(experiment);
    return {
      recorded: await readTallies(this.#connection, tallies),
      unrecorded: await readTallies(this.#connection, unrecorded),
    };
  }
}
