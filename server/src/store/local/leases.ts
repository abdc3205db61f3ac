/** Leases of an engine that one process has to itself: a map is enough. */
import type { Leases as StoreLeases } from "../shared-work.ts";

export class Leases implements StoreLeases {
  /** By a clock that nobody sets. */
  readonly #leases = new Map<string, { readonly holder: string; readonly untilMs: number }>();

  async claim(lease: string, holder: string, ttlMs: number): Promise<boolean> {
    const held = this.#leases.get(lease);
    const nowMs = performance.now();
    if (held !== undefined && held.untilMs > nowMs && held.holder !== holder) return false;
    if (ttlMs === 0) this.#leases.delete(lease);
    else this.#leases.set(lease, { holder, untilMs: nowMs + ttlMs });
    return true;
  }
}
