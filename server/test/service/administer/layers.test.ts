/** Slices of layers as people take them, and give them back. */
import { describe, expect, it } from "vitest";
import { isOutsideSlice } from "../../../src/domain/decide.ts";
import { currentEpoch, currentEpochNumber } from "../../../src/domain/experiment.ts";
import { parseClientId } from "../../../src/domain/names.ts";
import { remove, reset, restore } from "../../../src/service/administer/acts/ending.ts";
import { setSlice } from "../../../src/service/administer/acts/layer-acts.ts";
import { setArchived, setPaused } from "../../../src/service/administer/acts/state.ts";
import { ALL_ACTS, undo } from "../../../src/service/administer/acts/undo.ts";
import { declare } from "../../../src/service/administer/declare.ts";
import { rehearsal } from "../../../src/service/administer/rehearse.ts";
import type { ServiceContext } from "../../../src/service/context.ts";
import { participate } from "../../../src/service/participate.ts";
import * as make from "../../support/make.ts";
import { laterCodeOf } from "../../support/refusal.ts";
import { storedExperiment } from "../../support/store.ts";

const ALTERNATIVES = { alternatives: ["red", "green"], weights: undefined, trafficFraction: undefined };
const TAKEN = "slice-taken";

function act(name: string) {
  return { name, actor: "ann" };
}

function slice(from: number, to: number, layer = "checkout") {
  return { layer, from, to };
}

async function declared(context: ServiceContext, name: string, ...span: string[]) {
  const layer = span.length === 0 ? undefined : { name: "checkout", slice: span };
  return (await declare(context, act(name), { ...ALTERNATIVES, layer })).experiment;
}

async function visit(context: ServiceContext, experiment: string, client: string) {
  return participate(context, make.request({ experiment, alternatives: ALTERNATIVES.alternatives, client }));
}

