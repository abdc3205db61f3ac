/** Notes: small texts by family and key, few enough to be held in memory. */
import type { Notes as StoreNotes } from "../shared-work.ts";
import type { Database } from "./database.ts";
import type { GroupCommit } from "./group-commit.ts";
import { decodeNoteKey, noteKey, range } from "./keys.ts";

export class Notes implements StoreNotes {
  readonly #commit: GroupCommit;
  readonly #families = new Map<string, Map<string, string>>();

  constructor(commit: GroupCommit) {
    this.#commit = commit;
  }

  /** Reads everything from disk, in one turn of the event loop. */
  async load(database: Database): Promise<void> {
    const stored = await database.iterator(range("note")).all();
    this.#families.clear();
    for (const [key, value] of stored) {
      const { family, name } = decodeNoteKey(key);
      this.#of(family).set(name, value.toString("utf8"));
    }
  }

  async read(family: string): Promise<ReadonlyMap<string, string>> {
    return new Map(this.#of(family));
  }

  async swap(family: string, name: string, before: string | null, after: string | null): Promise<boolean> {
    const notes = this.#of(family);
    if ((notes.get(name) ?? null) !== before) return false;
    if (after === null) notes.delete(name);
    else notes.set(name, after);
    this.#commit.put(noteKey(family, name), after === null ? null : Buffer.from(after, "utf8"));
    await this.#commit.committed();
    return true;
  }

  /** For keys that did not reach the disk memory may differ from it; the disk is right. */
  readAgain(lost: string): void {
    const { family, name } = decodeNoteKey(Buffer.from(lost, "latin1"));
    const value = this.#commit.get(lost);
    if (value === undefined) this.#of(family).delete(name);
    else this.#of(family).set(name, value.toString("utf8"));
  }

  #of(family: string): Map<string, string> {
    const notes = this.#families.get(family) ?? new Map<string, string>();
    this.#families.set(family, notes);
    return notes;
  }
}
