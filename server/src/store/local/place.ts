/**
 * Whether the database that is written to is still the one that lies in the data folder.
 *
 * A folder that was deleted or moved away takes every write: its files live on without names until they are closed, and
 * what they took is gone with them. So the file by which LevelDB finds the others has to be the one that was opened.
 */
import type { BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { SixpackError } from "../../domain/errors.ts";

/** The file in which LevelDB finds the others. It is written anew with every opening, and at no other time. */
export const FIRST_FILE = "CURRENT";

export class Place {
  readonly #folder: string;
  /** From the root on: a working directory may be deleted, too. */
  readonly #path: string;
  #opened: BigIntStats | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(resolve(folder, "level"), FIRST_FILE);
  }

  /** What lies there now is what was opened. */
  async remember(): Promise<void> {
    this.#opened = await stat(this.#path, { bigint: true });
  }

  /** @throws SixpackError store-unavailable: what was opened no longer lies there, and what to do */
  async check(): Promise<void> {
    const now = await stat(this.#path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
      throw this.#refusal(error.message, "Put it back, or restart the server to begin a new one.", error);
    });
    if (this.#opened !== undefined && isSame(now, this.#opened)) return;
    throw this.#refusal(`another store in ${this.#path}`, "Put it back, or restart the server to take the other one.");
  }

  #refusal(got: string, advice: string, cause?: unknown): SixpackError {
    const detail = `Expected the store that was opened in the data folder ${this.#folder}, got: ${got}. ${advice}`;
    return new SixpackError("store-unavailable", detail, { cause });
  }
}

/** Not by the device, whose number may be another one after it was mounted again; a freed inode may be given to a new file. */
function isSame(one: BigIntStats, other: BigIntStats): boolean {
  return one.ino === other.ino && one.mtimeNs === other.mtimeNs;
}
