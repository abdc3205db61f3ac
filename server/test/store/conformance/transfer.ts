import { describe, expect, it } from "vitest";
import { assigned, EXCLUDED } from "../../../src/domain/assignment.ts";
import { currentEpoch, type Experiment, withArchived, withCompacted } from "../../../src/domain/experiment.ts";
import type { Day } from "../../../src/domain/period.ts";
import type { Tally } from "../../../src/domain/tally.ts";
import { tallyDifferences } from "../../../src/domain/tally-differences.ts";
import type { Store } from "../../../src/store/store.ts";
import {
  type ClientRecord,
  type ForeignExperiment,
  isClientRecord,
  type Joined,
  type StoredClient,
} from "../../../src/store/transfer.ts";
import * as make from "../../support/make.ts";
import type { Open } from "../engines/engine.ts";
import { client, named, sorted, talliesOf } from "../fixtures.ts";

/** More than an engine writes or reads in one go, and enough for one that spreads records over places. */
const CLIENTS = 2_500;

/** So many that an engine reads them in several goes. */
const WALKED = 8_000;

function record(number: number): StoredClient {
  // Ids that stand for the one before, some of them with a conflict.
  if (number % 50 === 2) {
    const taken = { assignment: assigned(0), epoch: number % 100 === 2 ? 0 : 300, day: make.DAY };
    const conflict = number % 3 === 0 ? {} : { conflict: { kept: assigned(number % 3), takenOut: taken } };
    return { client: client(number), to: client(number - 1), ...conflict };
  }
  const day = (make.DAY + (number % 3)) as Day;
  const assignment = number % 10 === 0 ? EXCLUDED : assigned(number % 3, number % 4 === 1);
  const conversions =
    assignment.kind === "excluded" || number % 5 !== 1
      ? []
      : [
          { kpi: 0, day, events: 1, total: 0 },
          { kpi: 2, day: (day + 1) as Day, events: 300 + number, total: number / 4 },
        ];
  const epoch = number % 2 === 0 ? 0 : 200;
  return { client: client(number), assignment, epoch, day, ...frozen(number), conversions };
}

/** Every mixture of what is frozen with a record. */
function frozen(number: number): Partial<Joined> {
  return {
    ...(number % 8 < 4 ? {} : { segments: [0, 255, 3, number % 256].slice(0, 1 + (number % 4)) }),
    ...(number % 3 === 0 ? { covariate: number / 4 } : {}),
    ...(number % 7 === 0 ? { conflict: true as const } : {}),
  };
}

const RECORDS = Array.from({ length: CLIENTS }, (_, number) => record(number));

/** So many that their numbers take two bytes in a record. */
const EPOCHS = 301;

/** A definition as another store would give it, with a little of everything. */
async function foreign(store: Store, name: string): Promise<ForeignExperiment> {
  const maker = await make.created(store, make.draft({ name: `maker-of-${name}` }));
  const { life: _, version: __, ...definition } = maker;
  const epochs = Array.from({ length: EPOCHS }, () => currentEpoch(maker));
  return { ...definition, epochs, name: named(name), paused: true, winner: null, description: "ünï ✓", createdAtMs: 5 };
}

async function load(store: Store, staged: Experiment): Promise<void> {
  for (let start = 0; start < CLIENTS; start += 1_000) {
    await store.transfer.loadRecords(staged, RECORDS.slice(start, start + 1_000));
  }
}

async function exported(store: Store, experiment: Experiment): Promise<readonly StoredClient[]> {
  const records: StoredClient[] = [];
  for await (const batch of store.transfer.exportRecords(experiment)) records.push(...batch);
  return inOrder(records);
}

function inOrder(records: readonly StoredClient[]): readonly StoredClient[] {
  return records.toSorted((left, right) => (left.client < right.client ? -1 : 1));
}

