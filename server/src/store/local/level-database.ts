/** LevelDB in a folder, with buffer sizes that were found by measuring. */
import { ClassicLevel } from "classic-level";
import { type Database, ENCODING } from "./database.ts";

/** Bytes of blocks kept in memory, decompressed. The kernel keeps the files, so more of them gain little. */
const BLOCK_CACHE_BYTES = 8 * 2 ** 20;

/**
 * Bytes collected in memory before LevelDB writes a table file. Small, because every fsync waits behind the table that is
 * being written: storage.md, Size, has figures.
 */
export const WRITE_BUFFER_BYTES = 4 * 2 ** 20;

/**
 * The library opens a new database by itself a moment later, so it is opened here at once.
 * @param createIfMissing whether one may be made; the folder that it lies in is there
 */
export async function openLevel(location: string, createIfMissing: boolean): Promise<Database> {
  const database = new ClassicLevel<Buffer, Buffer>(location, {
    ...ENCODING,
    cacheSize: BLOCK_CACHE_BYTES,
    writeBufferSize: WRITE_BUFFER_BYTES,
    // Only this opening may make a database; a later one that made a new one would hide that the old one is gone.
    createIfMissing: false,
  });
  try {
    await database.open({ createIfMissing });
    return database;
  } catch (error) {
    await database.close().catch(() => {});
    throw error;
  }
}
