/**
 * The Redis engine: many server processes on one Redis.
 *
 * Every verb that must be atomic is one Lua script. Calls of one turn of the event loop share a script call; known
 * clients and definitions are answered from memory. `keys.ts` has the map of keys, docs/storage.md the sizes.
 *
 *     const store = await RedisStore.open({ host: "127.0.0.1", prefix: "sxp" });
 */
import type { Assignment } from "../../domain/assignment.ts";
import type { ClientKey } from "../../domain/digest.ts";
import { SixpackError } from "../../domain/errors.ts";
import type { Experiment, ExperimentDraft } from "../../domain/experiment.ts";
import type { Tally } from "../../domain/tally.ts";
import { AssignmentCache, cacheLife } from "../assignment-cache.ts";
import { changeOutcome, removalOutcome, removedOf } from "../lives.ts";
import {
  type Activity,
  type ActivityQuery,
  type CacheUsage,
  type ChangeOutcome,
  type Conversion,
  type ConversionOutcome,
  EVENT_ID_WINDOW_MS,
  type ForgetOutcome,
  type Freed,
  type Participation,
  type ParticipationOutcome,
  type RemovalOutcome,
  type RemovedExperiment,
  type Store,
  type StoreStatus,
} from "../store.ts";
import type { Transfer } from "../transfer.ts";
import { appendActivity, readActivity } from "./activity.ts";
import { Batcher } from "./call-batch.ts";
import { RedisConnection } from "./client.ts";
import { Definitions } from "./definitions.ts";
import { Keys } from "./keys.ts";
import { drafted, Lives } from "./lives.ts";
import {
  conversionOutcomes,
  idArguments,
  lookupOutcomes,
  type Outcomes,
  packClients,
  packConversions,
  packParticipations,
  participationOutcomes,
} from "./packing.ts";
import { Presence } from "./presence.ts";
import { probeWrites } from "./probe.ts";
import { countRecords } from "./records.ts";
import { addressOf, REDIS_DEFAULTS, type RedisOptions } from "./redis-options.ts";
import { bytesIn, textIn } from "./replies.ts";
import { SCRIPTS } from "./scripts.ts";
import { Sweep } from "./sweep.ts";
import { readTallies, readTallyMark } from "./tallies.ts";
import { RedisTransfer } from "./transfer.ts";

interface Found {
  readonly assignment: Assignment | undefined;
}

export class RedisStore implements Store {
  readonly #options: RedisOptions;
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #presence: Presence;
  readonly #definitions: Definitions;
  readonly #lives: Lives;
  readonly #sweep: Sweep;
  readonly #cache: AssignmentCache;
  readonly transfer: Transfer;
  readonly #participations: Batcher<Experiment, Participation, ParticipationOutcome>;
  readonly #conversions: Batcher<Experiment, Conversion, ConversionOutcome>;
  readonly #lookups: Batcher<Experiment, ClientKey, Found>;

  /**
   * Waits for Redis up to `connectTimeoutMs`. Without it the store opens all the same and refuses calls until Redis is
   * there; `ping` tells.
   * @throws SixpackError store-unavailable: a later version has written what is there, or it is no store
   */
  static async open(options: RedisOptions): Promise<RedisStore> {
    let store: RedisStore | undefined;
    const connection = await RedisConnection.open(options, () => {
      if (store !== undefined) store.#reconnected();
    });
    store = new RedisStore(options, connection);
    await store.#definitions.start();
    const refusal = connection.refusal;
    if (refusal === undefined) return store;
    await store.close();
    throw refusal;
  }

  private constructor(options: RedisOptions, connection: RedisConnection) {
    this.#options = options;
    this.#connection = connection;
    this.#keys = new Keys(options.prefix ?? REDIS_DEFAULTS.prefix);
    const place = `the database at ${addressOf(options)}, prefix ${options.prefix ?? REDIS_DEFAULTS.prefix}`;
    this.#presence = new Presence(connection, this.#keys.store, place, options.mayMake ?? true);
    this.#definitions = new Definitions(connection, this.#keys, this.#presence);
    this.#lives = new Lives(connection, this.#keys, this.#definitions);
    this.#sweep = new Sweep(connection, this.#keys, this.#definitions, this.#lives);
    this.transfer = new RedisTransfer(connection, this.#keys, this.#lives, this.#sweep);
    this.#cache = new AssignmentCache(options.cacheSlots ?? REDIS_DEFAULTS.cacheSlots);
    this.#participations = new Batcher((experiment, calls) => this.#participate(experiment, calls));
    this.#conversions = new Batcher((experiment, calls) => this.#convert(experiment, calls));
    this.#lookups = new Batcher((experiment, clients) => this.#lookUp(experiment, clients));
  }

  /** It may be another database that answers now. */
  #reconnected(): void {
    this.#definitions.forget();
    this.#connection.holdFor(this.#presence.check());
  }

  peekExperiment(name: string): Experiment | undefined {
    return this.#definitions.peek(name);
  }

  readExperiment(name: string): Promise<Experiment | undefined> {
    return this.#definitions.read(name);
  }

  listExperiments(): Promise<readonly Experiment[]> {
    return this.#lives.list();
  }

  createExperiment(draft: ExperimentDraft): Promise<Experiment> {
    return this.#lives.create(draft);
  }