export function describeTransfer(open: Open): void {
  describe("a walk over the records", () => {
    async function walkable() {
      const store = await open();
      const experiment = await make.created(store, make.draft({ name: "walked" }));
      const join = (from: number, count: number) =>
        Promise.all(
          Array.from({ length: count }, (_, index) =>
            store.records.participate({
              experiment,
              client: client(from + index),
              proposal: assigned(0),
              day: make.DAY,
            }),
          ),
        );
      await join(0, WALKED);
      return { store, experiment, join };
    }

    it("ends where the records are freed meanwhile", async () => {
      const { store, experiment } = await walkable();
      const outcome = await store.definitions.change(withCompacted(withArchived(experiment, true)));
      if (outcome.kind !== "changed") throw new Error("Expected it to be compacted");
      let given = 0;
      for await (const batch of store.transfer.exportRecords(outcome.experiment)) {
        if (given === 0) await store.records.free(outcome.experiment);
        given += batch.length;
      }
      expect(given).toBeGreaterThan(0);
      expect(given).toBeLessThanOrEqual(WALKED);
    });

    it("gives everybody who was there once, however many join meanwhile", async () => {
      const { store, experiment, join } = await walkable();
      const given: string[] = [];
      let joined = WALKED;
      for await (const batch of store.transfer.exportRecords(experiment)) {
        given.push(...batch.map((one) => one.client));
        if (joined >= 4 * WALKED) continue;
        await join(joined, 500);
        joined += 500;
      }
      expect(given).toHaveLength(new Set(given).size);
      const all = new Set(given);
      expect(Array.from({ length: WALKED }, (_, number) => client(number)).filter((one) => !all.has(one))).toEqual([]);
    });
  });

  describe("loading a life from elsewhere", () => {
    it("shows nothing of it before it is published, and all of it after", async () => {
      const store = await open();
      const definition = await foreign(store, "moved");
      const staged = await store.transfer.stage(definition, make.NOW_MS);
      await load(store, staged);
      const counted = await store.tallies.recount(staged);
      await store.transfer.loadTallies(staged, counted, []);
      expect(await store.definitions.read(named("moved"))).toBeUndefined();
      expect(await store.lives.listRemoved()).toEqual([]);
      expect(await store.transfer.listStaged()).toEqual([staged]);
      expect(await store.lives.restore(named("moved"), staged.life, make.NOW_MS)).toBeUndefined();

      const outcome = await store.transfer.publish(staged, make.NOW_MS, false);
      expect(outcome).toEqual({ kind: "published", experiment: { ...staged, version: staged.version + 1 } });
      const live = await store.definitions.read(named("moved"));
      expect(live).toMatchObject(definition);
      expect(await store.transfer.listStaged()).toEqual([]);
      if (live === undefined) throw new Error("Expected it to be live");
      expect(await talliesOf(store, live)).toEqual(sorted(counted));
      expect(await exported(store, live)).toEqual(inOrder(RECORDS));
      expect(await store.records.read(live, client(7))).toEqual(assigned(1));
      const again = { experiment: live, client: client(7), proposal: assigned(2), day: make.DAY };
      expect(await store.records.participate(again)).toEqual({ kind: "existing", assignment: assigned(1) });
    });

    it("may be told the same records and tallies again", async () => {
      const store = await open();
      const staged = await store.transfer.stage(await foreign(store, "twice"), make.NOW_MS);
      await load(store, staged);
      const counted = await store.tallies.recount(staged);
      await load(store, staged);
      for (let times = 0; times < 2; times += 1) await store.transfer.loadTallies(staged, counted, []);
      expect(sorted(await store.tallies.recount(staged))).toEqual(sorted(counted));
      expect(await talliesOf(store, staged)).toEqual(sorted(counted));
      expect(await exported(store, staged)).toHaveLength(CLIENTS);
    });

    it("gives those who converted by themselves, each once and with all that they reached", async () => {
      const store = await open();
      const staged = await store.transfer.stage(await foreign(store, "converted"), make.NOW_MS);
      await load(store, staged);
      const converted: ClientRecord[] = [];
      for await (const batch of store.transfer.exportConverted(staged)) converted.push(...batch);
      const reached = RECORDS.filter(isClientRecord).filter(({ conversions }) => conversions.length > 0);
      expect(inOrder(converted)).toEqual(inOrder(reached));
    });

    describePublishing(open);
    describeUnrecorded(open);
  });
}

