/**
 * A queue for conversions: they wait in `localStorage` until the server has them, so that neither a closed page nor a
 * server that is away loses one. Each keeps its id however often it is sent, so the server counts it once.
 *
 *     const queue = new ConversionQueue(session);
 *     queue.convert("button", "purchase", 19.99);
 */
import type { Failure } from "./failure.ts";
import type { Session } from "./session.ts";
import { type KeyValueStorage, surroundings, whenShown } from "./surroundings.ts";
import { type Waiting, WaitingConversions } from "./waiting.ts";
import type { Arguments } from "./wire.ts";

export interface QueueOptions {
  /** Where conversions wait. @default `localStorage` of a page, and memory elsewhere */
  readonly storage?: KeyValueStorage | undefined;
  /** What the key of each begins with. @default "sixpack_conversions" */
  readonly storageKey?: string | undefined;
}

/** Most conversions that wait; the oldest goes first. */
export const CONVERSIONS_MAX = 1_000;
/** Longest time that a conversion waits, in milliseconds: a week. */
export const CONVERSION_AGE_MS_MAX = 7 * 24 * 3_600_000;
/**
 * How long a server surely knows an id, in milliseconds: a day, less an hour. What the browser was handed longer ago would
 * count twice if it was sent again.
 */
export const KNOWN_MS_MAX = 23 * 3_600_000;
/** First pause before the server is tried again, in milliseconds; each further one is twice as long. */
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 60_000;
/** Longest time that a page waits for another one to send what both see, in milliseconds. */
export const LOCK_MS_MAX = 5_000;

const FLUSH_FIRST = "Expected `flush` to send what waits in memory before `close`";

export class ConversionQueue {
  readonly #session: Session;
  readonly #waiting: WaitingConversions;
  /** Of what waits, and of the lock: other queues of the site may be for another server. */
  readonly #name: string;
  /** Keys of what this page has handed to `sendBeacon`, or is sending. */
  readonly #underway = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retryMs = RETRY_MS_MIN;
  #running: Promise<void> | undefined;
  /** Something was added while others were being sent. */
  #isWanted = false;
  #isClosed = false;

  constructor(session: Session, { storage, storageKey = "sixpack_conversions" }: QueueOptions = {}) {
    this.#session = session;
    this.#name = `${storageKey}:${session.baseUrl}:`;
    this.#waiting = new WaitingConversions(this.#name, storage);
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
    return this.#waiting.length;
  }

