/** Loading and unloading lives of the memory engine. */
import type { Experiment } from "../domain/experiment.ts";
import type { Tally } from "../domain/tally.ts";
import { cellKey, type Life } from "./memory-life.ts";
import type { ClientRecord, ForeignExperiment, PublishOutcome, SplitTallies, Transfer } from "./transfer.ts";

/** What the transfer needs of the store that it belongs to. */
export interface MemoryLives {
  stage(definition: ForeignExperiment, nowMs: number): Experiment;
  staged(): readonly Experiment[];
  publish(staged: Experiment, nowMs: number, replace: boolean): PublishOutcome;
  discard(staged: Experiment): void;
  life(incarnation: number): Life;
}

/** Records given out at a time. */
const RECORDS_AT_A_TIME = 1_000;

export class MemoryTransfer implements Transfer {
  readonly #lives: MemoryLives;

  constructor(lives: MemoryLives) {
    this.#lives = lives;
  }

  async stage(definition: ForeignExperiment, nowMs: number): Promise<Experiment> {
    return this.#lives.stage(definition, nowMs);
  }

  async listStaged(): Promise<readonly Experiment[]> {
    return this.#lives.staged();
  }

  async loadRecords({ incarnation }: Experiment, records: readonly ClientRecord[]): Promise<void> {
    const { clients } = this.#lives.life(incarnation);
    for (const { client, conversions, ...record } of records) {
      const byKpi = conversions.map(({ kpi, ...conversion }) => [kpi, conversion] as const);
      clients.set(client, { ...record, conversions: new Map(byKpi) });
    }
  }

  async loadTallies({ incarnation }: Experiment, recorded: readonly Tally[], unrecorded: readonly Tally[]) {
    const life = this.#lives.life(incarnation);
    for (const tally of recorded) life.tallies.set(cellKey(tally), tally);
    for (const tally of unrecorded) life.unrecorded.set(cellKey(tally), tally);
  }

  async publish(staged: Experiment, nowMs: number, replace: boolean): Promise<PublishOutcome> {
    return this.#lives.publish(staged, nowMs, replace);
  }

  async discard(staged: Experiment): Promise<void> {
    this.#lives.discard(staged);
  }

  async *exportRecords({ incarnation }: Experiment): AsyncIterable<readonly ClientRecord[]> {
    let batch: ClientRecord[] = [];
    for (const [client, { conversions, ...record }] of this.#lives.life(incarnation).clients) {
      batch.push({ client, ...record, conversions: [...conversions].map(([kpi, one]) => ({ kpi, ...one })) });
      if (batch.length < RECORDS_AT_A_TIME) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  async readTallies({ incarnation }: Experiment): Promise<SplitTallies> {
    const { tallies, unrecorded } = this.#lives.life(incarnation);
    return { recorded: [...tallies.values()], unrecorded: [...unrecorded.values()] };
  }
}
