/**
 * Overload protection: a bound on the requests that wait, so that a slow store costs callers a 503 and never the
 * process its memory.
 *
 * Requests whose body is still coming have a bound of their own, as high. Whoever announces bodies and sends none keeps
 * others from sending theirs; if those requests counted as waiting for the store, nobody would get to it.
 *
 * What needs no store is served all the same. A known client is answered from the assignment cache in the turn of the
 * event loop in which it asks, so most visitors of a site don't notice that the store is behind.
 */
import { SixpackError } from "../domain/errors.ts";
import type { ServiceContext } from "../service/context.ts";
import type { Store } from "../store/store.ts";
import type { Route } from "./paths.ts";

/**
 * Requests that may wait beyond the bound where they ask how the server is: an overloaded server that looks dead would be
 * restarted, and lose what it has.
 */
export const PROBES_IN_FLIGHT_MAX = 32;

const PROBES: ReadonlySet<Route | undefined> = new Set<Route>(["status", "readyz", "metrics"]);

/** Counts the requests that wait. Plain numbers, read when metrics are collected. */
export class LoadLimit {
  readonly #requestsMax: number;
  /** Requests whose answer is waited for, now. */
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

  /** The text of a body, counted while it comes. @throws SixpackError overloaded: too many are coming already */
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

  /** The same services on a store that answers what this process knows, and refuses everything that would wait. */
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
