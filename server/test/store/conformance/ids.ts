import { hash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { assigned, EXCLUDED } from "../../../src/domain/assignment.ts";
import { type Experiment, withArchived, withCompacted } from "../../../src/domain/experiment.ts";
import type { ClientId } from "../../../src/domain/names.ts";
import { tallyDifferences } from "../../../src/domain/tally-differences.ts";
import type { Store } from "../../../src/store/store.ts";
import type { StoredClient } from "../../../src/store/transfer.ts";
import * as make from "../../support/make.ts";
import type { EngineUnderTest, Open } from "../engines/engine.ts";
import { client, named, participantsOf } from "../fixtures.ts";

/** Enough for an engine that spreads ids over places to have to spread them anew, several times. */
const CLIENTS = 1_500;

const idOf = (number: number) => `id-of-${number}` as ClientId;

async function record(store: Store, experiment: Experiment, number: number, id?: ClientId): Promise<string> {
  const proposal = number % 7 === 0 ? EXCLUDED : assigned(number % 3);
  return (await store.records.participate({ experiment, client: client(number), proposal, day: make.DAY, id })).kind;
}

async function exported(store: Store, experiment: Experiment): Promise<readonly StoredClient[]> {
  const records: StoredClient[] = [];
  for await (const batch of store.transfer.exportRecords(experiment)) records.push(...batch);
  return records;
}

/** Ids by client, of those that have one. */
async function idsOf(store: Store, experiment: Experiment): Promise<ReadonlyMap<string, ClientId>> {
  const records = await exported(store, experiment);
  return new Map(records.flatMap(({ client: key, id }) => (id === undefined ? [] : [[key, id] as const])));
}

function expectedIds(numbers: readonly number[]): ReadonlyMap<string, ClientId> {
  return new Map(numbers.map((number) => [client(number), idOf(number)]));
}

export function describeIds(open: Open, engine: EngineUnderTest): void {
  describe("raw ids", () => {
    it("are kept with records that are new, and only where one is given", async () => {
      const store = await open();
      const experiment = await make.created(store, make.draft({ name: "ids" }));
      const numbers = Array.from({ length: CLIENTS }, (_, number) => number);
      // The first ones came before ids were kept.
      for (const number of numbers.slice(0, 100)) await record(store, experiment, number);
      const kinds = await Promise.all(
        numbers.map((number) => record(store, experiment, number, number % 2 === 0 ? idOf(number) : undefined)),
      );
      expect(kinds.slice(0, 100)).toEqual(kinds.slice(0, 100).map(() => "existing"));
      expect(kinds.slice(100)).toEqual(kinds.slice(100).map(() => "recorded"));
      const withId = numbers.filter((number) => number >= 100 && number % 2 === 0);
      expect(await idsOf(store, experiment)).toEqual(expectedIds(withId));
      expect(await exported(store, experiment)).toHaveLength(CLIENTS);
      expect(await participantsOf(store, experiment)).toBe(CLIENTS);
      expect(tallyDifferences(await store.tallies.read(experiment), await store.tallies.recount(experiment))).toEqual(
        [],
      );
    });

    it("come back as they were given, whatever they are", async () => {
      const store = await open();
      const experiment = await make.created(store, make.draft({ name: "odd" }));
      const odd = ['=cmd("x")', "ünï ✓ 🦔", 'a,b\r\n"c"\t\'', "x".repeat(1024), "🦔".repeat(512)] as ClientId[];
      await Promise.all(odd.map((id, number) => record(store, experiment, number, id)));
      expect(await idsOf(store, experiment)).toEqual(new Map(odd.map((id, number) => [client(number), id])));
    });

    it("are written once, of any number of calls at the same time", async () => {
      const store = await open();
      const experiment = await make.created(store, make.draft({ name: "id-race" }));
      const kinds = await Promise.all(Array.from({ length: 50 }, () => record(store, experiment, 1, idOf(1))));
      expect(kinds.filter((kind) => kind === "recorded")).toHaveLength(1);
      expect(await idsOf(store, experiment)).toEqual(expectedIds([1]));
    });

    describeLifeOfIds(open);
    describeTraces(open, engine);
  });
}

function describeLifeOfIds(open: Open): void {
  it("go with a forgotten client, and come again with it", async () => {
    const store = await open();
    const experiment = await make.created(store, make.draft({ name: "forgotten-id" }));
    for (const number of [1, 2, 3]) await record(store, experiment, number, idOf(number));
    const outcome = await store.records.forget(experiment, client(2));
    if (outcome.kind !== "forgotten") throw new Error(`Expected it to be forgotten, got ${outcome.kind}`);
    expect(await idsOf(store, outcome.experiment)).toEqual(expectedIds([1, 3]));
    expect(await record(store, outcome.experiment, 2)).toBe("recorded");
    expect(await idsOf(store, outcome.experiment)).toEqual(expectedIds([1, 3]));
    const again = await store.records.forget(outcome.experiment, client(2));
    if (again.kind !== "forgotten") throw new Error(`Expected it to be forgotten, got ${again.kind}`);
    expect(await record(store, again.experiment, 2, idOf(2))).toBe("recorded");
    expect(await idsOf(store, again.experiment)).toEqual(expectedIds([1, 2, 3]));
  });

  it("are set aside and brought back with their life, and freed with it for good", async () => {
    const store = await open();
    const experiment = await make.created(store, make.draft({ name: "aside" }));
    for (let number = 0; number < 100; number += 1) await record(store, experiment, number, idOf(number));
    const { successor } = (await store.lives.remove(experiment, make.NOW_MS, make.draft({ name: "aside" }))) as {
      readonly successor: Experiment;
    };
    expect(await idsOf(store, successor)).toEqual(new Map());
    const restored = await store.lives.restore(named("aside"), experiment.life, make.NOW_MS);
    if (restored === undefined) throw new Error("Expected it to be restored");
    expect((await idsOf(store, restored)).size).toBe(100);
    await store.lives.remove(restored, make.NOW_MS, undefined);
    expect(await store.lives.sweep(make.NOW_MS)).toBe(2);
    expect(await idsOf(store, restored)).toEqual(new Map());
  });

  it("are freed with the records of a compacted experiment", async () => {
    const store = await open();
    const experiment = await make.created(store, make.draft({ name: "compacted-ids" }));
    for (let number = 0; number < 100; number += 1) await record(store, experiment, number, idOf(number));
    await compact(store, experiment);
    expect(await exported(store, experiment)).toEqual([]);
  });

  it("are loaded with records from elsewhere", async () => {
    const store = await open();
    const { life: _, version: __, ...definition } = await make.created(store, make.draft({ name: "id-maker" }));
    const staged = await store.transfer.stage({ ...definition, name: named("loaded-ids") }, make.NOW_MS);
    const records = Array.from({ length: 1_000 }, (_, number) => ({
      client: client(number),
      assignment: assigned(number % 3),
      epoch: 0,
      day: make.DAY,
      conversions: [],
      ...(number % 3 === 0 ? {} : { id: idOf(number) }),
    }));
    // Twice: a call may be repeated.
    for (const _ of [1, 2]) await store.transfer.loadRecords(staged, records);
    const byClient = (one: StoredClient, other: StoredClient) => (one.client < other.client ? -1 : 1);
    expect((await exported(store, staged)).toSorted(byClient)).toEqual(records.toSorted(byClient));
    const outcome = await store.records.forget(staged, client(1));
    expect(outcome.kind).toBe("forgotten");
  });
}

/** Random enough to stand in files and dumps as it is, and nowhere by chance. */
const secretOf = (number: number) => hash("sha256", `secret ${number}`) as ClientId;

function describeTraces(open: Open, engine: EngineUnderTest): void {
  const { holds } = engine;
  // In memory it writes nowhere.
  if (holds === undefined) return;

  it.each([
    ["a client is forgotten", "traces-forget", (store, life) => store.records.forget(life, client(2))],
    ["a person is forgotten by another id", "traces-linked", forgetLinked],
    [
      "a removed life is swept",
      "traces-sweep",
      (store, life) => store.lives.remove(life, make.NOW_MS, undefined).then(() => store.lives.sweep(make.NOW_MS)),
    ],
    ["an experiment is compacted", "traces-compact", compact],
  ] satisfies [string, string, Ending][])("leave no trace where the engine writes when %s", async (_, name, end) => {
    const store = await open();
    const experiment = await make.created(store, make.draft({ name }));
    const other = await make.created(store, make.draft({ name: `${name}-other` }));
    for (let number = 0; number < 40; number += 1) await record(store, experiment, number, secretOf(number));
    await record(store, other, 41, secretOf(41));
    // What isn't found while it is there could not be missed after.
    expect(await holds(store, secretOf(2))).toBe(true);
    await end(store, experiment);
    expect(await holds(store, secretOf(2))).toBe(false);
    expect(await holds(store, secretOf(41))).toBe(true);
  });
}

type Ending = (store: Store, experiment: Experiment) => Promise<unknown>;

/** Of two who joined on one day the first in order goes on counting: 2. */
async function forgetLinked(store: Store, experiment: Experiment): Promise<unknown> {
  const other = Array.from({ length: 37 }, (_, index) => client(index + 3)).find((key) => key > client(2));
  if (other === undefined) throw new Error("Expected a client behind 2 in order, got none");
  await store.records.link(experiment, { client: client(2) }, { client: other });
  return store.records.forget(experiment, other);
}

async function compact(store: Store, experiment: Experiment): Promise<void> {
  const outcome = await store.definitions.change(withCompacted(withArchived(experiment, true)));
  if (outcome.kind !== "changed") throw new Error(`Expected it to change, got ${outcome.kind}`);
  await store.records.free(outcome.experiment);
}