function describePublishing(open: Open): void {
  it("leaves a name that is taken alone, unless it is to be replaced, and then it can be brought back", async () => {
    const store = await open();
    const present = await make.created(store, make.draft({ name: "taken" }));
    await store.records.participate({ experiment: present, client: client(1), proposal: assigned(0), day: make.DAY });
    const staged = await store.transfer.stage(await foreign(store, "taken"), make.NOW_MS);
    expect(await store.transfer.publish(staged, make.NOW_MS, false)).toEqual({ kind: "taken", experiment: present });
    expect(await store.definitions.read(named("taken"))).toEqual(present);

    const outcome = await store.transfer.publish(staged, make.NOW_MS, true);
    expect(outcome).toMatchObject({ kind: "published", experiment: { life: staged.life } });
    expect(await store.lives.listRemoved()).toEqual([{ experiment: present, removedAtMs: make.NOW_MS, how: "reset" }]);
    const restored = await store.lives.restore(named("taken"), present.life, make.NOW_MS);
    expect(restored && (await store.records.read(restored, client(1)))).toEqual(assigned(0));
  });

  it("frees a life that was given up, at once or with a sweep", async () => {
    const store = await open();
    const [one, other] = [await foreign(store, "one"), await foreign(store, "other")];
    const discarded = await store.transfer.stage(one, make.NOW_MS);
    await store.transfer.loadRecords(discarded, RECORDS.slice(0, 10));
    await store.transfer.discard(discarded);
    expect(await store.transfer.publish(discarded, make.NOW_MS, true)).toEqual({ kind: "missing" });
    const abandoned = await store.transfer.stage(other, make.NOW_MS);
    await store.transfer.loadRecords(abandoned, RECORDS.slice(0, 10));
    expect(await store.lives.sweep(make.NOW_MS - 1)).toBe(0);
    expect(await store.lives.sweep(make.NOW_MS)).toBe(1);
    expect(await store.transfer.listStaged()).toEqual([]);
    for (const freed of [discarded, abandoned]) {
      const loads = [
        store.transfer.loadRecords(freed, RECORDS.slice(0, 10)),
        store.transfer.loadTallies(freed, [], []),
      ];
      for (const load of loads) await expect(load).rejects.toMatchObject({ code: "transfer-failed" });
    }
    expect(await store.transfer.publish(abandoned, make.NOW_MS, true)).toEqual({ kind: "missing" });
  });

  it("keeps a life that was published though it is given up afterwards", async () => {
    const store = await open();
    const staged = await store.transfer.stage(await foreign(store, "late"), make.NOW_MS);
    await store.transfer.loadRecords(staged, RECORDS.slice(0, 10));
    const published = await store.transfer.publish(staged, make.NOW_MS, false);
    if (published.kind !== "published") throw new Error(`Expected it to be published, got ${published.kind}`);
    const records = await store.tallies.recount(published.experiment);
    await store.transfer.discard(staged);
    expect(await store.tallies.recount(published.experiment)).toEqual(records);
  });
}

function describeUnrecorded(open: Open): void {
  it("adds tallies without records to those with, and knows them apart", async () => {
    const store = await open();
    const staged = await store.transfer.stage(await foreign(store, "mixed"), make.NOW_MS);
    await store.transfer.loadRecords(staged, [{ ...record(1), conversions: [], epoch: 0, day: make.DAY }]);
    const recorded = make.tally({ assignment: assigned(1) });
    const lost: Tally[] = [
      make.tally({ assignment: assigned(1), clients: 40, events: 40 }),
      { ...make.tally({ assignment: assigned(2) }), metric: 1, clients: 3, events: 9, sum: 2.5, squares: 4.25 },
    ];
    const assignment = (await store.tallies.recount(staged))[0]?.assignment ?? EXCLUDED;
    await store.transfer.loadTallies(staged, [{ ...recorded, assignment }], lost);
    const published = await store.transfer.publish(staged, make.NOW_MS, false);
    if (published.kind !== "published") throw new Error(`Expected it to be published, got ${published.kind}`);
    const { experiment } = published;
    const { recorded: counted, unrecorded } = await store.transfer.readTallies(experiment);
    expect(counted).toEqual([{ ...recorded, assignment }]);
    expect(sorted(unrecorded)).toEqual(sorted(lost));
    const tallies = await store.tallies.read(experiment);
    expect(tallyDifferences(tallies, await store.tallies.recount(experiment))).toEqual([]);
    expect(tallies.reduce((sum, { metric, clients }) => sum + (metric === -1 ? clients : 0), 0)).toBe(41);
  });

  it("frees the records of a compacted life, and none of another", async () => {
    const store = await open();
    const staged = await store.transfer.stage(
      { ...(await foreign(store, "full")), kpis: [{ name: null }] },
      make.NOW_MS,
    );
    await load(store, staged);
    await store.transfer.loadTallies(staged, await store.tallies.recount(staged), []);
    const published = await store.transfer.publish(staged, make.NOW_MS, false);
    if (published.kind !== "published") throw new Error(`Expected it to be published, got ${published.kind}`);
    const { experiment } = published;
    const tallies = await talliesOf(store, experiment);
    expect((await store.records.free(experiment)).clients).toBe(0);

    const outcome = await store.definitions.change(withCompacted(withArchived(experiment, true)));
    if (outcome.kind !== "changed") throw new Error(`Expected it to change, got ${outcome.kind}`);
    expect((await store.records.free(outcome.experiment)).clients).toBe(CLIENTS);
    expect((await store.records.free(outcome.experiment)).clients).toBe(0);
    expect((await store.definitions.read(named("full")))?.compacted).toBe(true);
    expect(await exported(store, outcome.experiment)).toEqual([]);
    expect(await store.records.read(outcome.experiment, client(1))).toBeUndefined();
    expect(await talliesOf(store, outcome.experiment)).toEqual(tallies);
    expect(sorted(await store.tallies.recount(outcome.experiment))).toEqual(tallies);
  });
}