describe("a slice of a layer", () => {
  it("is given to each of hundreds that ask at once", async () => {
    const context = make.context();
    const all = Array.from({ length: 300 }, (_, at) => declared(context, `e${at}`, `${at / 300}`, `${(at + 1) / 300}`));
    expect(await Promise.all(all)).toHaveLength(300);
    const same = Array.from({ length: 20 }, (_, at) => laterCodeOf(() => declared(context, `f${at}`, "0", "1")));
    expect(new Set(await Promise.all(same))).toEqual(new Set([TAKEN]));
  });

  it("goes to one of two experiments that move there at once", async () => {
    const context = make.context();
    await declared(context, "one", "0", "0.2");
    await declared(context, "two", "0.8", "1");
    const moves = [setSlice(context, act("one"), slice(0, 0.6)), setSlice(context, act("two"), slice(0.4, 1))];
    const moved = await Promise.allSettled(moves);
    expect(moved.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(moved.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: TAKEN } });
  });

  it("that overlaps with another, since a file brought both, stands in the way of no act that takes nothing", async () => {
    const context = make.context();
    for (const [name, from, to] of [
      ["one", 0, 0.5],
      ["two", 0.4, 1],
    ] as const) {
      await make.created(context.store, make.draft({ name, slice: slice(from, to) }));
    }
    expect(await setPaused(context, act("one"), true)).toMatchObject({ paused: true });
    expect(await laterCodeOf(() => setSlice(context, act("one"), slice(0, 0.6)))).toBe(TAKEN);
  });

  it("is an experiment's from its first visitor on, and nobody else's", async () => {
    const context = make.context();
    const one = await declared(context, "one", "0", "0.5");
    expect(currentEpoch(one).slice).toEqual(slice(0, 0.5));
    expect(await laterCodeOf(() => declared(context, "two", "0.4", "1"))).toBe(TAKEN);
    expect(await context.store.definitions.read("two")).toBeUndefined();
    await declared(context, "two", "0.5", "1");
    // Twice is no error, and an experiment may say another slice.
    await declared(context, "one", "0", "0.5");
    expect(currentEpochNumber(await storedExperiment(context.store, "one"))).toBe(0);
    await declared(context, "one", "0", "0.25");
    expect(currentEpochNumber(await storedExperiment(context.store, "one"))).toBe(1);
  });

  it("gives each client to one experiment, and the control to those of nobody", async () => {
    const context = make.context();
    await declared(context, "one", "0", "0.4");
    await declared(context, "two", "0.4", "0.9");
    const seen = new Map<string, number>();
    for (let number = 0; number < 400; number += 1) {
      const answers = [await visit(context, "one", `c${number}`), await visit(context, "two", `c${number}`)];
      const reasons = answers.map(({ reason }) => reason).join(" ");
      for (const { reason, index } of answers) if (reason === "outside-slice") expect(index).toBe(0);
      seen.set(reasons, (seen.get(reasons) ?? 0) + 1);
    }
    expect([...seen.keys()].sort()).toEqual([
      "assigned outside-slice",
      "outside-slice assigned",
      "outside-slice outside-slice",
    ]);
    // 40 of 400 see nothing but controls; five standard errors of that share are 30.
    expect(Math.abs((seen.get("outside-slice outside-slice") ?? 0) - 40)).toBeLessThan(30);
  });

  it("says of who was left out by slice or traffic which of the two it is, of known clients too", async () => {
    const context = make.context();
    const { experiment } = await declare(context, act("one"), {
      ...{ ...ALTERNATIVES, trafficFraction: "0.000001" },
      layer: { name: "checkout", slice: ["0", "0.5"] },
    });
    const ids = Array.from({ length: 20 }, (_, number) => `c${number}`);
    const inside = ids.filter((id) => !isOutsideSlice(experiment, parseClientId(id)));
    expect([inside.length > 0, inside.length < ids.length]).toEqual([true, true]);
    for (const _ of ["new", "known"]) {
      for (const id of ids) {
        expect(await visit(context, "one", id)).toMatchObject({
          index: 0,
          reason: inside.includes(id) ? "excluded" : "outside-slice",
        });
      }
    }
    // Whoever was left out stays out of a wider slice, where the place is inside now.
    await setSlice(context, act("one"), slice(0, 1));
    for (const id of ids) expect(await visit(context, "one", id)).toMatchObject({ index: 0, reason: "excluded" });
  });

  it("changes in an epoch of its own, and what was held before is held on", async () => {
    const context = make.context();
    await declared(context, "one", "0", "0.5");
    await visit(context, "one", "ann");
    const moved = await setSlice(context, act("one"), slice(0.5, 0.8));
    expect(moved.epochs.map(({ reason }) => reason)).toEqual(["created", "slice checkout 0–50% → checkout 50–80%"]);
    expect(await laterCodeOf(() => declared(context, "two", "0", "0.1"))).toBe(TAKEN);
    await declared(context, "two", "0.8", "1");
    await setArchived(context, act("one"), true);
    await declared(context, "three", "0", "0.8");
    expect(await laterCodeOf(() => setArchived(context, act("one"), false))).toBe(TAKEN);
    const [archived] = await context.store.activity.read({ experiment: "one", limit: 1 });
    expect(await laterCodeOf(() => undo(context, act("one"), archived ?? { atMs: 0, action: "" }))).toBe(TAKEN);
    await remove(context, act("three"));
    await setArchived(context, act("one"), false);
    expect(await laterCodeOf(() => restore(context, act("three"), undefined))).toBe(TAKEN);
  });

  it("comes back from the archive with all that its participants came from, or not at all", async () => {
    const context = make.context();
    await declared(context, "one", "0", "0.4");
    await visit(context, "one", "ann");
    await declared(context, "one", "0.4", "0.8");
    await setArchived(context, act("one"), true);
    await declared(context, "two", "0", "0.4");
    expect(await laterCodeOf(() => setArchived(context, act("one"), false))).toBe(TAKEN);
    await remove(context, act("two"));
    expect(await setArchived(context, act("one"), false)).toMatchObject({ archived: false });
  });

  it("is kept over a reset, which gives back those before it", async () => {
    const context = make.context();
    await declared(context, "one", "0", "0.5");
    await setSlice(context, act("one"), slice(0.5, 1));
    expect(currentEpoch(await reset(context, act("one"))).slice).toEqual(slice(0.5, 1));
    await declared(context, "two", "0", "0.5");
  });

  it("is taken, left or given up for another layer before the first visitor only", async () => {
    const context = make.context();
    await declared(context, "one");
    await setSlice(context, act("one"), slice(0, 0.5));
    await setSlice(context, act("one"), slice(0, 0.5, "search"));
    await setSlice(context, act("one"), undefined);
    await visit(context, "one", "ann");
    expect(await laterCodeOf(() => setSlice(context, act("one"), slice(0, 0.5)))).toBe("experiment-begun");
    await declared(context, "two", "0", "1");
    await visit(context, "two", "ann");
    expect(await laterCodeOf(() => setSlice(context, act("two"), undefined))).toBe("experiment-begun");
    expect(await laterCodeOf(() => setSlice(context, act("two"), slice(0, 1, "search")))).toBe("experiment-begun");
    expect(await laterCodeOf(() => setSlice(context, act("gone"), undefined))).toBe("experiment-not-found");
  });

  it("comes back to a layer with all that was held there, or not at all", async () => {
    const context = make.context();
    await declared(context, "one");
    await setSlice(context, act("one"), slice(0, 0.5));
    await setSlice(context, act("one"), slice(0, 0.5, "search"));
    await declared(context, "two", "0", "0.5");
    expect(await laterCodeOf(() => setSlice(context, act("one"), slice(0.5, 1)))).toBe(TAKEN);
    await remove(context, act("two"));
    expect(currentEpoch(await setSlice(context, act("one"), slice(0.5, 1))).slice).toEqual(slice(0.5, 1));
  });

  it("is not taken by somebody who is counted between the two looks", async () => {
    const context = make.context();
    await declared(context, "one");
    const { definitions } = context.store;
    // The first visitor comes when the layer is asked who is in it.
    const list = async () => {
      await visit(context, "one", "early");
      return definitions.list();
    };
    const store = new Proxy(context.store, {
      get: (whole, part) => (part === "definitions" ? { ...verbsOf(definitions), list } : Reflect.get(whole, part)),
    });
    expect(await laterCodeOf(() => setSlice({ ...context, store }, act("one"), slice(0, 0.5)))).toBe(
      "experiment-begun",
    );
    expect(currentEpoch(await storedExperiment(context.store, "one")).slice).toBeUndefined();
  });

  it("is asked for by what takes one, and costs other acts no look", async () => {
    const context = make.context();
    await declared(context, "one", "0", "0.5");
    const { definitions } = context.store;
    let looks: string[] = [];
    const seen = new Proxy(verbsOf(definitions), {
      get: (verbs, verb, self) => {
        looks.push(String(verb));
        return Reflect.get(verbs, verb, self);
      },
    });
    const store = new Proxy(context.store, {
      get: (whole, part) => (part === "definitions" ? seen : Reflect.get(whole, part)),
    });
    const looksOf = async (work: () => Promise<unknown>) => {
      looks = [];
      await work();
      return looks;
    };
    expect(await looksOf(() => setArchived({ ...context, store }, act("one"), true))).toEqual(["read", "change"]);
    // Coming back takes the slice anew: once to find that out, once with the lease.
    const back = await looksOf(() => setArchived({ ...context, store }, act("one"), false));
    expect(back).toEqual(["read", "list", "read", "change"]);
  });

  it("is refused by a rehearsal as by the act, which takes nothing", async () => {
    const context = make.context();
    await declared(context, "one", "0", "0.5");
    await declared(context, "two");
    const { store } = rehearsal(context.store);
    expect(await laterCodeOf(() => setSlice({ ...context, store }, act("two"), slice(0, 0.5)))).toBe(TAKEN);
    await setSlice({ ...context, store }, act("two"), slice(0.5, 1));
    expect(currentEpoch(await storedExperiment(context.store, "two")).slice).toBeUndefined();
  });

  it("is set by a form or JSON, in fractions or percent", async () => {
    const context = make.context();
    await declared(context, "one");
    const run = async (body: object) => {
      const changed = await ALL_ACTS.find(({ path }) => path === "layer")?.run(context, act("one"), {
        body,
        params: {},
      });
      return changed && currentEpoch(changed).slice;
    };
    expect(await run({ layer: "checkout", slice: [0, 0.25] })).toEqual(slice(0, 0.25));
    expect(await run({ layer: " checkout ", slice_percent: ["33.3", "50"] })).toEqual(slice(0.333, 0.5));
    expect(await run({ layer: "" })).toBeUndefined();
    expect(await laterCodeOf(() => run({ layer: "checkout" }))).toBe("invalid-form");
    expect(await laterCodeOf(() => run({ layer: "checkout", slice_percent: ["", ""] }))).toBe("invalid-slice");
  });
});

function verbsOf(part: ServiceContext["store"]["definitions"]): ServiceContext["store"]["definitions"] {
  const { read, list, listUnreadable, create, change } = part;
  return { read, list, listUnreadable, create, change };
}
