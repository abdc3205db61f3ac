import { describe, expect, it } from "vitest";
import { assigned } from "../../../src/domain/assignment.ts";
import { eventKey } from "../../../src/domain/digest.ts";
import type { ClientId } from "../../../src/domain/names.ts";
import { EVENT_ID_WINDOW_MS, type Store } from "../../../src/store/store.ts";
import type { EngineUnderTest } from "../engines/engine.ts";
import { client, DAY, draft, NOW_MS, named, participantsOf, talliesOf } from "../fixtures.ts";

export function describeEndings(engine: EngineUnderTest): void {
  describe("opening and closing", () => {
    it("takes a probe as it takes writes, keeps nothing of it, and takes none when it is closed", async () => {
      const store = await engine.open();
      await expect(store.probe()).resolves.toBeUndefined();
      expect(await store.listExperiments()).toEqual([]);
      await store.close();
      if (engine.reopen !== null) await expect(store.probe()).rejects.toMatchObject({ code: "store-unavailable" });
    });

    it("answers a ping and says what it is in one line", async () => {
      const store = await engine.open();
      await expect(store.ping()).resolves.toBeUndefined();
      const { summary } = await store.status();
      expect(summary).toMatch(/^[^\n]+$/);
      await store.close();
    });

    it("finishes what is under way before it closes", async () => {
      const store = await engine.open();
      const experiment = await store.createExperiment(draft("closing"));
      const underWay = Array.from({ length: 600 }, (_, number) =>
        store.recordParticipation({ experiment, client: client(number), proposal: assigned(0), day: DAY }),
      );
      await store.close();
      for (const outcome of await Promise.all(underWay)) expect(outcome.kind).toBe("recorded");
    });

    const { reopen } = engine;
    if (reopen !== null) describeReopening(engine, reopen);
  });
}

function describeReopening(engine: EngineUnderTest, reopen: (store: Store) => Promise<Store>): void {
  it("finds everything again after it was closed", async () => {
    const before = await engine.open();
    const experiment = await before.createExperiment(draft("kept"));
    const removed = await before.createExperiment(draft("removed"));
    await before.removeExperiment(removed, NOW_MS, undefined);
    await before.recordParticipation({ experiment, client: client(1), proposal: assigned(1), day: DAY });
    const order = { experiment, client: client(1), kpi: 0, day: DAY, value: 2.5 };
    const event = { key: eventKey(experiment.name, "alice" as ClientId, "order-1"), atMs: Date.now() };
    await before.recordConversion({ ...order, event });
    const entry = { atMs: NOW_MS, experiment: named("kept"), actor: "api", action: "x", before: null, after: null };
    await before.appendActivity(entry);
    const tallies = await talliesOf(before, experiment);

    const after = await reopen(before);
    expect(await after.listExperiments()).toEqual([experiment]);
    expect(await after.listRemoved()).toEqual([{ experiment: removed, removedAtMs: NOW_MS, how: "deleted" }]);
    expect(await after.readActivity({ limit: 10 })).toEqual([entry]);
    expect(await talliesOf(after, experiment)).toEqual(tallies);
    expect(await after.readAssignment(experiment, client(1))).toEqual(assigned(1));
    const again = { experiment, client: client(1), proposal: assigned(2), day: DAY };
    expect(await after.recordParticipation(again)).toEqual({ kind: "existing", assignment: assigned(1) });
    expect(await participantsOf(after, experiment)).toBe(1);
    // Its clock may have been set back meanwhile, or ahead.
    for (const atMs of [event.atMs, event.atMs - 3 * EVENT_ID_WINDOW_MS, event.atMs + 3 * EVENT_ID_WINDOW_MS]) {
      const sent = await after.recordConversion({ ...order, event: { ...event, atMs } });
      expect(sent).toEqual({ kind: "duplicate", assignment: assigned(1) });
    }
    await after.close();
  });

  it("never gives an incarnation twice, not even to the life after the last one was swept", async () => {
    const before = await engine.open();
    const first = await before.createExperiment(draft("phoenix"));
    await before.removeExperiment(first, NOW_MS, undefined);
    await before.sweepRemoved(NOW_MS);
    const after = await reopen(before);
    expect((await after.createExperiment(draft("phoenix"))).incarnation).not.toBe(first.incarnation);
    await after.close();
  });
}
