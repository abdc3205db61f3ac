/**
 * Whether the database that is written to is still the one that lies in the data folder.
 *
 * A folder that was deleted or moved still takes every write: its open files exist without a name until they are
 * closed, and then all of it is lost. So the file that leads LevelDB to the others must be the one that was opened, and
 * the others must exist.
 */
import { type BigIntStats, existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { SixpackError } from "../../domain/errors.ts";
import type { Database } from "./database.ts";
import { FIRST_FILE, listLevel } from "./level/level-folder.ts";

/** A table as LevelDB lists it: ` 5:1234['a' @ 1 : 1 .. 'b' @ 2 : 1]`. */
const LISTED_TABLE = /^ (\d+):\d+\[/gm;

export class Place {
  readonly #folder: string;
  /** From the root on: a working directory may be deleted, too. */
  readonly #location: string;
  #opened: BigIntStats | undefined;
  /** Number of the log that takes the writes, as far as is known: LevelDB begins a new one every few megabytes. */
  #log = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.#location = resolve(folder, "level");
  }

  get #path(): string {
    return join(this.#location, FIRST_FILE);
  }

  /** What lies there now is what was opened. */
  async remember(): Promise<void> {
    this.#opened = this.#found();
    this.#log = await this.#newestLog();
  }

  /** @throws SixpackError store-unavailable: what was opened no longer lies there, and what to do */
  async check(): Promise<void> {
    let now: BigIntStats;
    try {
      now = this.#found();
    } catch (error) {
      throw this.refusal(error instanceof Error ? error.message : String(error), error);
    }
    if (this.#opened === undefined || !isSame(now, this.#opened)) {
      throw this.refusal(`another store in ${this.#path}`);
    }
    await this.#checkLog();
  }

  /** Runs after every batch. Synchronously it takes 3 µs of processor time, through the thread pool 30. */
  #found(): BigIntStats {
    return statSync(this.#path, { bigint: true });
  }

  /** A log that was deleted still takes writes. */
  async #checkLog(): Promise<void> {
    // Another check may find the next one while this one waits.
    const known = this.#log;
    if (existsSync(join(this.#location, `${String(known).padStart(6, "0")}.log`))) return;
    const newest = await this.#newestLog();
    if (newest <= known) throw this.refusal(`log ${known} is missing`);
    this.#log = Math.max(this.#log, newest);
  }

  async #newestLog(): Promise<number> {
    return Math.max(0, ...(await listLevel(this.#location)).logs.keys());
  }

  /** The same, and whether every file is there that the database consists of. @throws SixpackError store-unavailable */
  async checkFiles(database: Database): Promise<void> {
    await this.check();
    const missing = await this.#missing(database);
    // Files come and go: one that LevelDB has given up meanwhile is not missing.
    if (missing.length === 0 || (await this.#missing(database)).every((file) => !missing.includes(file))) return;
    throw this.refusal(`${missing[0]} is missing`);
  }

  async #missing(database: Database): Promise<readonly string[]> {
    // Asked first, so that a table made meanwhile is not among them.
    const listed = [...database.getProperty("leveldb.sstables").matchAll(LISTED_TABLE)].map(([, number]) =>
      Number(number),
    );
    const { tables, manifests } = await listLevel(this.#location);
    const missing = listed.filter((number) => !tables.has(number)).map((number) => `table ${number}`);
    const manifest = (await readFile(this.#path, "latin1").catch(() => "")).trim();
    if (!manifests.includes(manifest)) missing.push(`the file that ${FIRST_FILE} names`);
    return missing;
  }

  refusal(got: string, cause?: unknown): SixpackError {
    const detail = `Expected the store that was opened in the data folder ${this.#folder}, got: ${got}. Put it back, or restart the server to go on with what is there.`;
    return new SixpackError("store-unavailable", detail, { cause });
  }
}

/** Not by the device, whose number may be another one after it was mounted again; a freed inode may be given to a new file. */
function isSame(one: BigIntStats, other: BigIntStats): boolean {
  return one.ino === other.ino && one.mtimeNs === other.mtimeNs;
}
