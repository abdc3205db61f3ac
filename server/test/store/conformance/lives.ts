import { describe, expect, it } from "vitest";
import { assigned } from "../../../src/domain/assignment.ts";
import type { Experiment } from "../../../src/domain/experiment.ts";
import type { Store } from "../../../src/store/store.ts";
import * as make from "../../support/make.ts";
import type { Open } from "../engines/engine.ts";
import { client, named, participantsOf } from "../fixtures.ts";
import { AWKWARD_NAMES } from "./definitions.ts";

/** An experiment with a few hundred clients, enough for an engine that spreads them over several places. */
async function populated(store: Store, name: string, clients = 300): Promise<Experiment> {
  const experiment = await make.created(store, make.draft({ name }));
  await Promise.all(
    Array.from({ length: clients }, (_, number) =>
      store.records.participate({ experiment, client: client(number), proposal: assigned(1), day: make.DAY }),
    ),
  );
  await store.records.convert({ experiment, client: client(0), kpi: 0, day: make.DAY, value: 1 });
  return experiment;
}

async function reset(store: Store, experiment: Experiment, removedAtMs = make.NOW_MS): Promise<Experiment> {
  const outcome = await store.lives.remove(experiment, removedAtMs, make.draft({ name: experiment.name }));
  if (outcome.kind !== "removed" || outcome.successor === undefined) throw new Error("Expected a successor, got none");
  return outcome.successor;
}

export function describeLives(open: Open): void {
  describe("lives of an experiment", () => {
    describeRemoval(open);
    describeRestoring(open);
    describeSweeping(open);
  });
}

function describeRemoval(open: Open): void {
  it("starts a new life on reset: same name, next version, other life, no records", async () => {
    const store = await open();
    const before = await populated(store, "reset");
    const after = await reset(store, before);
    expect(after).toMatchObject({ name: "reset", version: before.version + 1 });
    expect(after.life).not.toBe(before.life);
    expect(await store.definitions.read(named("reset"))).toEqual(after);
    expect(await store.tallies.read(after)).toEqual([]);
    expect(await store.records.read(after, client(1))).toBeUndefined();
    expect(store.peek.assignment(after, client(1))).toBeUndefined();
    expect(await store.lives.listRemoved()).toEqual([{ experiment: before, removedAtMs: make.NOW_MS, how: "reset" }]);
  });

  it("forgets a deleted experiment, and lets the name start anew", async () => {
    const store = await open();
    const before = await populated(store, "deleted");
    expect(await store.lives.remove(before, make.NOW_MS, undefined)).toEqual({ kind: "removed", successor: undefined });
    expect(await store.definitions.read(named("deleted"))).toBeUndefined();
    expect(await store.definitions.list()).toEqual([]);
    expect(await store.lives.listRemoved()).toEqual([{ experiment: before, removedAtMs: make.NOW_MS, how: "deleted" }]);
    const after = await make.created(store, make.draft({ name: "deleted" }));
    expect(after.version).toBe(1);
    expect(after.life).not.toBe(before.life);
    expect(await store.tallies.read(after)).toEqual([]);
    expect(await store.records.read(after, client(1))).toBeUndefined();
  });

  it.each(["reset", "delete"])("says after a %s what the removed life held, until it is swept", async (how) => {
    const store = await open();
    const before = await populated(store, "held", 20);
    await store.lives.remove(before, make.NOW_MS, how === "reset" ? make.draft({ name: "held" }) : undefined);
    expect(await participantsOf(store, before)).toBe(20);
    await store.lives.sweep(make.NOW_MS);
    expect(await store.tallies.read(before)).toEqual([]);
  });

  it("ends a life once, however many ask for it at the same time", async () => {
    const store = await open();
    const experiment = await populated(store, "twice");
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => store.lives.remove(experiment, make.NOW_MS, make.draft({ name: "twice" }))),
    );
    expect(outcomes.filter(({ kind }) => kind === "removed")).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === "missing")).toHaveLength(9);
    expect(await store.lives.listRemoved()).toHaveLength(1);
  });

  it.each(["reset", "delete"])("refuses a %s that was decided on an older definition of the life", async (how) => {
    const store = await open();
    const successor = how === "reset" ? make.draft({ name: "newer" }) : undefined;
    const seen = await populated(store, "newer", 5);
    const changed = await store.definitions.change({ ...seen, description: "acknowledged" });
    if (changed.kind !== "changed") throw new Error(`Expected it to change, got ${changed.kind}`);
    expect(await store.lives.remove(seen, make.NOW_MS, successor)).toEqual({ kind: "conflict" });
    expect(await store.definitions.read(named("newer"))).toEqual(changed.experiment);
    expect(await participantsOf(store, changed.experiment)).toBe(5);
    expect(await store.lives.listRemoved()).toEqual([]);
    expect(await store.lives.remove(changed.experiment, make.NOW_MS, successor)).toMatchObject({ kind: "removed" });
    expect(await store.lives.listRemoved()).toMatchObject([{ experiment: changed.experiment }]);
    expect(await store.lives.remove(changed.experiment, make.NOW_MS, successor)).toEqual({ kind: "missing" });
  });

  it("touches nothing of other experiments, whatever their names", async () => {
    const store = await open();
    const experiments = await Promise.all(AWKWARD_NAMES.map((name) => populated(store, name, 5)));
    const [gone, ...others] = experiments;
    if (gone === undefined) throw new Error("Expected experiments, got none");
    await store.lives.remove(gone, make.NOW_MS, undefined);
    await store.lives.sweep(make.NOW_MS);
    for (const experiment of others) {
      expect(await store.definitions.read(experiment.name)).toEqual(experiment);
      expect(await participantsOf(store, experiment)).toBe(5);
      expect(await store.records.read(experiment, client(4))).toEqual(assigned(1));
    }
  });
}

