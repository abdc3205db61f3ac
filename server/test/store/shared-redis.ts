/** One Redis for the tests of a file, each of which has two stores in a place of its own there. */
import { afterAll, beforeAll } from "vitest";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import { closing } from "../support/one-test.ts";
import { RedisServer } from "../support/redis-server.ts";
import { PATIENT } from "./engines/redis.ts";

class SharedRedis {
  #server: RedisServer | undefined;
  #places = 0;

  async start(): Promise<void> {
    this.#server = await RedisServer.start();
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  get server(): RedisServer {
    if (this.#server === undefined) throw new Error("Expected Redis to be started");
    return this.#server;
  }

  /** Of the two that were opened last. */
  get prefix(): string {
    return `shared${this.#places}`;
  }

  /** Two stores of one place that no other test uses. */
  async openTwo(): Promise<readonly [RedisStore, RedisStore]> {
    this.#places += 1;
    const options = { ...PATIENT, socketPath: this.server.socketPath, prefix: this.prefix, cacheSlots: 1 << 15 };
    return [closing(await RedisStore.open(options)), closing(await RedisStore.open(options))];
  }
}

export function sharedRedis(): SharedRedis {
  const redis = new SharedRedis();
  beforeAll(() => redis.start());
  afterAll(() => redis.stop());
  return redis;
}
