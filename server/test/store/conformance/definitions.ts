import { describe, expect, it } from "vitest";
import { createdExperiment, freshDraft } from "../../../src/domain/draft.ts";
import { withEpoch, withTrafficHeld } from "../../../src/domain/epochs.ts";
import { type Experiment, withDescription, withPaused, withWinner } from "../../../src/domain/experiment.ts";
import { withKpi } from "../../../src/domain/experiment-kpis.ts";
import { type AlternativeName, parseKpiName } from "../../../src/domain/names.ts";
import type { Store } from "../../../src/store/store.ts";
import * as make from "../../support/make.ts";
import { HOSTILE_NAMES } from "../../support/names.ts";
import type { Open } from "../engines/engine.ts";
import { named } from "../fixtures.ts";

/** Names that trip stores up: separators and prefixes of each other, members of Object, the longest, both cases, any other. */
export const AWKWARD_NAMES: readonly string[] = [
  ...HOSTILE_NAMES,
  "a",
  "a-b",
  "a_b",
  "A",
  "a:b",
  "a}b",
  "{a}",
  "a:definition",
  "Zürich 🧪",
  "0123456789-_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
];

/** What a request may ask for; never stored, because a new name is checked first. */
const UNCHECKED_NAMES = ["", " ", "\n", "\0", "\ud800", "%7B", "}", "{", "x".repeat(10_000)];

async function changed(store: Store, next: Experiment): Promise<Experiment> {
  const outcome = await store.definitions.change(next);
  if (outcome.kind !== "changed") throw new Error(`Expected the change to be taken, got ${outcome.kind}`);
  return outcome.experiment;
}

export function describeDefinitions(open: Open): void {
  describe("definitions", () => {
    describeCreation(open);
    describeChange(open);
    describePeeking(open);
  });
}

function describeCreation(open: Open): void {
  it("stores a draft as version 1 and reads it back whole", async () => {
    const store = await open();
    const full = make.draft({
      name: "full",
      trafficFraction: 0.3,
      weights: [0.2, 0.5, 0.3],
      policy: { kind: "weighted" },
      description: "é",
    });
    const experiment = await make.created(store, full);
    expect(experiment).toEqual(createdExperiment(full, experiment.life, 1));
    expect(await store.definitions.read(full.name)).toEqual(experiment);
  });

  it("keeps the first of two drafts and gives the second caller what is stored", async () => {
    const store = await open();
    const first = await make.created(store, make.draft({ name: "taken" }));
    const other = make.draft({ name: "taken", alternatives: ["x", "y"] as string[] as AlternativeName[] });
    expect(await store.definitions.create(other)).toEqual({ kind: "taken", experiment: first });
  });

  it("gives 50 parallel creators of one name the same experiment, and tells one that it made it", async () => {
    const store = await open();
    // In one millisecond, so that nothing but the answer tells them apart.
    const creating = Array.from({ length: 50 }, () => store.definitions.create(make.draft({ name: "raced" })));
    const outcomes = await Promise.all(creating);
    const stored = await store.definitions.read(named("raced"));
    for (const { experiment } of outcomes) expect(experiment).toEqual(stored);
    expect(outcomes.filter(({ kind }) => kind === "made")).toHaveLength(1);
  });

  it("knows nothing under a name that nobody stored", async () => {
    const store = await open();
    for (const name of [...AWKWARD_NAMES, ...UNCHECKED_NAMES]) {
      expect(store.peek.experiment(named(name))).toBeUndefined();
      expect(await store.definitions.read(named(name))).toBeUndefined();
    }
    expect(await store.definitions.list()).toEqual([]);
  });

  it("takes every name and keeps each experiment under its own", async () => {
    const store = await open();
    const created = await Promise.all(AWKWARD_NAMES.map((name) => make.created(store, make.draft({ name }))));
    for (const [index, name] of AWKWARD_NAMES.entries()) {
      expect(await store.definitions.read(named(name))).toEqual(created[index]);
      expect(created[index]?.name).toBe(name);
    }
    expect(new Set(created.map(({ life }) => life)).size).toBe(AWKWARD_NAMES.length);
    const listed = await store.definitions.list();
    expect(listed.map(({ name }) => name).toSorted()).toEqual(AWKWARD_NAMES.toSorted());
  });
}

