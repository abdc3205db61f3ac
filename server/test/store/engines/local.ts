/** The local engine, in a folder and in memory. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalStore } from "../../../src/store/local/local-store.ts";
import type { Store } from "../../../src/store/store.ts";
import { storedIn } from "../../support/stored.ts";
import type { EngineUnderTest } from "./engine.ts";

export function memoryEngine(): EngineUnderTest {
  return {
    name: "memory",
    start: async () => {},
    open: () => LocalStore.open({ folder: null, cacheSlots: 1 << 12 }),
    reopen: null,
    stop: async () => {},
  };
}

/** Every store in a folder of its own. */
export function embeddedEngine(): EngineUnderTest {
  const folders = new Map<Store, string>();

  async function openIn(folder: string): Promise<Store> {
    const store = await LocalStore.open({ folder, cacheSlots: 1 << 12 });
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
    holds: async (store, text) => (await storedIn(folders.get(store) ?? "")).includes(text),
    stop: async () => {
      for (const folder of new Set(folders.values())) await rm(folder, { recursive: true, force: true });
    },
  };
}
