/** Records of an alternative or epoch that there never was: somebody else wrote them, or a disk or a Redis damaged them. */
import { describe, expect, it } from "vitest";
import { assigned, EXCLUDED } from "../../../src/domain/assignment.ts";
import { eventKey } from "../../../src/domain/digest.ts";
import { currentEpoch, type Experiment } from "../../../src/domain/experiment.ts";
import type { AlternativeName, ClientId, ExperimentName } from "../../../src/domain/names.ts";
import { tallyDifferences } from "../../../src/domain/tally-differences.ts";
import type { Store } from "../../../src/store/store.ts";
import type { Joined, StoredClient } from "../../../src/store/transfer.ts";
import * as make from "../../support/make.ts";
import type { Open } from "../engines/engine.ts";
import { client, named, talliesOf } from "../fixtures.ts";
import { changed, withKpiRules } from "./caps.ts";

const SOUND = client(1);
/** Of whom the second stands for the first; and a conflict with such a one. */
const [DAMAGED, BY_LINK, IN_CONFLICT] = [client(2), client(3), client(4)];

/** What no record says, where there are three alternatives and one epoch. */
const NEVER = [
  ["a record of an alternative that there never was", { assignment: assigned(3), epoch: 0 }],
  ["a record of an epoch that there never was", { assignment: assigned(0), epoch: 1 }],
  ["a record of an epoch far beyond", { assignment: assigned(2), epoch: 300 }],
  ["a record of somebody left out in an epoch that there never was", { assignment: EXCLUDED, epoch: 1 }],
] as const;

export function describeDamaged(open: Open): void {
  for (const [what, never] of NEVER) describe(what, () => describeNever(open, never));
  describe("a record of an epoch that has begun since the definition was read", () => describeYoung(open));
  describe("a record of which only what the client did is damaged", () => describeDeeds(open));
}

function describeNever(open: Open, never: Pick<Joined, "assignment" | "epoch">): void {
  async function damaged() {
    const store = await open();
    const { life: _, version: __, ...definition } = await make.created(store, make.draft({ name: "maker" }));
    const staged = await store.transfer.stage({ ...definition, name: named("damaged") }, make.NOW_MS);
    const conversions = [{ kpi: 0, day: make.DAY, events: 1, total: 2 }];
    const record = { client: SOUND, assignment: assigned(2), epoch: 0, day: make.DAY, conversions };
    await store.transfer.loadRecords(staged, [record]);
    await store.transfer.loadTallies(staged, await store.tallies.recount(staged), []);
    const takenOut = { ...never, day: make.DAY };
    await store.transfer.loadRecords(staged, [
      { ...record, ...never, client: DAMAGED },
      { client: BY_LINK, to: DAMAGED },
      { client: IN_CONFLICT, to: SOUND, conflict: { kept: assigned(2), takenOut } },
    ]);
    await store.transfer.publish(staged, make.NOW_MS, false);
    const experiment = await store.definitions.read(named("damaged"));
    if (experiment === undefined) throw new Error("Expected it to be live");
    return { store, experiment, before: await stateOf(store, experiment) };
  }

  for (const [name, id] of [
    ["under the id", DAMAGED],
    ["behind a link", BY_LINK],
    ["in a link of a conflict", IN_CONFLICT],
  ] as const) {
    it(`${name} is answered as damaged by every call, and nothing is written`, async () => {
      const { store, experiment, before } = await damaged();
      const call = { experiment, client: id, day: make.DAY };
      const event = { key: eventKey("damaged" as ExperimentName, "alice" as ClientId, "order-1"), atMs: make.NOW_MS };
      const calls = [
        () => store.records.read(experiment, id),
        () => store.records.find(experiment, id),
        () => store.records.participate({ ...call, proposal: assigned(0), covariate: 2, segments: [1] }),
        () => store.records.convert({ ...call, kpi: 0, value: 1, event }),
        () => store.records.link(experiment, { client: id }, { client: SOUND }),
        () => store.records.link(experiment, { client: client(9) }, { client: id }),
        () => store.records.forget(experiment, id),
      ];
      for (const each of calls) await expect(each()).rejects.toMatchObject({ code: "experiment-unreadable" });
      expect(await stateOf(store, experiment)).toEqual(before);
      // The id of the event was not used up, and everybody else is served.
      const sound = { ...call, client: SOUND, kpi: 0, value: 1, event };
      expect(await store.records.convert(sound)).toEqual({ kind: "repeated", assignment: assigned(2) });
      expect(await store.records.read(experiment, SOUND)).toEqual(assigned(2));
    });
  }

  it("is refused by itself, among calls that are answered", async () => {
    const { store, experiment } = await damaged();
    const convert = (id: typeof SOUND) =>
      store.records.convert({ experiment, client: id, kpi: 0, day: make.DAY, value: 1 });
    const outcomes = await Promise.allSettled([SOUND, DAMAGED, SOUND].map(convert));
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(
      tallyDifferences(await store.tallies.read(experiment), await store.tallies.recount(experiment, () => {})),
    ).toEqual([]);
  });

  it("is counted by no cap", async () => {
    const { store, experiment } = await damaged();
    const capped = await changed(store, withKpiRules(experiment, { cap: { amount: 1 } }));
    const counted = await store.tallies.recount(capped, () => {});
    expect(tallyDifferences(await store.tallies.read(capped), counted)).toEqual([]);
  });
}