  async changeExperiment(next: Experiment): Promise<ChangeOutcome> {
    return changeOutcome(await this.#lives.move(next.name, { kind: "change", next }));
  }

  async removeExperiment(
    experiment: Experiment,
    removedAtMs: number,
    successor: ExperimentDraft | undefined,
  ): Promise<RemovalOutcome> {
    const next = successor && drafted(successor);
    const act = { kind: "remove", experiment, nowMs: removedAtMs, successor: next } as const;
    return removalOutcome(await this.#lives.move(experiment.name, act));
  }

  async listRemoved(): Promise<readonly RemovedExperiment[]> {
    return (await this.#lives.all()).flatMap(removedOf);
  }

  async restoreExperiment(name: string, incarnation: number, nowMs: number): Promise<Experiment | undefined> {
    const move = await this.#lives.move(name, { kind: "restore", nowMs }, incarnation);
    return move.kind === "moved" ? move.live : undefined;
  }

  sweepRemoved(removedUntilMs: number): Promise<number> {
    return this.#sweep.removed(removedUntilMs);
  }

  peekAssignment(experiment: Experiment, client: ClientKey): Assignment | undefined {
    return this.#cache.get(cacheLife(experiment), client);
  }

  cacheUsage(): CacheUsage {
    return this.#cache.usage;
  }

  async readAssignment(experiment: Experiment, client: ClientKey): Promise<Assignment | undefined> {
    return (await this.#lookups.add(experiment, client)).assignment;
  }

  recordParticipation(participation: Participation): Promise<ParticipationOutcome> {
    return this.#participations.add(participation.experiment, participation);
  }

  recordConversion(conversion: Conversion): Promise<ConversionOutcome> {
    return this.#conversions.add(conversion.experiment, conversion);
  }

  readTallies(experiment: Experiment): Promise<readonly Tally[]> {
    const { tallies, unrecorded } = this.#keys.life(experiment);
    return readTallies(this.#connection, tallies, unrecorded);
  }

  readTallyMark(experiment: Experiment): Promise<number> {
    return readTallyMark(this.#connection, this.#keys.life(experiment).tallies);
  }

  async countRecords(experiment: Experiment): Promise<readonly Tally[]> {
    if (experiment.compacted === true) return this.readTallies(experiment);
    const life = this.#keys.life(experiment);
    return countRecords(this.#connection, life, await readTallies(this.#connection, life.unrecorded));
  }

  forgetClient(experiment: Experiment, client: ClientKey): Promise<ForgetOutcome> {
    return this.#lives.forgetClient(experiment, client);
  }

  freeRecords(experiment: Experiment): Promise<Freed> {
    return this.#sweep.records(experiment);
  }

  async claimLease(lease: string, holder: string, ttlMs: number): Promise<boolean> {
    // Redis keeps the time itself: it is the one clock that all processes share.
    return (await this.#connection.run(SCRIPTS.lease, [this.#keys.lease(lease)], holder, String(ttlMs))) === 1;
  }

  appendActivity(entry: Activity): Promise<void> {
    return appendActivity(this.#connection, this.#keys.activity, entry);
  }

  readActivity(query: ActivityQuery): Promise<readonly Activity[]> {
    return readActivity(this.#connection, this.#keys.activity, query);
  }

  async status(): Promise<StoreStatus> {
    const information = textIn(await this.#connection.send("INFO", "server"));
    const valkey = /^valkey_version:(\S+)/m.exec(information)?.[1];
    const redis = /^redis_version:(\S+)/m.exec(information)?.[1];
    const server = valkey === undefined ? `Redis ${redis ?? "of unknown version"}` : `Valkey ${valkey}`;
    return { engine: "redis", summary: `${server} at ${addressOf(this.#options)}` };
  }

  async ping(): Promise<void> {
    await this.#connection.send("PING");
  }

  probe(): Promise<void> {
    return probeWrites(this.#connection, this.#keys);
  }

  async close(): Promise<void> {
    this.#definitions.stop();
    await Promise.all([this.#participations.idle(), this.#conversions.idle(), this.#lookups.idle()]);
    await this.#connection.close();
  }

  async #participate(experiment: Experiment, calls: readonly Participation[]): Promise<Outcomes<ParticipationOutcome>> {
    const { definition, records, tallies, ids } = this.#keys.life(experiment);
    const args = [String(experiment.version), packParticipations(calls), ...idArguments(calls, ids)];
    const reply = await this.#connection.run(SCRIPTS.participate, [definition, records, tallies], ...args);
    const outcomes = participationOutcomes(bytesIn(reply));
    outcomes.forEach((outcome, index) => {
      const client = calls[index]?.client;
      if (outcome instanceof SixpackError) return;
      if (outcome.kind !== "stale" && client !== undefined) {
        this.#cache.set(cacheLife(experiment), client, outcome.assignment);
      }
    });
    return outcomes;
  }

  async #convert(experiment: Experiment, calls: readonly Conversion[]): Promise<Outcomes<ConversionOutcome>> {
    const { definition, records, tallies, event } = this.#keys.life(experiment);
    const args = [String(experiment.version), String(EVENT_ID_WINDOW_MS), event, packConversions(calls)];
    const reply = await this.#connection.run(SCRIPTS.convert, [definition, records, tallies], ...args);
    return conversionOutcomes(bytesIn(reply));
  }

  async #lookUp(experiment: Experiment, clients: readonly ClientKey[]): Promise<Outcomes<Found>> {
    const { records } = this.#keys.life(experiment);
    const found = lookupOutcomes(bytesIn(await this.#connection.run(SCRIPTS.lookup, [records], packClients(clients))));
    found.forEach((outcome, index) => {
      const client = clients[index];
      if (outcome instanceof SixpackError || outcome.assignment === undefined || client === undefined) return;
      this.#cache.set(cacheLife(experiment), client, outcome.assignment);
    });
    return found;
  }
}