function describeRestoring(open: Open): void {
  it("brings a deleted experiment back with its records and tallies", async () => {
    const store = await open();
    const before = await populated(store, "back");
    await store.lives.remove(before, make.NOW_MS, undefined);
    const back = await store.lives.restore(named("back"), before.life, make.NOW_MS + 1);
    expect(back).toEqual({ ...before, version: before.version + 1 });
    if (back === undefined) throw new Error("Expected the experiment to come back");
    expect(await store.definitions.read(named("back"))).toEqual(back);
    expect(await participantsOf(store, back)).toBe(300);
    expect(await store.lives.listRemoved()).toEqual([]);
    const call = { experiment: back, client: client(1), proposal: assigned(0), day: make.DAY };
    expect(await store.records.participate(call)).toEqual({ kind: "existing", assignment: assigned(1) });
    const conversion = { experiment: back, client: client(0), kpi: 0, day: make.DAY, value: 1 };
    expect(await store.records.convert(conversion)).toMatchObject({ kind: "repeated" });
  });

  it("moves the life of the day aside when an earlier one comes back", async () => {
    const store = await open();
    const first = await populated(store, "swap");
    const second = await reset(store, first);
    await store.records.participate({ experiment: second, client: client(1), proposal: assigned(2), day: make.DAY });
    const back = await store.lives.restore(named("swap"), first.life, make.NOW_MS + 5);
    expect(back).toEqual({ ...first, version: second.version + 1 });
    expect(await store.lives.listRemoved()).toEqual([
      { experiment: second, removedAtMs: make.NOW_MS + 5, how: "reset" },
    ]);
    const again = await store.lives.restore(named("swap"), second.life, make.NOW_MS + 6);
    expect(again?.version).toBe(second.version + 2);
    if (again !== undefined) expect(await participantsOf(store, again)).toBe(1);
  });

  it("finds nothing to bring back where nothing was removed, or where it came back already", async () => {
    const store = await open();
    const experiment = await populated(store, "once", 1);
    expect(await store.lives.restore(named("once"), experiment.life, make.NOW_MS)).toBeUndefined();
    await store.lives.remove(experiment, make.NOW_MS, undefined);
    expect(await store.lives.restore(named("other"), experiment.life, make.NOW_MS)).toBeUndefined();
    expect(await store.lives.restore(named("once"), experiment.life, make.NOW_MS)).toBeDefined();
    expect(await store.lives.restore(named("once"), experiment.life, make.NOW_MS)).toBeUndefined();
  });
}

function describeSweeping(open: Open): void {
  it("frees lives that are due, and no others", async () => {
    const store = await open();
    const first = await populated(store, "swept");
    const second = await reset(store, first, make.NOW_MS);
    await store.records.participate({ experiment: second, client: client(9), proposal: assigned(2), day: make.DAY });
    const third = await reset(store, second, make.NOW_MS + 10);
    await store.records.participate({ experiment: third, client: client(9), proposal: assigned(0), day: make.DAY });

    expect(await store.lives.sweep(make.NOW_MS - 1)).toBe(0);
    expect(await store.lives.sweep(make.NOW_MS + 9)).toBe(1);
    expect(await store.tallies.read(first)).toEqual([]);
    expect(await store.tallies.recount(first)).toEqual([]);
    expect(await store.lives.restore(named("swept"), first.life, make.NOW_MS)).toBeUndefined();
    expect(await store.lives.listRemoved()).toMatchObject([{ experiment: second }]);
    expect(await participantsOf(store, third)).toBe(1);
    expect(await store.lives.restore(named("swept"), second.life, make.NOW_MS + 20)).toBeDefined();
    expect(await store.records.read(second, client(9))).toEqual(assigned(2));
  });

  it("finds nothing to sweep the second time", async () => {
    const store = await open();
    await store.lives.remove(await populated(store, "clean"), make.NOW_MS, undefined);
    expect(await store.lives.sweep(make.NOW_MS)).toBe(1);
    expect(await store.lives.sweep(make.NOW_MS)).toBe(0);
    expect(await store.lives.listRemoved()).toEqual([]);
    const anew = await populated(store, "clean", 3);
    expect(await store.definitions.list()).toEqual([anew]);
    expect(await participantsOf(store, anew)).toBe(3);
  });
}
