/** Opening the data folder: one process owns it, and a second one is told which and what to do. */
import { readdir, readFile, statfs, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ClassicLevel } from "classic-level";
import { SixpackError } from "../../domain/errors.ts";
import { type Database, ENCODING } from "./database.ts";
import { makeFolder } from "./make-folder.ts";
import { FIRST_FILE, type Place } from "./place.ts";

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

/** Files that hold what was recorded. */
const DATA_FILE = /\.(ldb|sst|log)$/;

/** @throws SixpackError store-unavailable: the folder can't be opened, with what to do about it */
export async function openFolder(folder: string): Promise<Database> {
  let database: Database | undefined;
  try {
    // Resolving fails where the working directory is gone. A path that is whole means the same folder at every reopening.
    const location = resolve(folder, "level");
    database = new ClassicLevel<Buffer, Buffer>(location, {
      ...ENCODING,
      cacheSize: BLOCK_CACHE_BYTES,
      writeBufferSize: WRITE_BUFFER_BYTES,
      // Only the first opening may make a database; a later one that made a new one would hide that the old one is gone.
      createIfMissing: false,
    });
    await open(database, location);
    await nameOwner(folder);
    return database;
  } catch (error) {
    await database?.close().catch(() => {});
    throw new SixpackError("store-unavailable", await whyNot(folder, error), { cause: error });
  }
}

async function nameOwner(folder: string): Promise<void> {
  const owner = { pid: process.pid, since: new Date().toISOString() };
  await writeFile(join(folder, OWNER_FILE), `${JSON.stringify(owner)}\n`);
}

/** A database is made only where there is none, in a folder that makeFolder has made: classic-level's own way may not end. */
async function open(database: Database, location: string): Promise<void> {
  const files: readonly string[] = await readdir(location).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  if (files.includes(FIRST_FILE)) return database.open();
  // LevelDB would begin anew and delete them.
  const left = files.find((file) => DATA_FILE.test(file));
  if (left !== undefined) throw new Error(`${FIRST_FILE} is missing beside ${left} in ${location}`);
  await makeFolder(location);
  await database.open({ createIfMissing: true });
}

/**
 * Opens it anew after a failed write, once there is room for what that writes: LevelDB puts its log into tables first.
 * Until the folder is seen to take it, it stays open for reading.
 * @throws SixpackError store-unavailable: no room yet, it is not the same store, or it can't be opened
 */
export async function reopenFolder(folder: string, database: Database, place: Place): Promise<void> {
  await place.check();
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < REOPEN_BYTES_MIN) {
    const free = `${(bavail * bsize) / 2 ** 20} MiB`;
    throw new SixpackError("store-unavailable", `Expected ${REOPEN_BYTES_MIN / 2 ** 20} MiB free, got ${free}`);
  }
  try {
    // A file system that has become read-only refuses here.
    await nameOwner(folder);
    await database.close();
    // An opening that fails may have written that file, too.
    await database.open().finally(() => place.remember());
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
  const isNowhere = cause instanceof Error && "syscall" in cause && cause.syscall === "uv_cwd";
  const advice = isNowhere
    ? "Change to a folder that is there, or give data_dir as an absolute path."
    : "Check that it exists, is writable and has space, or restore a backup.";
  return `Expected to open the data folder ${folder}, got: ${reason}. ${advice}`;
}

async function ownerOf(folder: string): Promise<string> {
  try {
    const owner: { pid?: number; since?: string } = JSON.parse(await readFile(join(folder, OWNER_FILE), "utf8"));
    return `process ${owner.pid} (since ${owner.since})`;
  } catch {
    return "another process";
  }
}

/** Whether a store lies in the folder; nothing is opened or made. Whatever keeps it from being read, opening tells better. */
export async function holdsStore(folder: string): Promise<boolean> {
  const location = locationIn(folder);
  if (location === undefined) return true;
  try {
    return (await readdir(location)).length > 0;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ENOENT");
  }
}

/** `undefined` where the working directory is gone, and a relative path leads nowhere. */
function locationIn(folder: string): string | undefined {
  try {
    return resolve(folder, "level");
  } catch {
    return undefined;
  }
}
