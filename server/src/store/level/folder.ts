/** Opening the data folder: one process owns it, and a second one is told which and what to do. */
import { readFile, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { SixpackError } from "../../domain/errors.ts";
import type { Database } from "./group-commit.ts";

/** Bytes of blocks kept in memory, decompressed. The kernel keeps the files, so more of them gain little. */
const BLOCK_CACHE_BYTES = 8 * 2 ** 20;
/**
 * Bytes collected in memory before LevelDB writes a table file. Small, because every fsync waits behind the table that is
 * being written: storage.md, Size, has figures.
 */
const WRITE_BUFFER_BYTES = 4 * 2 ** 20;

/** Free disk with which a folder is opened anew after a failed write, in bytes: two write buffers. */
export const REOPEN_BYTES_MIN = 2 * WRITE_BUFFER_BYTES;

const OWNER_FILE = "owner.json";

/** @throws SixpackError store-unavailable: the folder can't be opened, with what to do about it */
export async function openFolder(folder: string): Promise<Database> {
  const database: Database = new ClassicLevel<Buffer, Buffer>(join(folder, "level"), {
    keyEncoding: "buffer",
    valueEncoding: "buffer",
    cacheSize: BLOCK_CACHE_BYTES,
    writeBufferSize: WRITE_BUFFER_BYTES,
  });
  try {
    await database.open();
  } catch (error) {
    throw new SixpackError("store-unavailable", await whyNot(folder, error), { cause: error });
  }
  await writeFile(
    join(folder, OWNER_FILE),
    `${JSON.stringify({ pid: process.pid, since: new Date().toISOString() })}\n`,
  );
  return database;
}

/**
 * Opens it anew after a failed write, once there is room for what that writes: LevelDB puts its log into tables first.
 * @throws SixpackError store-unavailable: no room yet, or it can't be opened
 */
export async function reopenFolder(folder: string, database: Database): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < REOPEN_BYTES_MIN) {
    const free = `${(bavail * bsize) / 2 ** 20} MiB`;
    throw new SixpackError("store-unavailable", `Expected ${REOPEN_BYTES_MIN / 2 ** 20} MiB free, got ${free}`);
  }
  try {
    await database.close();
    await database.open();
  } catch (error) {
    throw new SixpackError("store-unavailable", await whyNot(folder, error), { cause: error });
  }
}

async function whyNot(folder: string, error: unknown): Promise<string> {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "LEVEL_LOCKED") {
    return (
      `Expected to be the only process in the data folder ${folder}, but ${await ownerOf(folder)} has it open. ` +
      "Stop that process, choose another data_dir, or use Redis (redis_host) to run several processes."
    );
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return `Expected to open the data folder ${folder}, got: ${reason}. Check that it exists, is writable and has space.`;
}

async function ownerOf(folder: string): Promise<string> {
  try {
    const owner: { pid?: number; since?: string } = JSON.parse(await readFile(join(folder, OWNER_FILE), "utf8"));
    return `process ${owner.pid} (since ${owner.since})`;
  } catch {
    return "another process";
  }
}
