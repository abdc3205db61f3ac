import { describe, expect, it } from "vitest";
import type { Open } from "../engines/engine.ts";

const LONG_MS = 60_000;
const SHORT_MS = 50;

export function describeLeases(open: Open): void {
  describe("a lease", () => {
    it("is held by one at a time, renewed by its holder, and free when given up", async () => {
      const store = await open();
      const claim = (holder: string, ttlMs = LONG_MS) => store.leases.claim("work", holder, ttlMs);
      expect([await claim("ann"), await claim("bob"), await claim("ann")]).toEqual([true, false, true]);
      expect(await claim("bob", 0)).toBe(false);
      expect(await claim("bob")).toBe(false);
      expect(await claim("ann", 0)).toBe(true);
      expect([await claim("bob"), await claim("ann")]).toEqual([true, false]);
      expect(await store.leases.claim("other work", "ann", LONG_MS)).toBe(true);
    });

    it("runs out", async () => {
      const store = await open();
      expect(await store.leases.claim("work", "ann", SHORT_MS)).toBe(true);
      const claim = () => store.leases.claim("work", "bob", SHORT_MS);
      await expect.poll(claim).toBe(true);
    });
  });
}
