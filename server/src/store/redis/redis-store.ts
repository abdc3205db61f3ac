/**
 * The Redis engine: many server processes on one Redis (6.2 or newer) or Valkey.
 *
 * Every verb that must be atomic is one Lua script. Calls of one turn of the event loop share a script call; known
 * clients and definitions are answered from memory. `keys.ts` has the map of keys, docs/storage.md the sizes.
 *
 *     const store = await RedisStore.open({ host: "127.0.0.1", prefix: "sxp" });
 */
import type { Assignment } from "../../domain/assignment.ts";
import type { ClientKey } from "../../domain/digest.ts";
import { SixpackError } from "../../domain/errors.ts";
import { currentEpochNumber, type Experiment, type ExperimentDraft } from "../../domain/experiment.ts";
import type { ExperimentName } from "../../domain/names.ts";
import type { Tally } from "../../domain/tally.ts";
import { AssignmentCache, cacheLife } from "../assignment-cache.ts";
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
import { Batcher } from "./batch.ts";
import { Changes } from "./changes.ts";
import { RedisConnection } from "./client.ts";
import { Definitions } from "./definitions.ts";
import { Gates } from "./gates.ts";
import { Keys, type Shard } from "./keys.ts";
import { Lives } from "./lives.ts";
import { addressOf, REDIS_DEFAULTS, type RedisOptions } from "./options.ts";
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
import { countRecords } from "./records.ts";
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
  readonly #definitions: Definitions;
  readonly #lives: Lives;
  readonly #changes: Changes;
  readonly #sweep: Sweep;
  readonly #cache: AssignmentCache;
  readonly transfer: Transfer;
  readonly #participations: Batcher<Shard, Participation, ParticipationOutcome>;
  readonly #conversions: Batcher<Shard, Conversion, ConversionOutcome>;
  readonly #lookups: Batcher<Shard, ClientKey, Found>;

  /**
   * Waits for Redis up to `connectTimeoutMs`. Without it the store opens all the same and refuses calls until Redis is
   * there; `ping` tells.
   */
  static async open(options: RedisOptions): Promise<RedisStore> {
    let store: RedisStore | undefined;
    const connection = await RedisConnection.open(options, () => {
      if (store !== undefined) store.#definitions.forget();
    });
    store = new RedisStore(options, connection);
    await store.#definitions.start();
    return store;
  }

  private constructor(options: RedisOptions, connection: RedisConnection) {
    this.#options = options;
    this.#connection = connection;
    this.#keys = new Keys(options.prefix ?? REDIS_DEFAULTS.prefix);
    this.#definitions = new Definitions(connection, this.#keys);
    const gates = new Gates(connection, this.#keys);
    this.#changes = new Changes(connection, this.#keys, this.#definitions, gates);
    this.#lives = new Lives(connection, this.#keys, this.#definitions, this.#changes, gates);
    this.#sweep = new Sweep(connection, this.#keys, this.#definitions, gates);
    this.transfer = new RedisTransfer(connection, this.#keys, this.#lives, this.#sweep);
    this.#cache = new AssignmentCache(options.cacheSlots ?? REDIS_DEFAULTS.cacheSlots);
    this.#participations = new Batcher((shard, calls) => this.#participate(shard, calls));
    this.#conversions = new Batcher((shard, calls) => this.#convert(shard, calls));
    this.#lookups = new Batcher((shard, clients) => this.#lookUp(shard, clients));
  }

  peekExperiment(name: ExperimentName): Experiment | undefined {
    return this.#definitions.peek(name);
  }

  readExperiment(name: ExperimentName): Promise<Experiment | undefined> {
    return this.#definitions.read(name);
  }

  listExperiments(): Promise<readonly Experiment[]> {
    return this.#lives.list();
  }

  createExperiment(draft: ExperimentDraft): Promise<Experiment> {
    return this.#lives.create(draft);
  }

  changeExperiment(next: Experiment): Promise<ChangeOutcome> {
    return this.#changes.change(next);
  }

  removeExperiment(
    experiment: Experiment,
    removedAtMs: number,
    successor: ExperimentDraft | undefined,
  ): Promise<RemovalOutcome> {
    return this.#lives.remove(experiment, removedAtMs, successor);
  }

  listRemoved(): Promise<readonly RemovedExperiment[]> {
    return this.#lives.listRemoved();
  }

  restoreExperiment(name: ExperimentName, incarnation: number, nowMs: number): Promise<Experiment | undefined> {
    return this.#lives.restore(name, incarnation, nowMs);
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
    return (await this.#lookups.add(this.#keys.shard(experiment, client), client)).assignment;
  }

  recordParticipation(participation: Participation): Promise<ParticipationOutcome> {
    return this.#participations.add(this.#keys.shard(participation.experiment, participation.client), participation);
  }

  recordConversion(conversion: Conversion): Promise<ConversionOutcome> {
    return this.#conversions.add(this.#keys.shard(conversion.experiment, conversion.client), conversion);
  }

  readTallies(experiment: Experiment): Promise<readonly Tally[]> {
    const { shards, unrecorded } = this.#keys.life(experiment);
    return readTallies(this.#connection, ...shards.map(({ tallies }) => tallies), unrecorded);
  }

  readTallyMark(experiment: Experiment): Promise<number> {
    const { shards } = this.#keys.life(experiment);
    return readTallyMark(
      this.#connection,
      shards.map(({ tallies }) => tallies),
    );
  }

  async countRecords(experiment: Experiment): Promise<readonly Tally[]> {
    if (experiment.compacted === true) return this.readTallies(experiment);
    const life = this.#keys.life(experiment);
    return countRecords(this.#connection, life, await readTallies(this.#connection, life.unrecorded));
  }

  forgetClient(experiment: Experiment, client: ClientKey): Promise<ForgetOutcome> {
    return this.#changes.forgetClient(experiment, client);
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

  async close(): Promise<void> {
    this.#definitions.stop();
    await Promise.all([this.#participations.idle(), this.#conversions.idle(), this.#lookups.idle()]);
    await this.#connection.close();
  }

  async #participate(shard: Shard, calls: readonly Participation[]): Promise<Outcomes<ParticipationOutcome>> {
    const { experiment, version, records, tallies } = shard;
    const ids = idArguments(calls, shard.ids);
    const epoch = ids.length > 0 && shard.number === 0 ? [""] : epochFor(shard);
    const args = [...knownTo(shard), packParticipations(calls), ...epoch, ...ids];
    const reply = await this.#connection.run(SCRIPTS.participate, [version, records, tallies], ...args);
    const outcomes = participationOutcomes(bytesIn(reply));
    outcomes.forEach((outcome, index) => {
      const client = calls[index]?.client;
      if (outcome instanceof SixpackError) return;
      if (outcome.kind !== "stale" && client !== undefined) {
        this.#cache.set(cacheLife(experiment), client, outcome.assignment);
      }
    });
    await this.#repairStale(shard, outcomes);
    return outcomes;
  }

  async #convert(shard: Shard, calls: readonly Conversion[]): Promise<Outcomes<ConversionOutcome>> {
    const { version, records, tallies, event } = shard;
    const args = [...knownTo(shard), String(EVENT_ID_WINDOW_MS), event, packConversions(calls), ...epochFor(shard)];
    const reply = await this.#connection.run(SCRIPTS.convert, [version, records, tallies], ...args);
    const outcomes = conversionOutcomes(bytesIn(reply));
    await this.#repairStale(shard, outcomes);
    return outcomes;
  }

  async #lookUp(shard: Shard, clients: readonly ClientKey[]): Promise<Outcomes<Found>> {
    const reply = await this.#connection.run(SCRIPTS.lookup, [shard.records], packClients(clients));
    const found = lookupOutcomes(bytesIn(reply));
    found.forEach((outcome, index) => {
      const client = clients[index];
      if (outcome instanceof SixpackError || outcome.assignment === undefined || client === undefined) return;
      this.#cache.set(cacheLife(shard.experiment), client, outcome.assignment);
    });
    return found;
  }

  /** A gate that can't be seen to now is met again by the next try. */
  async #repairStale(shard: Shard, outcomes: Outcomes<{ readonly kind: string }>): Promise<void> {
    if (shard.number === 0) return;
    const isStale = outcomes.some((outcome) => !(outcome instanceof SixpackError) && outcome.kind === "stale");
    if (isStale) await this.#changes.repair(shard).catch(() => {});
  }
}

/** Incarnation and version on which calls were decided. */
function knownTo({ experiment }: Shard): readonly [string, string] {
  return [String(experiment.incarnation), String(experiment.version)];
}

/** The definition knows its epoch; a gate has to be told. */
function epochFor({ experiment, number }: Shard): readonly string[] {
  return number === 0 ? [] : [String(currentEpochNumber(experiment))];
}
