import { describe, expect, test, vi } from "vitest";
import type { Experiment } from "../../../src/domain/experiment.ts";
import { parseExperimentName } from "../../../src/domain/names.ts";
import * as ending from "../../../src/service/administer/acts/ending.ts";
import { addAlternative, retireAlternative } from "../../../src/service/administer/acts/sharing.ts";
import * as state from "../../../src/service/administer/acts/state.ts";
import { undo } from "../../../src/service/administer/acts/undo.ts";
import { viewExperiment } from "../../../src/service/report/kpi-view.ts";
import type { Activity } from "../../../src/store/activity.ts";
import { RESTORABLE_MS } from "../../../src/store/store.ts";
import { ModelStore } from "../../store/model/model-store.ts";
import * as make from "../../support/make.ts";
import { createExperiment, crowd, record } from "../../web/support.ts";

const act = { name: "button", actor: "ada" };

async function button(context: make.TestContext = make.context()): Promise<make.TestContext> {
  await createExperiment(context, "button", ["red", "blue"], { description: "why" });
  await record(context, "button", [...crowd(0, 3, 1), ...crowd(1, 2, 2)]);
  return context;
}

async function logged({ store }: make.TestContext) {
  const entries = await store.activity.read({ limit: 10 });
  return entries.map(({ action, actor, before, after }) => ({ action, actor, before, after }));
}

function describeIt(context: make.TestContext, description: string): Promise<Experiment | undefined> {
  return state.describe.run(context, act, { body: { description }, params: {} });
}

async function stored({ store }: make.TestContext): Promise<Experiment | undefined> {
  return store.definitions.read(parseExperimentName("button"));
}

async function participants(context: make.TestContext): Promise<number> {
  return (await viewExperiment(context, "button", undefined, "day")).counts.total.participants;
}

describe("flags", () => {
  test("toggle, and stay independent of each other", async () => {
    const context = await button();
    await state.setPaused(context, act);
    await state.setArchived(context, act, true);
    expect(await stored(context)).toMatchObject({ paused: true, archived: true });
    await state.setPaused(context, act);
    expect(await stored(context)).toMatchObject({ paused: false, archived: true });
    expect(await logged(context)).toEqual([
      { action: "resume", actor: "ada", before: "paused", after: "running" },
      { action: "archive", actor: "ada", before: "not archived", after: "archived" },
      { action: "pause", actor: "ada", before: "running", after: "paused" },
    ]);
  });

  test("set to what they are write nothing and are not logged", async () => {
    const context = await button();
    const before = await stored(context);
    await state.setPaused(context, act, false);
    await state.setWinner(context, act, null);
    await describeIt(context, "why");
    expect(await stored(context)).toEqual(before);
    expect(await logged(context)).toEqual([]);
  });
});

