import { describe, expect, it } from "vitest";
import { assigned } from "../../../src/domain/assignment.ts";
import { eventKey } from "../../../src/domain/digest.ts";
import type { ClientId } from "../../../src/domain/names.ts";
import { EVENT_ID_WINDOW_MS, type Store } from "../../../src/store/store.ts";
import * as make from "../../support/make.ts";
import type { EngineUnderTest } from "../engines/engine.ts";
import { client, named, participantsOf, talliesOf } from "../fixtures.ts";

export function describeEndings(engine: EngineUnderTest): void {
  describe("opening and closing", () => {
    it("takes a probe as it takes writes, keeps nothing of it, and takes none when it is closed", async () => {
      const store = await engine.open();
      await expect(store.probe()).resolves.toBeUndefined();
      expect(await store.definitions.list()).toEqual([]);
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
      const experiment = await make.created(store, make.draft({ name: "closing" }));
      const underWay = Array.from({ length: 600 }, (_, number) =>
        store.records.participate({ experiment, client: client(number), proposal: assigned(0), day: make.DAY }),
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
    const experiment = await make.created(before, make.draft({ name: "kept" }));
    const removed = await make.created(before, make.draft({ name: "removed" }));
    await before.lives.remove(removed, make.NOW_MS, undefined);
    await before.records.participate({ experiment, client: client(1), proposal: assigned(1), day: make.DAY });
    const order = { experiment, client: client(1), kpi: 0, day: make.DAY, value: 2.5 };
    const event = { key: eventKey(experiment.name, "alice" as ClientId, "order-1"), atMs: Date.now() };
    await before.records.convert({ ...order, event });
    const entry = {
      atMs: make.NOW_MS,
      experiment: named("kept"),
      actor: "api",
      action: "x",
      before: null,
      after: null,
    };
    await before.activity.append(entry);
    const tallies = await talliesOf(before, experiment);

    const after = await reopen(before);
    expect(await after.definitions.list()).toEqual([experiment]);
    expect(await after.lives.listRemoved()).toEqual([
      { experiment: removed, removedAtMs: make.NOW_MS, how: "deleted" },
    ]);
    expect(await after.activity.read({ limit: 10 })).toEqual([entry]);
    expect(await talliesOf(after, experiment)).toEqual(tallies);
    expect(await after.records.read(experiment, client(1))).toEqual(assigned(1));
    const again = { experiment, client: client(1), proposal: assigned(2), day: make.DAY };
    expect(await after.records.participate(again)).toEqual({ kind: "existing", assignment: assigned(1) });
    expect(await participantsOf(after, experiment)).toBe(1);
    // Its clock may have been set back meanwhile, or ahead.
    for (const atMs of [event.atMs, event.atMs - 3 * EVENT_ID_WINDOW_MS, event.atMs + 3 * EVENT_ID_WINDOW_MS]) {
      const sent = await after.records.convert({ ...order, event: { ...event, atMs } });
      expect(sent).toEqual({ kind: "duplicate", assignment: assigned(1) });
    }
    await after.close();
  });

  it("never gives a life twice, not even to the life after the last one was swept", async () => {
    const before = await engine.open();
    const first = await make.created(before, make.draft({ name: "phoenix" }));
    await before.lives.remove(first, make.NOW_MS, undefined);
    await before.lives.sweep(make.NOW_MS);
    const after = await reopen(before);
    expect((await make.created(after, make.draft({ name: "phoenix" }))).life).not.toBe(first.life);
    await after.close();
  });
}
