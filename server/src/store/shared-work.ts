/**
 * How the processes on one store divide work among themselves: leases say who does it, notes keep what belongs to it.
 */

export interface Leases {
  /**
   * Takes or renews a lease: the right of one process to do some work for all of them, until it runs out. True if the
   * caller holds it now. A time of 0 gives it up.
   */
  claim(lease: string, holder: string, ttlMs: number): Promise<boolean>;
}

/**
 * Small texts that the server keeps for itself, by family and name: what is to be sent, and what traffic is usual.
 * There are few, so a family is read as a whole. Not part of any experiment, nor of an export.
 */
export interface Notes {
  read(family: string): Promise<ReadonlyMap<string, string>>;
  /**
   * Writes `after` if the note says `before`, `null` being none; false if it says something else. Atomic, and as durable as
   * a record.
   */
  swap(family: string, name: string, before: string | null, after: string | null): Promise<boolean>;
}
