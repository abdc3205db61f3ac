import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LevelStore } from "../../../src/store/level/level-store.ts";
import type { Store } from "../../../src/store/store.ts";
import type { EngineUnderTest } from "./engine.ts";

/** Every store in a folder of its own. */
export function levelEngine(): EngineUnderTest {
  const folders = new Map<Store, string>();

  async function openIn(folder: string): Promise<Store> {
    const store = await LevelStore.open({ folder, cacheSlots: 1 << 12 });
    folders.set(store, folder);
    return store;
  }

  return {
    name: "embedded",
    start: async () => {},
    open: async () => openIn(await mkdtemp(join(tmpdir(), "sixpack-level-"))),
    reopen: async (store) => {
      await store.close();
      return openIn(folders.get(store) ?? "");
    },
    stop: async () => {
      for (const folder of new Set(folders.values())) await rm(folder, { recursive: true, force: true });
    },
  };
}
