/** Leases of an engine that one process has to itself: a map is enough. */

export class Leases {
  readonly #leases = new Map<string, { readonly holder: string; readonly untilMs: number }>();

  /** As `Store.claimLease`. */
  claim(lease: string, holder: string, ttlMs: number, nowMs: number): boolean {
    const held = this.#leases.get(lease);
    if (held !== undefined && held.untilMs > nowMs && held.holder !== holder) return false;
    this.#leases.set(lease, { holder, untilMs: nowMs + ttlMs });
    return true;
  }
}