describe("winner and description", () => {
  test("are set, replaced and taken back, with what was before", async () => {
    const context = await button();
    await state.setWinner(context, act, "blue");
    await state.setWinner(context, act, "red");
    await state.setWinner(context, act, null);
    await describeIt(context, "");
    expect(await logged(context)).toEqual([
      { action: "describe", actor: "ada", before: "why", after: null },
      { action: "reset-winner", actor: "ada", before: "red", after: null },
      { action: "set-winner", actor: "ada", before: "blue", after: "red" },
      { action: "set-winner", actor: "ada", before: null, after: "blue" },
    ]);
  });

  test("refuse an alternative that isn't there and a description without end", async () => {
    const context = await button();
    await expect(state.setWinner(context, act, "green")).rejects.toMatchObject({ code: "unknown-alternative" });
    await expect(describeIt(context, "x".repeat(10_001))).rejects.toMatchObject({
      code: "invalid-description",
    });
    expect(await logged(context)).toEqual([]);
  });

  test("refuse an alternative that was retired, also where that undoes something", async () => {
    const context = await button();
    await addAlternative(context, act, "green");
    await state.setWinner(context, act, "blue");
    const entries: Activity[] = [];
    await state.setWinner(context, { ...act, onLogged: (entry) => entries.push(entry) }, null);
    await retireAlternative(context, act, "blue");
    await expect(state.setWinner(context, act, "blue")).rejects.toMatchObject({ code: "alternative-retired" });
    const [reset] = entries;
    if (reset === undefined) throw new Error("Expected an entry");
    await expect(undo(context, act, reset)).rejects.toMatchObject({ code: "alternative-retired" });
    expect(await stored(context)).toMatchObject({ winner: null });
  });

  test("keep the record of each decision for an undo of what followed it, and for an undo of that", async () => {
    const context = await button();
    const reasons: (string | undefined)[] = [];
    const last = async (): Promise<Activity> => {
      context.pass(1_000);
      const { winner, decided } = (await stored(context)) ?? {};
      reasons.push(decided?.winner === winner ? decided?.reason : "none");
      const [entry] = await context.store.activity.read({ limit: 1 });
      if (entry === undefined) throw new Error("Expected an entry");
      return entry;
    };
    await state.setWinner(context, act, "blue", "more orders");
    await last();
    await state.setWinner(context, act, "red", "fewer returns");
    await undo(context, act, await last());
    await undo(context, act, await last());
    await undo(context, act, await last());
    await state.setWinner(context, act, "red", "again");
    await undo(context, act, await last());
    await undo(context, act, await last());
    await last();
    expect(reasons).toEqual([
      "more orders",
      "fewer returns",
      "more orders",
      "fewer returns",
      "again",
      "more orders",
      "again",
    ]);
  });

  test("bring the first decision back with its record, when taking it back is undone", async () => {
    const context = await button();
    const lastEntry = async () => (await context.store.activity.read({ limit: 1 }))[0];
    await state.setWinner(context, act, "blue", "more orders");
    for (const winner of [null, "blue"]) {
      context.pass(1_000);
      const entry = await lastEntry();
      if (entry === undefined) throw new Error("Expected an entry");
      expect(await undo(context, act, entry)).toMatchObject({ winner });
    }
    expect(await stored(context)).toMatchObject({ decided: { winner: "blue", reason: "more orders" } });
  });
});

describe("changes by others meanwhile", () => {
  /** Somebody else archives just before each of the first changes. */
  class Busy extends ModelStore {
    races = 1;
    constructor() {
      super();
      const { change } = this.definitions;
      this.definitions.change = async (next) => {
        if (this.races-- > 0) {
          const present = await this.definitions.read(next.name);
          if (present !== undefined) await change({ ...present, archived: true });
        }
        return change(next);
      };
    }
  }

  test("are kept: the act is done again on what they made", async () => {
    const context = await button(make.context({ store: new Busy() }));
    await state.setPaused(context, act, true);
    expect(await stored(context)).toMatchObject({ paused: true, archived: true });
    expect(await logged(context)).toHaveLength(1);
  });

  test("that never end make the act give up as busy, without an entry in the log", async () => {
    const store = new Busy();
    const context = await button(make.context({ store }));
    store.races = Number.POSITIVE_INFINITY;
    await expect(state.setPaused(context, act, true)).rejects.toMatchObject({
      code: "experiment-busy",
      status: 503,
    });
    expect(await logged(context)).toEqual([]);
  });

  test("ten toggles at once leave the flag as it was, each logged once", async () => {
    const context = await button();
    await Promise.all(Array.from({ length: 10 }, () => state.setPaused(context, act)));
    expect(await stored(context)).toMatchObject({ paused: false });
    expect(await logged(context)).toHaveLength(10);
  });
});

describe("reset", () => {
  test("keeps name, alternatives, description and mute; forgets records, winner, flags and KPIs", async () => {
    const context = await button();
    await record(context, "button", [{ client: "k", index: 0, converts: ["sales"] }]);
    await state.setWinner(context, act, "blue");
    await state.setPaused(context, act, true);
    await state.mute.run(context, act, { body: {}, params: {} });
    context.pass(60_000);
    const fresh = await ending.reset(context, act);
    expect(fresh).toMatchObject({
      description: "why",
      winner: null,
      paused: false,
      archived: false,
      muted: true,
      kpis: [{ name: null }],
      createdAtMs: context.clock.nowMs(),
    });
    expect(fresh.alternatives.map(({ name }) => name)).toEqual(["red", "blue"]);
    expect(await participants(context)).toBe(0);
    expect((await logged(context))[0]).toEqual({
      action: "reset",
      actor: "ada",
      before: "6 visitors",
      after: null,
    });
  });

  test("leaves no record of why to a winner that is set while it happens", async () => {
    const context = await button();
    const { read } = context.analyst;
    vi.spyOn(context.analyst, "read").mockImplementationOnce(async (experiment) => {
      const seen = await read.call(context.analyst, experiment);
      await ending.reset(context, act);
      return seen;
    });
    const decided = await state.setWinner(context, act, "blue");
    expect(decided).toMatchObject({ winner: "blue" });
    expect(decided.decided).toBeUndefined();
  });

  test("can be taken back with all records, and that too", async () => {
    const context = await button();
    await ending.reset(context, act);
    await record(context, "button", crowd(1, 4, 0));
    await ending.restore(context, act, undefined);
    expect(await participants(context)).toBe(5);
    await ending.restore(context, act, undefined);
    expect(await participants(context)).toBe(4);
  });
});

