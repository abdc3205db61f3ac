/** Which engine a configuration means. Engines are imported when they are chosen: Redis alone costs a tenth of a second. */
import { resolve } from "node:path";
import type { Config } from "../config/schema.ts";
import type { Storage } from "../config/storages.ts";
import type { Finding } from "../ops/finding.ts";
import type { Store } from "./store.ts";
import type { Whereabouts } from "./whereabouts.ts";

/** Called with problems that an engine solves by itself, such as a lost connection that it opens again. */
type OnTrouble = (error: Error) => void;

interface Engine {
  readonly open: (config: Config, onTrouble: OnTrouble, mayMake: boolean) => Promise<Store>;
  /** Whether there is something to open without making it. */
  readonly isPlaced: (config: Config) => Promise<boolean>;
  readonly whereabouts: (config: Config) => Promise<Whereabouts>;
  /** What can be said of the place before it is opened; it is not opened where any of it fails. */
  readonly check: (config: Config, nowMs: () => number) => Promise<readonly Finding[]>;
}

const ENGINES: Readonly<Record<Storage, Engine>> = {
  embedded: {
    open: (config, onTrouble, mayMake) => openLocal(config, config.data_dir, onTrouble, mayMake),
    isPlaced: async ({ data_dir }) => (await import("./local/folder.ts")).holdsStore(data_dir),
    whereabouts: async ({ data_dir }) => ({
      text: `in the folder ${resolve(data_dir)}`,
      keys: ["storage", "data_dir"],
      hint: "",
    }),
    check: async ({ data_dir }) => (await import("./local/check-folder.ts")).checkFolder(data_dir),
  },
  redis: {
    async open(config, onTrouble, mayMake) {
      const [{ RedisStore }, { redisOptions }] = await Promise.all([
        import("./redis/redis-store.ts"),
        import("./redis/redis-config.ts"),
      ]);
      return RedisStore.open({ ...redisOptions(config), onConnectionError: onTrouble, mayMake });
    },
    isPlaced: async () => true,
    whereabouts: async (config) => (await import("./redis/redis-config.ts")).redisWhereabouts(config),
    check: async (config, nowMs) => (await import("./redis/check-redis.ts")).checkRedis(config, nowMs),
  },
  memory: {
    open: (config, onTrouble, mayMake) => openLocal(config, null, onTrouble, mayMake),
    isPlaced: async () => true,
    whereabouts: async () => ({ text: "in memory", keys: ["storage"], hint: "" }),
    check: async () => [],
  },
};

/**
 * @param mayMake whether a store is made where there is none; whoever only reads makes none
 * @throws SixpackError store-unavailable: what keeps the engine from working, and what to do
 */
export function openStore(config: Config, onTrouble: OnTrouble, mayMake: boolean): Promise<Store> {
  return ENGINES[config.storage].open(config, onTrouble, mayMake);
}

/** Whether there is something to open without making it. */
export function isPlaced(config: Config): Promise<boolean> {
  return ENGINES[config.storage].isPlaced(config);
}

/** Where the store of this configuration lies, or would. */
export function whereaboutsOf(config: Config): Promise<Whereabouts> {
  return ENGINES[config.storage].whereabouts(config);
}

/** What `sixpack doctor` says of that place before it is opened. */
export function checkPlace(config: Config, nowMs: () => number): Promise<readonly Finding[]> {
  return ENGINES[config.storage].check(config, nowMs);
}

async function openLocal(config: Config, folder: string | null, onTrouble: OnTrouble, mayMake: boolean) {
  const { LocalStore } = await import("./local/local-store.ts");
  return LocalStore.open({ folder, cacheSlots: config.assignment_cache_slots, mayMake, onTrouble });
}
