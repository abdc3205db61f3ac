/**
 * The Redis engine: many server processes on one Redis.
 *
 * Every verb that must be atomic is one Lua script; known clients and definitions are answered from memory. `keys.ts`
 * has the map of keys, docs/storage.md the sizes.
 *
 *     const store = await RedisStore.open({ host: "127.0.0.1", prefix: "sxp" });
 */
import type { Activities } from "../activity.ts";
import { AssignmentCache } from "../assignment-cache.ts";
import { removalOutcome, removedOf } from "../lives.ts";
import type { Leases, Notes } from "../shared-work.ts";
import type {
  Peek,
  Store,
  Definitions as StoreDefinitions,
  Lives as StoreLives,
  StoreStatus,
  Tallies,
} from "../store.ts";
import type { Transfer } from "../transfer.ts";
import { appendActivity, readActivity } from "./activity.ts";
import { RedisConnection } from "./client.ts";
import { Definitions } from "./definitions.ts";
import { Keys } from "./keys.ts";
import { drafted, Lives } from "./lives.ts";
import { migrate } from "./migrate.ts";
import { Moved } from "./moved.ts";
import { redisNotes } from "./notepad.ts";
import { Presence } from "./presence.ts";
import { probeWrites } from "./probe.ts";
import { storeDefinition } from "./recap.ts";
import { Records } from "./records.ts";
import { addressOf, REDIS_DEFAULTS, type RedisOptions } from "./redis-options.ts";
import { versionIn } from "./redis-version.ts";
import { textIn } from "./replies.ts";
import { SCRIPTS } from "./scripts.ts";
import { Sweep } from "./sweep.ts";
import { redisTallies } from "./tallies.ts";
import { redisTransfer } from "./transfer.ts";

export class RedisStore implements Store {
  readonly #options: RedisOptions;
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #presence: Presence;
  readonly #moved: Moved;
  readonly #definitions: Definitions;
  readonly #livesOfNames: Lives;
  readonly peek: Peek;
  readonly definitions: StoreDefinitions;
  readonly lives: StoreLives;
  readonly records: Records;
  readonly tallies: Tallies;
  readonly activity: Activities;
  readonly leases: Leases;
  readonly notes: Notes;
  readonly transfer: Transfer;

  /**
   * Waits for Redis up to `connectTimeoutMs`. Without it the store opens all the same and refuses calls until Redis is
   * there; `ping` tells.
   * @throws SixpackError store-unavailable: a later version has written what is there, it is no store, or Redis is too old
   */
  static async open(options: RedisOptions): Promise<RedisStore> {
    let store: RedisStore | undefined;
    const connection = await RedisConnection.open(options, () => {
      if (store !== undefined) store.#reconnected();
    });
    store = new RedisStore(options, connection);
    await store.#definitions.start();
    const refusal = connection.refusal;
    if (refusal === undefined) {
      if (options.mayMake ?? true) await migrate(connection, store.#keys, store.#livesOfNames, store.#presence);
      store.#presence.serve();
      return store;
    }
    await store.close();
    throw refusal;
  }

  private constructor(options: RedisOptions, connection: RedisConnection) {
    this.#options = options;
    this.#connection = connection;
    const keys = new Keys(options.prefix ?? REDIS_DEFAULTS.prefix);
    this.#keys = keys;
    const place = `the database at ${addressOf(options)}, prefix ${options.prefix ?? REDIS_DEFAULTS.prefix}`;
    this.#presence = new Presence(connection, keys.store, place, options.mayMake ?? true);
    const cache = new AssignmentCache(options.cacheSlots ?? REDIS_DEFAULTS.cacheSlots);
    const moved = new Moved(connection, keys.moved, cache);
    this.#moved = moved;
    const definitions = new Definitions(connection, keys, this.#presence, moved);
    this.#definitions = definitions;
    const lives = new Lives(connection, keys, definitions);
    this.#livesOfNames = lives;
    const sweep = new Sweep(connection, keys, definitions, lives);
    this.definitions = {
      read: (name) => definitions.read(name),
      list: () => lives.list(),
      listUnreadable: () => lives.unreadable(),
      create: (draft) => lives.create(draft),
      change: (next) => storeDefinition(connection, keys, definitions, lives, next),
    };
    this.lives = {
      async remove(experiment, removedAtMs, successor) {
        const next = successor && drafted(successor);
        const act = { kind: "remove", experiment, nowMs: removedAtMs, successor: next } as const;
        return removalOutcome(await lives.move(experiment.name, act));
      },
      listRemoved: async () => (await lives.all()).flatMap(removedOf),
      async restore(name, life, nowMs) {
        const move = await lives.move(name, { kind: "restore", nowMs }, life);
        return move.kind === "moved" ? move.live : undefined;
      },
      sweep: (removedUntilMs) => sweep.removed(removedUntilMs),
    };
    this.records = new Records(connection, keys, definitions, cache, moved);
    this.tallies = redisTallies(connection, keys);
    this.activity = {
      append: (entry) => appendActivity(connection, keys.activity, entry),
      read: (query) => readActivity(connection, keys.activity, query),
    };
    this.leases = {
      // Redis keeps the time itself: it is the one clock that all processes share.
      claim: async (lease, holder, ttlMs) =>
        (await connection.run(SCRIPTS.lease, [keys.lease(lease)], holder, String(ttlMs))) === 1,
    };
    this.notes = redisNotes(connection, keys);
    this.transfer = redisTransfer(connection, keys, lives, sweep);
    this.peek = {
      experiment: (name) => definitions.peek(name),
      assignment: (experiment, client) => this.records.peek(experiment, client),
      cacheUsage: () => this.records.cacheUsage,
    };
  }

  /** It may be another database that answers now. */
  #reconnected(): void {
    this.#definitions.forget();
    this.#moved.forget();
    this.#presence.reconnected();
    this.#connection.holdFor(this.#presence.check());
  }

  async status(): Promise<StoreStatus> {
    const { product } = versionIn(textIn(await this.#connection.send("INFO", "server")));
    return { engine: "redis", summary: `${product} at ${addressOf(this.#options)}` };
  }

  async ping(): Promise<void> {
    await this.#connection.send("PING");
  }

  probe(): Promise<void> {
    return probeWrites(this.#connection, this.#keys);
  }

  async close(): Promise<void> {
    this.#definitions.stop();
    await this.records.idle();
    await this.#connection.close();
  }
}
