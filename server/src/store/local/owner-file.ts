/**
 * `owner.json` in the data folder: which process has it open, and how many batches callers were told of.
 *
 * After a crash LevelDB skips the unreadable end of its log, and can't know whether callers were told of what was in
 * it. This file shows that: its number is written after the batch is on disk, so a database with fewer batches has lost
 * some. The file is not flushed by itself: after a power cut it may be behind, never ahead.
 */
import { writeFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const OWNER_FILE = "owner.json";

/** Pause between two writes of the number, in milliseconds. */
const NOTE_EVERY_MS = 50;

/** Written over in place and never grown, so that a full disk has room for it, and no crash leaves half of it. */
const LENGTH = 127;

export interface Owner {
  readonly pid: number;
  /** ISO 8601. */
  readonly since: string;
  /** Batches that were on disk when callers were told. */
  readonly batches: number;
}

/** `undefined` where there is none, or none that can be read. */
export async function readOwner(folder: string): Promise<Owner | undefined> {
  try {
    const { pid, since, batches = 0 }: Partial<Owner> = JSON.parse(await readFile(join(folder, OWNER_FILE), "utf8"));
    const isOwner = typeof pid === "number" && typeof since === "string" && Number.isSafeInteger(batches);
    return isOwner ? { pid, since, batches } : undefined;
  } catch {
    return undefined;
  }
}

export class OwnerFile {
  readonly #path: string;
  #owner: Owner;
  #timer: NodeJS.Timeout | undefined;

  /** This process has the folder open. @throws the system's error: nothing can be written in the folder */
  static async claim(folder: string, batches: number): Promise<OwnerFile> {
    const owner = { pid: process.pid, since: new Date().toISOString(), batches };
    await writeFile(join(folder, OWNER_FILE), textOf(owner), { mode: 0o600 });
    return new OwnerFile(folder, owner);
  }

  private constructor(folder: string, owner: Owner) {
    this.#path = join(folder, OWNER_FILE);
    this.#owner = owner;
  }

  /** Notes how many batches are on disk. Written a moment later, for many batches at once. */
  note(batches: number): void {
    this.#owner = { ...this.#owner, batches };
    this.#timer ??= setTimeout(() => this.#write(), NOTE_EVERY_MS).unref();
  }

  /** Writes what was noted. */
  close(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#write();
  }

  #write(): void {
    this.#timer = undefined;
    try {
      // "r+" makes no file: the folder may have been taken away. The thread pool would take ten times as long.
      writeFileSync(this.#path, textOf(this.#owner), { flag: "r+" });
    } catch {
      // A number that is too small does no harm.
    }
  }
}

function textOf(owner: Owner): string {
  return `${JSON.stringify(owner).padEnd(LENGTH)}\n`;
}
