/** The local engine, in a folder and in memory. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalStore } from "../../../src/store/local/local-store.ts";
import type { Store } from "../../../src/store/store.ts";
import type { EngineUnderTest } from "./engine.ts";

/** Characters in a row that are taken for a trace of a text. */
const PIECE = 8;

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
    holds: (store, text) => folderHolds(folders.get(store) ?? "", text),
    stop: async () => {
      for (const folder of new Set(folders.values())) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Whether a text stands in a file of the folder. */
export async function folderHolds(folder: string, text: string): Promise<boolean> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const contents = files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name)));
  // Blocks of a file are compressed: of a text that is like others before it only pieces stand there as they are.
  const pieces = Array.from({ length: text.length - PIECE + 1 }, (_, at) => text.slice(at, at + PIECE));
  return (await Promise.all(contents)).some((content) => pieces.some((piece) => content.includes(piece)));
}
