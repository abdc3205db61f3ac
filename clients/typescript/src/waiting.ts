/**
 * Conversions that wait, each under a key of its own: pages of a site share the storage, and what one writes must not
 * undo what another wrote. What the storage does not take waits in memory, for as long as the page lives.
 */
import { type KeyValueStorage, surroundings } from "./surroundings.ts";
import type { Arguments } from "./wire.ts";

export interface Waiting {
  readonly key: string;
  readonly conversion: Arguments;
  readonly atMs: number;
  /** When a closing page handed it to the browser, which tells nobody what came of it. */
  readonly handedMs?: number;
}

export class WaitingConversions {
  readonly #prefix: string;
  readonly #memory = new Map<string, string>();
  readonly #storage: KeyValueStorage | undefined;
  /** Whether other pages of the site see what waits here. */
  readonly isShared: boolean;

  constructor(prefix: string, storage: KeyValueStorage | undefined) {
    const shared = storageOfPages();
    this.#prefix = prefix;
    this.#storage = storage ?? shared;
    this.isShared = shared !== undefined && this.#storage === shared;
  }

  add(conversion: Arguments): void {
    this.#write(`${this.#prefix}${conversion["id"]}`, { conversion, atMs: Date.now() });
  }

  /** Notes that it was handed to the browser. */
  hand({ key, ...waiting }: Waiting): void {
    // Not where another page has sent it meanwhile.
    if (this.all().some((other) => other.key === key)) this.#write(key, { ...waiting, handedMs: Date.now() });
  }

  #write(key: string, waiting: Omit<Waiting, "key">): void {
    const text = JSON.stringify(waiting);
    try {
      this.#storage?.setItem(key, text);
      // One that is full or sealed may throw, or say nothing and keep nothing.
      if (this.#storage?.getItem(key) === text) return;
    } catch {
      // Memory it is.
    }
    this.#memory.set(key, text);
  }

  remove(key: string): void {
    this.#memory.delete(key);
    try {
      this.#storage?.removeItem(key);
    } catch {
      // Taken away meanwhile, with all that was in it.
    }
  }

  /** Whether it goes when this page or process does. */
  isPassing(key: string): boolean {
    return this.#memory.has(key);
  }

  get length(): number {
    return this.#memory.size + this.#storedKeys().length;
  }

  /** The oldest first. Read anew each time: other pages add and remove too. */
  all(): readonly Waiting[] {
    const stored = this.#storedKeys().map((key) => [key, this.#storage?.getItem(key)] as const);
    const found = [...this.#memory, ...stored].flatMap(([key, text]) => parsed(key, text) ?? []);
    return found.sort((one, other) => one.atMs - other.atMs);
  }

  #storedKeys(): readonly string[] {
    try {
      const keys = Array.from({ length: this.#storage?.length ?? 0 }, (_, index) => this.#storage?.key(index) ?? "");
      return keys.filter((key) => key.startsWith(this.#prefix));
    } catch {
      return [];
    }
  }
}

function parsed(key: string, text: string | null | undefined): Waiting | undefined {
  try {
    const waiting = JSON.parse(text ?? "");
    // Anything else under such a key is not ours to judge, nor to send.
    return waiting?.conversion?.id && Number.isFinite(waiting.atMs) ? { ...waiting, key } : undefined;
  } catch {
    return;
  }
}

/** `localStorage` where documents share it; what others call so belongs to a process (Deno) or to nobody (Node). */
function storageOfPages(): KeyValueStorage | undefined {
  try {
    return surroundings.document && surroundings.localStorage;
  } catch {
    // There, and refused.
    return;
  }
}