describe("a change that comes between the reading of a definition and its end", () => {
  /** Somebody else changes the experiment while the tallies are read, a number of times. */
  class Changing extends ModelStore {
    changes = 1;
    constructor() {
      super();
      const { read } = this.tallies;
      this.tallies.read = async (experiment) => {
        if (this.changes > 0) {
          this.changes -= 1;
          await addAlternative({ store: this, clock: make.clock() }, { ...act, actor: "eve" }, `green-${this.changes}`);
        }
        return read(experiment);
      };
    }
  }

  test("is part of the new life after a reset, and of the old one after a restore", async () => {
    const context = await button(make.context({ store: new Changing() }));
    const names = (experiment: Experiment) => experiment.alternatives.map(({ name }) => name);
    expect(names(await ending.reset(context, act))).toEqual(["red", "blue", "green-0"]);
    expect((await logged(context)).map(({ action, actor }) => [action, actor])).toEqual([
      ["reset", "ada"],
      ["add-alternative", "eve"],
    ]);
    expect(names(await ending.restore(context, act, undefined))).toEqual(["red", "blue", "green-0"]);
    expect(await participants(context)).toBe(5);
  });

  test("does not keep a delete from happening", async () => {
    const context = await button(make.context({ store: new Changing() }));
    await ending.remove(context, act);
    expect(await stored(context)).toBeUndefined();
    expect(await context.store.lives.listRemoved()).toMatchObject([{ experiment: { alternatives: { length: 3 } } }]);
  });

  test("is given up as busy where there is always another one", async () => {
    class Restless extends ModelStore {
      constructor() {
        super();
        const { read } = this.tallies;
        this.tallies.read = async (experiment) => {
          await state.setPaused({ store: this, clock: make.clock() }, { ...act, actor: "eve" });
          return read(experiment);
        };
      }
    }
    const context = await button(make.context({ store: new Restless() }));
    await expect(ending.reset(context, act)).rejects.toMatchObject({ code: "experiment-busy", status: 503 });
    expect(await stored(context)).toMatchObject({ life: 1 });
  });
});

describe("delete", () => {
  test("forgets the experiment, and only it", async () => {
    const context = await button();
    await createExperiment(context, "button-2");
    await ending.remove(context, act);
    expect(await stored(context)).toBeUndefined();
    expect(await context.store.definitions.list()).toHaveLength(1);
    expect((await logged(context))[0]).toMatchObject({ action: "delete", before: "5 visitors" });
    await expect(state.setPaused(context, act, true)).rejects.toMatchObject({ code: "experiment-not-found" });
  });

  test("can be taken back for 7 days, not longer", async () => {
    const context = await button();
    await ending.remove(context, act);
    context.pass(RESTORABLE_MS - 1);
    expect(await ending.listRestorable(context)).toHaveLength(1);
    await ending.restore(context, act, undefined);
    expect(await participants(context)).toBe(5);
    expect((await logged(context))[0]).toMatchObject({ action: "restore", after: "5 visitors" });

    await ending.remove(context, act);
    context.pass(RESTORABLE_MS);
    await expect(ending.restore(context, act, undefined)).rejects.toMatchObject({ code: "nothing-to-restore" });
  });

  test("of several lives restores the one that is named, and no other experiment's", async () => {
    const context = await button();
    const first = await stored(context);
    await ending.reset(context, act);
    await ending.remove(context, act);
    await createExperiment(context, "other");
    await expect(ending.restore(context, { ...act, name: "other" }, first?.life)).rejects.toMatchObject({
      code: "nothing-to-restore",
    });
    expect(await ending.restore(context, act, first?.life)).toMatchObject({
      life: first?.life,
    });
  });
});