  /** Takes a conversion; the queue sends it. @throws TypeError for arguments that break the rules */
  convert(experiment: string | null, kpi?: string | null, value?: number | null): void {
    const conversion = this.#session.conversion(experiment, kpi, value);
    if (conversion === undefined) return;
    // Not before the page is seen: others of the site would send it.
    const shown = whenShown();
    if (shown) void shown.then(() => this.#take(conversion));
    else this.#take(conversion);
  }

  /** Sends what waits. Resolves when nothing is left, or the server is away and will be tried again later. Never rejects. */
  flush(): Promise<void> {
    this.#isWanted = true;
    this.#running ??= this.#drainWhileWanted();
    return this.#running;
  }

  /**
   * Stops trying, after the request under way. What waits in storage stays there, for the next page; what waits in memory is
   * reported as lost: `flush` first.
   */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const { removeEventListener, document } = surroundings;
    removeEventListener?.("pagehide", this.#handOver);
    removeEventListener?.("pageshow", this.#resume);
    removeEventListener?.("online", this.#resume);
    document?.removeEventListener("visibilitychange", this.#handOverWhenHidden);
    for (const waiting of this.#waiting.all()) {
      if (this.#waiting.isPassing(waiting.key) && !this.#underway.has(waiting.key)) this.#drop(waiting, FLUSH_FIRST);
    }
  }

  #take(conversion: Arguments): void {
    this.#waiting.add(conversion);
    const surplus = this.#waiting.length - CONVERSIONS_MAX;
    for (const lost of surplus > 0 ? this.#waiting.all().slice(0, surplus) : []) {
      this.#drop(lost, `Expected at most ${CONVERSIONS_MAX} conversions to wait`);
    }
    this.#resume();
  }

  readonly #resume = (): void => {
    void this.flush();
  };

  /** The page may be closing: hands over what nobody is sending. It waits on until the server has said yes. */
  readonly #handOver = (): void => {
    for (const waiting of this.#waiting.all()) {
      if (this.#underway.has(waiting.key)) continue;
      // Without a beacon it is a request that outlives the page, as far as the browser lets it.
      if (!beacon(`${this.#session.baseUrl}/convert`, waiting.conversion)) {
        void this.#send(waiting);
        continue;
      }
      this.#underway.add(waiting.key);
      // While the server is away it will hardly have got it.
      if (this.#retryMs === RETRY_MS_MIN) this.#waiting.hand(waiting);
    }
  };

  readonly #handOverWhenHidden = (): void => {
    if (surroundings.document?.visibilityState === "hidden") this.#handOver();
  };

  async #drainWhileWanted(): Promise<void> {
    await whenShown();
    while (this.#isWanted && !this.#isClosed) {
      this.#isWanted = false;
      await this.#drainAlone();
    }
    this.#running = undefined;
  }

  /**
   * One page at a time where several see what waits, so that each is sent once. That is a courtesy: a page that is
   * refused the lock, or waits too long for it, sends all the same, and the server counts by the id.
   */
  async #drainAlone(): Promise<void> {
    const { locks } = surroundings.navigator ?? {};
    if (!locks || !this.#waiting.isShared) return this.#drain();
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), LOCK_MS_MAX);
    try {
      await locks.request(this.#name, { signal: controller.signal }, () => {
        clearTimeout(timer);
        return this.#drain();
      });
    } catch {
      await this.#drain();
    }
    clearTimeout(timer);
  }

  async #drain(): Promise<void> {
    // Sent out of turn, by this page or another, they may still be seen for a moment: once a pass is enough.
    const done = new Set<string>();
    for (;;) {
      const next = this.#waiting.all().filter(({ key }) => !done.has(key));
      if (next.length === 0) return;
      for (const waiting of next) {
        if (this.#isClosed) return;
        done.add(waiting.key);
        if (Date.now() - waiting.atMs > CONVERSION_AGE_MS_MAX) {
          this.#drop(waiting, "Expected the server within a week");
        } else if (Date.now() - (waiting.handedMs ?? Number.NaN) > KNOWN_MS_MAX) {
          this.#drop(waiting, "Expected to hear within a day of what the browser was handed");
        } else if (!(await this.#send(waiting))) {
          return this.#later();
        }
      }
    }
  }

  /** Whether it is over with it, for better or worse. */
  async #send(waiting: Waiting): Promise<boolean> {
    const { key, conversion } = waiting;
    this.#underway.add(key);
    const failure = await this.#session.sendConversion(conversion);
    this.#underway.delete(key);
    if (failure !== undefined && isTemporary(failure)) {
      if (this.#isClosed && this.#waiting.isPassing(key)) this.#drop(waiting, FLUSH_FIRST);
      return false;
    }
    this.#retryMs = RETRY_MS_MIN;
    this.#waiting.remove(key);
    if (failure !== undefined) this.#session.report(failure);
    return true;
  }

  #later(): void {
    this.#isWanted = false;
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    this.#timer = setTimeout(this.#resume, this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX);
  }

  #drop({ key, conversion: { experiment } }: Waiting, message: string): void {
    this.#waiting.remove(key);
    this.#session.report({ code: "unreachable", call: "convert", experiment, message, body: {} });
  }
}

/** What a server or proxy that is slow, or asked too much, takes later; any other refusal is final. */
const NOT_NOW: readonly unknown[] = [408, 425, 429];

function isTemporary({ code, status }: Failure): boolean {
  return NOT_NOW.includes(status) || (code !== "rejected" && code !== "redirect");
}

/** A policy of the page, a full buffer or an old browser may refuse it in ways of their own. */
function beacon(url: string, conversion: Arguments): boolean {
  try {
    return surroundings.navigator?.sendBeacon?.(url, JSON.stringify(conversion)) ?? false;
  } catch {
    return false;
  }
}
