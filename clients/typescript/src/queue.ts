/**
 * A queue for conversions: they wait in `localStorage` until the server has them, so that neither a closed page nor a
 * server that is away loses one. Each keeps its id however often it is sent, by which the server counts it once.
 *
 *     const queue = new ConversionQueue(session);
 *     queue.convert("button", "purchase", 19.99);
 */
import type { Failure } from "./failure.ts";
import type { Session } from "./session.ts";
import { type KeyValueStorage, surroundings } from "./surroundings.ts";
import type { Arguments } from "./wire.ts";

export interface QueueOptions {
  /** Where conversions wait. @default `localStorage` of a page, and memory elsewhere */
  readonly storage?: KeyValueStorage | undefined;
  /** @default "sixpack_conversions" */
  readonly storageKey?: string | undefined;
}

interface Waiting {
  readonly conversion: Arguments;
  readonly atMs: number;
}

/** Most conversions that wait; the oldest goes first. */
export const CONVERSIONS_MAX = 100;
/** Longest time that a conversion waits, in milliseconds: a week. */
export const CONVERSION_AGE_MS_MAX = 7 * 24 * 3_600_000;
/** First pause before the server is tried again, in milliseconds; each further one is twice as long. */
export const RETRY_MS_MIN = 1_000;
export const RETRY_MS_MAX = 60_000;

export class ConversionQueue {
  readonly #session: Session;
  #storage: KeyValueStorage;
  readonly #key: string;
  /** Ids that this page has handed to `sendBeacon`, or is sending. */
  readonly #underway = new Set<unknown>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retryMs = RETRY_MS_MIN;
  #running: Promise<void> | undefined;
  /** Something was added while others were being sent. */
  #isWanted = false;
  #isClosed = false;

  constructor(session: Session, options: QueueOptions = {}) {
    this.#session = session;
    this.#storage = options.storage ?? localStorageOrMemory();
    this.#key = options.storageKey ?? "sixpack_conversions";
    const { addEventListener, document } = surroundings;
    if (addEventListener && document) {
      addEventListener("pagehide", this.#handOver);
      addEventListener("pageshow", this.#resume);
      addEventListener("online", this.#resume);
      document.addEventListener("visibilitychange", this.#handOverWhenHidden);
    }
    this.#resume();
  }

  /** Conversions that wait. */
  get length(): number {
    return this.#read().length;
  }

  /** Takes a conversion; sending it is the queue's affair. @throws TypeError for arguments that break the rules */
  convert(experiment: string | null, kpi?: string | null, value?: number | null): void {
    const conversion = this.#session.conversion(experiment, kpi, value);
    const waiting = [...this.#read(), { conversion, atMs: Date.now() }];
    for (const { conversion: lost } of waiting.splice(0, waiting.length - CONVERSIONS_MAX)) {
      this.#drop(lost, `Expected at most ${CONVERSIONS_MAX} conversions to wait`);
    }
    this.#write(waiting);
    this.#resume();
  }

  /** Sends what waits. Resolves when nothing is left, or the server is away and will be tried again later. */
  flush(): Promise<void> {
    this.#isWanted = true;
    this.#running ??= this.#drainWhileWanted();
    return this.#running;
  }

  /** Stops trying, after the request under way. What waits stays where it is, for the next page: in memory, `flush` first. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const { removeEventListener, document } = surroundings;
    removeEventListener?.("pagehide", this.#handOver);
    removeEventListener?.("pageshow", this.#resume);
    removeEventListener?.("online", this.#resume);
    document?.removeEventListener("visibilitychange", this.#handOverWhenHidden);
  }

  readonly #resume = (): void => {
    void this.flush();
  };

  /** The page may be closing: hands over what nobody is sending. It waits on until the server has said yes. */
  readonly #handOver = (): void => {
    const { navigator } = surroundings;
    for (const { conversion } of this.#read()) {
      const id = conversion["id"];
      if (this.#underway.has(id)) continue;
      if (navigator?.sendBeacon?.(`${this.#session.baseUrl}/convert`, JSON.stringify(conversion)))
        this.#underway.add(id);
    }
  };

  readonly #handOverWhenHidden = (): void => {
    if (surroundings.document?.visibilityState === "hidden") this.#handOver();
  };

  async #drainWhileWanted(): Promise<void> {
    while (this.#isWanted && !this.#isClosed) {
      this.#isWanted = false;
      await this.#drainAlone();
    }
    this.#running = undefined;
  }

  /** One page at a time where several share what waits. Node and Deno have locks too, but nothing that their queues share. */
  async #drainAlone(): Promise<void> {
    const { locks } = surroundings.navigator ?? {};
    if (!locks || this.#storage !== storageOfPages()) return this.#drain();
    await locks.request(this.#key, { ifAvailable: true }, async (lock) => {
      if (lock) await this.#drain();
      else this.#later();
    });
  }

  async #drain(): Promise<void> {
    for (let next = this.#read()[0]; next !== undefined && !this.#isClosed; next = this.#read()[0]) {
      const { conversion, atMs } = next;
      if (Date.now() - atMs > CONVERSION_AGE_MS_MAX) {
        this.#remove(conversion);
        this.#drop(conversion, "Expected the server within a week");
        continue;
      }
      this.#underway.add(conversion["id"]);
      const failure = await this.#session.sendConversion(conversion);
      this.#underway.delete(conversion["id"]);
      if (failure !== undefined && isTemporary(failure)) return this.#later();
      this.#retryMs = RETRY_MS_MIN;
      this.#remove(conversion);
      if (failure !== undefined) this.#session.report(failure);
    }
  }

  #later(): void {
    this.#isWanted = false;
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    this.#timer = setTimeout(this.#resume, this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX);
  }

  #drop({ experiment }: Arguments, message: string): void {
    this.#session.report({ code: "unreachable", call: "convert", experiment, message, body: {} });
  }

  /** Storage is read anew each time: other pages write to it too. */
  #read(): readonly Waiting[] {
    try {
      const waiting: unknown = JSON.parse(this.#storage.getItem(this.#key) ?? "[]");
      return Array.isArray(waiting) ? waiting : [];
    } catch {
      return [];
    }
  }

  #write(waiting: readonly Waiting[]): void {
    const text = JSON.stringify(waiting);
    try {
      this.#storage.setItem(this.#key, text);
    } catch {
      // Full, or taken away meanwhile.
      this.#storage = memory();
      this.#storage.setItem(this.#key, text);
    }
  }

  #remove(conversion: Arguments): void {
    this.#write(this.#read().filter((other) => other.conversion["id"] !== conversion["id"]));
  }
}

function isTemporary({ code }: Failure): boolean {
  return code !== "rejected" && code !== "redirect";
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

/** A browser may have `localStorage` and yet refuse it, or be full. Then conversions wait as long as the page lives. */
function localStorageOrMemory(): KeyValueStorage {
  const storage = storageOfPages();
  try {
    storage?.setItem("sixpack_probe", "");
    if (storage) return storage;
  } catch {
    // Memory it is.
  }
  return memory();
}

function memory(): KeyValueStorage {
  const items = new Map<string, string>();
  return { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) };
}