function describeYoung(open: Open): void {
  it("is answered, found and counted by whoever knows the definition of before", async () => {
    const store = await open();
    const before = await make.created(store, make.draft({ name: "young" }));
    const call = { client: client(1), day: make.DAY, proposal: assigned(3) };
    const late = { name: "late" as AlternativeName, addedInEpoch: 1, retiredInEpoch: null };
    const after = await changed(store, {
      ...before,
      alternatives: [...before.alternatives, late],
      epochs: [...before.epochs, currentEpoch(before)],
    });
    expect(await store.records.participate({ experiment: after, ...call })).toMatchObject({ kind: "recorded" });
    expect(await store.records.read(before, client(1))).toEqual(assigned(3));
    expect(await store.records.find(before, client(1))).toMatchObject({ assignment: assigned(3), epoch: 1 });
    expect(await store.records.participate({ experiment: before, ...call })).toMatchObject({ assignment: assigned(3) });
    expect(tallyDifferences(await store.tallies.read(before), await store.tallies.recount(before))).toEqual([]);
    expect((await stateOf(store, before)).records).toHaveLength(1);
  });
}

/** Whoever only asks for an alternative has no use for conversions: the embedded engine keeps them elsewhere. */
function describeDeeds(open: Open): void {
  it("gives the client its alternative, and is noticed by the next conversion, by a look at the client, and by a recount", async () => {
    const store = await open();
    const { life: _, version: __, ...definition } = await make.created(store, make.draft({ name: "maker" }));
    const staged = await store.transfer.stage({ ...definition, name: named("deeds") }, make.NOW_MS);
    const conversions = [{ kpi: 0, day: make.DAY, events: 1, total: 1e101 }];
    const record = { client: DAMAGED, assignment: assigned(2), epoch: 0, day: make.DAY, conversions };
    await store.transfer.loadRecords(staged, [record]);
    await store.transfer.publish(staged, make.NOW_MS, false);
    const experiment = await store.definitions.read(named("deeds"));
    if (experiment === undefined) throw new Error("Expected it to be live");
    const call = { experiment, client: DAMAGED, day: make.DAY };
    expect(await store.records.participate({ ...call, proposal: assigned(0) })).toEqual({
      kind: "existing",
      assignment: assigned(2),
    });
    for (const each of [
      () => store.records.convert({ ...call, kpi: 0, value: 1 }),
      () => store.records.find(experiment, DAMAGED),
      () => store.records.link(experiment, { client: DAMAGED }, { client: SOUND }),
      () => store.records.forget(experiment, DAMAGED),
      () => store.tallies.recount(experiment),
    ]) {
      await expect(each()).rejects.toMatchObject({ code: "experiment-unreadable" });
    }
    expect(await talliesOf(store, experiment)).toEqual([]);
    expect((await stateOf(store, experiment)).unreadable).toEqual([DAMAGED]);
  });
}

async function stateOf(store: Store, experiment: Experiment) {
  const records: StoredClient[] = [];
  const unreadable: string[] = [];
  for await (const batch of store.transfer.exportRecords(experiment, (id) => unreadable.push(id)))
    records.push(...batch);
  return { tallies: await talliesOf(store, experiment), records, unreadable: unreadable.toSorted() };
}
