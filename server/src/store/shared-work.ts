/** What processes on one store share their own work by: who does it, and what is to be kept of it. */

export interface Leases {
  /**
   * Gives a lease to one holder at a time, until it runs out; the holder may renew it. For work that one process should
   * do for all of them. True for whoever holds it now. A time of 0 gives it up.
   */
  claim(lease: string, holder: string, ttlMs: number, nowMs: number): Promise<boolean>;
}

/**
 * Small texts that the server keeps for itself, by family and name: what is to be sent, and what traffic is usual. Few
 * enough that a family is read as a whole. No part of an experiment, and in no export of one.
 */
export interface Notes {
  read(family: string): Promise<ReadonlyMap<string, string>>;
  /**
   * Writes `after` if the note says `before`, `null` being none; false if it says something else. Atomic, and as durable as
   * a record.
   */
  swap(family: string, name: string, before: string | null, after: string | null): Promise<boolean>;
}
