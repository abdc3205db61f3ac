import { describe, expect, it } from "vitest";
import { assigned, EXCLUDED } from "../../../src/domain/assignment.ts";
import { type Experiment, withForgotten } from "../../../src/domain/experiment.ts";
import type { Day } from "../../../src/domain/period.ts";
import { tallyDifferences } from "../../../src/domain/tally-differences.ts";
import type { Store } from "../../../src/store/store.ts";
import * as make from "../../support/make.ts";
import type { Open } from "../engines/engine.ts";
import { client, named, ofDays, participantsOf, talliesOf } from "../fixtures.ts";

const NEXT_DAY = (make.DAY + 1) as Day;

/** Clients 1 to 3 in alternative 1, of whom 2 converts on two days with values, and 4 outside the traffic. */
async function populated(store: Store, name: string): Promise<Experiment> {
  const experiment = await make.created(store, make.draft({ name }));
  for (const number of [1, 2, 3]) {
    await store.records.participate({ experiment, client: client(number), proposal: assigned(1), day: make.DAY });
    await store.records.convert({ experiment, client: client(number), kpi: 0, day: make.DAY, value: number });
  }
  await store.records.convert({ experiment, client: client(2), kpi: 0, day: NEXT_DAY, value: 0.5 });
  await store.records.convert({ experiment, client: client(2), kpi: 7, day: NEXT_DAY, value: 0 });
  await store.records.participate({ experiment, client: client(4), proposal: EXCLUDED, day: make.DAY });
  return experiment;
}

async function forget(store: Store, experiment: Experiment, number: number): Promise<Experiment> {
  const outcome = await store.records.forget(experiment, client(number));
  if (outcome.kind !== "forgotten") throw new Error(`Expected client ${number} to be forgotten, got ${outcome.kind}`);
  return outcome.experiment;
}

async function expectTrue(store: Store, experiment: Experiment): Promise<void> {
  expect(tallyDifferences(await store.tallies.read(experiment), await store.tallies.recount(experiment))).toEqual([]);
}

export function describeForgetting(open: Open): void {
  describe("forgetting a client", () => {
    it("takes its record and its share of the tallies, and leaves everybody else's", async () => {
      const store = await open();
      const experiment = await populated(store, "forget");
      const mark = await store.tallies.mark(experiment);
      const after = await forget(store, experiment, 2);
      expect(await store.tallies.mark(after)).toBeGreaterThan(mark);
      expect(after).toEqual({ ...withForgotten(experiment), version: experiment.version + 1 });
      expect(await store.definitions.read(named("forget"))).toEqual(after);
      expect(await participantsOf(store, after)).toBe(3);
      await expectTrue(store, after);
      const sum = ofDays(await talliesOf(store, after)).reduce((total, tally) => total + tally.sum, 0);
      expect(sum).toBe(4);
      expect(await store.records.read(after, client(2))).toBeUndefined();
      expect(store.peek.assignment(after, client(2))).toBeUndefined();
      expect(await store.records.read(after, client(1))).toEqual(assigned(1));
    });

    it("leaves not a cell behind when the last client goes", async () => {
      const store = await open();
      let experiment = await populated(store, "emptied");
      for (const number of [4, 3, 2, 1]) experiment = await forget(store, experiment, number);
      await expectTrue(store, experiment);
      // Client 2 came back on another day: its second event is taken from the day of its first.
      expect((await talliesOf(store, experiment)).map(({ clients, events }) => ({ clients, events }))).toEqual([
        { clients: 0, events: -1 },
        { clients: 0, events: 1 },
      ]);
    });

    it("lets the client take part anew, as anybody else", async () => {
      const store = await open();
      const after = await forget(store, await populated(store, "back"), 1);
      const again = { experiment: after, client: client(1), proposal: assigned(0), day: make.DAY };
      expect(await store.records.participate(again)).toEqual({ kind: "recorded", assignment: assigned(0) });
      expect(store.peek.assignment(after, client(1)) ?? assigned(0)).toEqual(assigned(0));
      await expectTrue(store, after);
    });

    it("takes several in one step, each once, and leaves out who is not known", async () => {
      const store = await open();
      const experiment = await populated(store, "several");
      expect(await store.records.link(experiment, { client: client(3) }, { client: client(8) })).toMatchObject({
        kind: "linked",
      });
      const outcome = await store.records.forget(experiment, ...[8, 3, 1, 99, 1].map(client));
      if (outcome.kind !== "forgotten") throw new Error(`Expected them to be forgotten, got ${outcome.kind}`);
      expect(outcome.clients.toSorted()).toEqual([1, 3, 8].map(client).toSorted());
      expect(outcome.experiment).toEqual({ ...withForgotten(experiment), version: experiment.version + 1 });
      expect(await participantsOf(store, outcome.experiment)).toBe(2);
      for (const number of [1, 3, 8])
        expect(await store.records.read(outcome.experiment, client(number))).toBeUndefined();
      expect(await store.records.read(outcome.experiment, client(2))).toEqual(assigned(1));
      await expectTrue(store, outcome.experiment);
    });

    describeOutcomes(open);
  });
}

function describeOutcomes(open: Open): void {
  it("writes nothing for a client without a record, nor on an old definition", async () => {
    const store = await open();
    const experiment = await populated(store, "outcomes");
    expect(await store.records.forget(experiment, client(99))).toEqual({ kind: "unknown" });
    expect(await store.definitions.read(named("outcomes"))).toEqual(experiment);
    await forget(store, experiment, 1);
    expect(await store.records.forget(experiment, client(2))).toEqual({ kind: "stale" });
    expect(await store.records.forget({ ...experiment, life: 987_654 }, client(2))).toEqual({ kind: "stale" });
  });

  it("forgets in a removed life too, which then comes back without the client", async () => {
    const store = await open();
    const experiment = await populated(store, "removed");
    expect(store.peek.assignment(experiment, client(1)) ?? assigned(1)).toEqual(assigned(1));
    await store.lives.remove(experiment, make.NOW_MS, make.draft({ name: "removed" }));
    const after = await forget(store, experiment, 1);
    expect((await store.lives.listRemoved()).map((removed) => removed.experiment)).toEqual([after]);
    const restored = await store.lives.restore(named("removed"), experiment.life, make.NOW_MS);
    if (restored === undefined) throw new Error("Expected it to be restored");
    expect(store.peek.assignment(restored, client(1))).toBeUndefined();
    expect(await store.records.read(restored, client(1))).toBeUndefined();
    expect(await participantsOf(store, restored)).toBe(3);
    await expectTrue(store, restored);
  });

  it("counts once, of any number of calls at the same time", async () => {
    const store = await open();
    const experiment = await populated(store, "race");
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => store.records.forget(experiment, client(1))));
    expect(outcomes.filter(({ kind }) => kind === "forgotten")).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === "stale")).toHaveLength(19);
  });
}
