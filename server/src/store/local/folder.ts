/**
 * The data folder: opened by one process at a time, and only after it was checked.
 *
 * A database is made only in a folder without any remains of one: LevelDB would start a new one and delete what is left
 * of the old. Existing files are checked before LevelDB opens them, since LevelDB ignores some damage silently.
 */
import { readdir, stat, statfs } from "node:fs/promises";
import { resolve } from "node:path";
import { SixpackError } from "../../domain/errors.ts";
import type { Identity } from "../store-id.ts";
import { BATCHES, batchesIn, identityIn } from "./bookkeeping.ts";
import type { Database } from "./database.ts";
import { lockFolder } from "./folder-lock.ts";
import { damaged, refusalOf } from "./folder-refusal.ts";
import { inspectLevel, isBegun, listLevel } from "./level/level-folder.ts";
import { openLevel, WRITE_BUFFER_BYTES } from "./level-database.ts";
import { makeFolder } from "./make-folder.ts";
import { migrate } from "./migrate.ts";
import { OwnerFile, readOwner } from "./owner-file.ts";
import { Place } from "./place.ts";

/** Free disk with which a folder is opened anew after a failed write, in bytes: two write buffers. */
const REOPEN_BYTES_MIN = 2 * WRITE_BUFFER_BYTES;

export interface FolderOptions {
  /** Whether a store is made where there is none. @default true */
  readonly mayMake?: boolean | undefined;
  /** Called with findings that do no harm. @default nobody */
  readonly onTrouble?: ((error: Error) => void) | undefined;
}

export class DataFolder {
  readonly folder: string;
  readonly database: Database;
  readonly #place: Place;
  #owner: OwnerFile;
  #identity: Identity;
  #batches: number;
  /** Those that callers were told of. */
  #kept: number;

  /** @throws SixpackError store-unavailable: the folder can't be opened, with what to do about it */
  static async open(folder: string, { mayMake = true, onTrouble = () => {} }: FolderOptions = {}): Promise<DataFolder> {
    let database: Database | undefined;
    try {
      // Resolving fails where the working directory is gone. A path that is whole means the same folder at every reopening.
      const location = resolve(folder, "level");
      const before = await readOwner(folder);
      if (await holdsStore(folder)) database = await openWhole(folder, location, onTrouble);
      else if (mayMake) database = await make(location);
      else throw new Error(`there is no store in ${location}`);
      const batches = await batchesIn(database);
      const missing = (before?.batches ?? 0) - batches;
      if (before === undefined && batches > 0) {
        onTrouble(new Error("owner.json is missing: whether the last answers are all here can't be known"));
      }
      if (missing > 0) throw damaged(folder, `${missing} batches that were answered are missing`);
      const identity = await migrate(database, await identityIn(folder, database));
      const place = new Place(folder);
      await place.remember();
      return new DataFolder(folder, database, place, await OwnerFile.claim(folder, batches), identity, batches);
    } catch (error) {
      await database?.close().catch(() => {});
      throw await refusalOf(folder, error);
    }
  }

  private constructor(
    folder: string,
    database: Database,
    place: Place,
    owner: OwnerFile,
    identity: Identity,
    batches: number,
  ) {
    this.folder = folder;
    this.database = database;
    this.#place = place;
    this.#owner = owner;
    this.#identity = identity;
    this.#batches = batches;
    this.#kept = batches;
  }

  /** What it takes of the disk: tables as LevelDB counts them, and what was written last, which lies in a log alone. */
  async bytes(): Promise<number> {
    // Every family's prefix is a small letter.
    const tables = await this.database.approximateSize(Buffer.from("a"), Buffer.from("{"));
    const location = resolve(this.folder, "level");
    const logs = [...(await listLevel(location)).logs.values()];
    // One whose batches have gone into a table meanwhile is deleted.
    const sizes = await Promise.all(
      logs.map((name) =>
        stat(resolve(location, name)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
    );
    return sizes.reduce((sum, size) => sum + size, tables);
  }

  /** Writes the number of the batch into it. */
  number(put: (key: string, value: Buffer) => void): void {
    this.#batches += 1;
    put(BATCHES, Buffer.from(String(this.#batches)));
  }

  /** The last batch is on disk, and callers will be told. */
  wrote(): void {
    this.#kept = this.#batches;
    this.#owner.note(this.#kept);
  }

  /** @throws SixpackError store-unavailable: what was opened no longer lies here */
  check(): Promise<void> {
    return this.#place.check();
  }

  /** The same, with a look at every file. @throws SixpackError store-unavailable */
  async look(): Promise<void> {
    // A database that is being reopened is checked by the code that does that.
    await (this.database.status === "open" ? this.#place.checkFiles(this.database) : this.#place.check());
  }

  /**
   * Opens it anew after a failed write, once there is room for what that writes: LevelDB puts its log into tables first.
   * Until the folder is seen to take it, it stays open for reading.
   * @throws SixpackError store-unavailable: no room yet, it is not the same store, or it can't be opened
   */
  async reopen(): Promise<void> {
    await this.look();
    const { bavail, bsize } = await statfs(this.folder);
    if (bavail * bsize < REOPEN_BYTES_MIN) {
      const free = `${(bavail * bsize) / 2 ** 20} MiB`;
      throw new SixpackError("store-unavailable", `Expected ${REOPEN_BYTES_MIN / 2 ** 20} MiB free, got ${free}`);
    }
    try {
      this.#owner.close();
      // A file system that has become read-only refuses here.
      this.#owner = await OwnerFile.claim(this.folder, this.#kept);
      await this.database.close();
      // An opening that fails may have written that file, too.
      await this.database.open().finally(() => this.#place.remember());
      await this.#recognise();
    } catch (error) {
      throw await refusalOf(this.folder, error);
    }
  }

  /** Whether the reopened database is the same store as before, and not an older state of it. */
  async #recognise(): Promise<void> {
    const found = await identityIn(this.folder, this.database);
    const batches = await batchesIn(this.database);
    if (found?.id === this.#identity.id && batches >= this.#kept) {
      this.#batches = batches;
      return;
    }
    await this.database.close();
    const got = found?.id === this.#identity.id ? "an older state of it" : "another store";
    throw this.#place.refusal(got);
  }

  async close(): Promise<void> {
    this.#owner.close();
    await this.database.close();
  }
}

/**
 * Whether anything of a store lies in the folder; nothing is opened or made. If something can't be read, opening it
 * gives the better message.
 */
export async function holdsStore(folder: string): Promise<boolean> {
  try {
    const location = resolve(folder, "level");
    if (await isBegun(location, await listLevel(location))) return true;
    // Its files are gone, and were there.
    return ((await readOwner(folder))?.batches ?? 0) > 0;
  } catch {
    return true;
  }
}

/** Opens what can be read as a whole. */
async function openWhole(folder: string, location: string, onTrouble: (error: Error) => void): Promise<Database> {
  await readdir(location).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") throw damaged(folder, `${location} is missing`);
    throw error;
  });
  const found = await inspectLevel(location).catch((error: Error) => error);
  if (found instanceof Error || found.damages.length > 0) {
    // A process that writes here changes the files while they are looked at.
    await (await lockFolder(location))();
    throw found instanceof Error ? found : damaged(folder, found.damages.join("; "));
  }
  const database = await openLevel(location, false);
  for (const end of found.torn) {
    onTrouble(new Error(`${end}: what was being written when the process ended, and nobody was told that it is kept`));
  }
  return database;
}

/** The folder is made by ourselves: classic-level's own way may not end. */
async function make(location: string): Promise<Database> {
  await makeFolder(location);
  return openLevel(location, true);
}