function describeChange(open: Open): void {
  it("keeps whether a person holds the traffic, over changes and in the life after a reset", async () => {
    const store = await open();
    const held = await changed(store, withTrafficHeld(await make.created(store, make.draft({ name: "held" })), true));
    expect(held.trafficHeld).toBe(true);
    const outcome = await store.lives.remove(held, make.NOW_MS, freshDraft(held, make.NOW_MS));
    expect(outcome).toMatchObject({ kind: "removed", successor: { trafficHeld: true } });
    const successor = await store.definitions.read(held.name);
    if (successor === undefined) throw new Error("Expected a life after the reset, got none");
    const released = await changed(store, withTrafficHeld(successor, false));
    expect(released).not.toHaveProperty("trafficHeld");
    expect(await store.definitions.read(held.name)).toEqual(released);
  });

  it("counts the version up with each change and keeps all of it", async () => {
    const store = await open();
    let experiment = await make.created(store, make.draft({ name: "edited" }));
    experiment = await changed(store, withPaused(experiment, true));
    experiment = await changed(store, withWinner(experiment, "green"));
    experiment = await changed(store, withDescription(experiment, 'line\nbreak, "quotes" and 🧪'));
    experiment = await changed(store, withKpi(experiment, parseKpiName("signup")));
    experiment = await changed(store, withEpoch(experiment, { trafficFraction: 0.5 }, "traffic 50%", make.NOW_MS + 5));
    expect(experiment).toMatchObject({
      version: 6,
      paused: true,
      winner: "green",
      kpis: [{ name: null }, { name: "signup" }],
    });
    expect(await store.definitions.read(named("edited"))).toEqual(experiment);
  });

  it("refuses a change made on an older version and says what is stored", async () => {
    const store = await open();
    const first = await make.created(store, make.draft({ name: "late" }));
    const second = await changed(store, withPaused(first, true));
    expect(await store.definitions.change(withDescription(first, "late"))).toEqual({
      kind: "conflict",
      experiment: second,
    });
    expect(await store.definitions.read(named("late"))).toEqual(second);
  });

  it("takes exactly one of 20 parallel changes made on the same version", async () => {
    const store = await open();
    const experiment = await make.created(store, make.draft({ name: "contested" }));
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, number) =>
        store.definitions.change(withDescription(experiment, `edit ${number}`)),
      ),
    );
    const taken = outcomes.filter(({ kind }) => kind === "changed");
    expect(taken).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === "conflict")).toHaveLength(19);
    expect(taken[0]).toMatchObject({ experiment: await store.definitions.read(named("contested")) });
  });

  it("refuses a change of another life, whatever its version", async () => {
    const store = await open();
    const experiment = await make.created(store, make.draft({ name: "reborn" }));
    const outcome = await store.definitions.change({ ...experiment, life: experiment.life + 1 });
    expect(outcome).toEqual({ kind: "conflict", experiment });
  });

  it("says that an unknown experiment is missing and doesn't make one", async () => {
    const store = await open();
    const elsewhere = make.experiment({ name: "unknown" }, 1, 1);
    expect(await store.definitions.change(elsewhere)).toEqual({ kind: "missing" });
    expect(await store.definitions.read(named("unknown"))).toBeUndefined();
  });

  it("doesn't let a change move the creation date", async () => {
    const store = await open();
    const experiment = await make.created(store, make.draft({ name: "dated" }));
    expect((await changed(store, { ...experiment, createdAtMs: 5 })).createdAtMs).toBe(make.NOW_MS);
  });
}

function describePeeking(open: Open): void {
  it("never peeks at a definition older than this process's own last change", async () => {
    const store = await open();
    let experiment = await make.created(store, make.draft({ name: "peeked" }));
    const peeked = () => store.peek.experiment(named("peeked")) ?? experiment;
    expect(peeked()).toEqual(experiment);
    for (let round = 0; round < 20; round += 1) {
      experiment = await changed(store, withPaused(experiment, round % 2 === 0));
      expect(peeked()).toEqual(experiment);
    }
    await store.lives.remove(experiment, make.NOW_MS, undefined);
    expect(store.peek.experiment(named("peeked"))).toBeUndefined();
  });

  it("peeks at what it has just read", async () => {
    const store = await open();
    await make.created(store, make.draft({ name: "read" }));
    const experiment = await store.definitions.read(named("read"));
    expect(store.peek.experiment(named("read"))).toEqual(experiment);
  });
}
