/**
 * Overload protection: limits how many requests wait, so that with a slow store callers get 503 instead of the process
 * running out of memory.
 *
 * Requests whose body is still arriving have a limit of their own, of the same size. So a caller that announces bodies
 * and never sends them can block other bodies, but not the requests that wait for the store.
 *
 * Requests that don't need the store are served all the same. A known client is answered at once from the assignment
 * cache, so most visitors of a site don't notice a slow store.
 */
import { SixpackError } from "../domain/errors.ts";
import type { ServiceContext } from "../service/context.ts";
import type { Store } from "../store/store.ts";
import type { Route } from "./paths.ts";

/**
 * Health checks that may wait beyond the limit. An overloaded server that looks dead would be restarted, and lose its
 * cache.
 */
export const PROBES_IN_FLIGHT_MAX = 32;

const PROBES: ReadonlySet<Route | undefined> = new Set<Route>(["status", "readyz", "metrics"]);

/** Counts the requests that wait. Plain numbers, read when metrics are collected. */
export class LoadLimit {
  readonly #requestsMax: number;
  /** Requests that are waiting for an answer now. */
  inFlight = 0;
  /** Requests whose body is being read, now. */
  reading = 0;
  /** Requests refused since the start. */
  refused = 0;

  /** @param requestsMax most requests that wait at the same time, and most bodies that are read at the same time */
  constructor(requestsMax: number) {
    this.#requestsMax = requestsMax;
  }

  /** Whether one more of this route would be too many. */
  isFull(route: Route | undefined): boolean {
    if (this.inFlight < this.#requestsMax) return false;
    return !PROBES.has(route) || this.inFlight >= this.#requestsMax + PROBES_IN_FLIGHT_MAX;
  }

  /** The text of a body, counted while it arrives. @throws SixpackError overloaded: too many are coming already */
  read(body: () => Promise<string>): Promise<string> {
    if (this.reading >= this.#requestsMax) throw this.refusal();
    this.reading += 1;
    return body().finally(() => {
      this.reading -= 1;
    });
  }

  /** What a request is refused with, counted. */
  refusal(): SixpackError {
    this.refused += 1;
    return new SixpackError("overloaded", `Expected fewer than ${this.#requestsMax} requests under way, got as many`);
  }

  /** The same services on a store that answers only from memory, and refuses everything that would have to wait. */
  withoutWaiting(context: ServiceContext): ServiceContext {
    const refuse = (): never => {
      throw this.refusal();
    };
    const closed = <Part extends object>() => new Proxy({} as Part, { get: () => refuse });
    const store: Store = {
      peek: context.store.peek,
      definitions: closed(),
      lives: closed(),
      records: closed(),
      tallies: closed(),
      activity: closed(),
      leases: closed(),
      notes: closed(),
      transfer: closed(),
      status: refuse,
      ping: refuse,
      probe: refuse,
      close: refuse,
    };
    return { ...context, store };
  }
}
