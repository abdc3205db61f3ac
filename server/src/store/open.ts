/** Which engine a configuration means. Engines are imported when they are chosen: Redis alone costs a tenth of a second. */
import type { Config } from "../config/schema.ts";
import { SixpackError } from "../domain/errors.ts";
import { MemoryStore } from "./memory.ts";
import type { Store } from "./store.ts";

/** @throws SixpackError store-unavailable: what keeps the engine from working, and what to do */
export async function openStore(config: Config): Promise<Store> {
  switch (config.storage) {
    case "memory":
      return new MemoryStore();
    case "embedded": {
      const { LevelStore } = await import("./level/level-store.ts");
      return LevelStore.open({ folder: config.data_dir, cacheSlots: config.assignment_cache_slots });
    }
    case "redis":
      throw new SixpackError("store-unavailable", "Expected the Redis engine, which has not landed yet");
  }
}
