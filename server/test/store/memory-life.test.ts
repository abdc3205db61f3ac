import { expect, it } from "vitest";
import { eventKey } from "../../src/domain/digest.ts";
import type { ClientId } from "../../src/domain/names.ts";
import { emptyLife, isNewEvent } from "../../src/store/memory-life.ts";
import { EVENT_ID_WINDOW_MS } from "../../src/store/store.ts";
import { named } from "./fixtures.ts";

const HOUR_MS = 3_600_000;

it("remembers the ids of events for a day and no longer, whatever the wall clock says", () => {
  const life = emptyLife();
  const event = (hour: number) => eventKey(named("orders"), "alice" as ClientId, `hour ${hour}`);
  for (let hour = 0; hour < 24 * 6; hour += 1) {
    // Far ahead at first, and years back from then on.
    const atMs = hour === 0 ? 1e13 : 1e12;
    expect(isNewEvent(life, { key: event(hour), atMs }, hour * HOUR_MS)).toBe(true);
    const first = Math.max(0, hour - EVENT_ID_WINDOW_MS / HOUR_MS);
    expect(isNewEvent(life, { key: event(first), atMs }, hour * HOUR_MS)).toBe(false);
    expect(life.events.size).toBeLessThanOrEqual(25);
  }
});
