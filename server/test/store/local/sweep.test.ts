/** What an interrupted sweep leaves, and who finishes it. */
import { hash } from "node:crypto";
import { ClassicLevel } from "classic-level";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { assigned } from "../../../src/domain/assignment.ts";
import type { Experiment } from "../../../src/domain/experiment.ts";
import type { ClientId } from "../../../src/domain/names.ts";
import { DataFolder } from "../../../src/store/local/folder.ts";
import { LocalStore } from "../../../src/store/local/local-store.ts";
import * as make from "../../support/make.ts";
import { temporaryFolder } from "../../support/one-test.ts";
import { storedIn } from "../../support/stored.ts";
import { client } from "../fixtures.ts";

/** Clears of a life: records, conversions, ids, tallies, tallies without records. */
const CLEARS = 5;
/** Compactions of a life with ids: before they are deleted, and after. */
const COMPACTIONS = 2;
const CLIENTS = 3;

let folder: string;
let store: LocalStore;

beforeEach(async () => {
  folder = await temporaryFolder();
  store = await opened();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await store.close();
});

describe("a sweep that is interrupted", () => {
  for (const [call, times] of [["clear", CLEARS] as const, ["compactRange", COMPACTIONS] as const]) {
    for (let turn = 0; turn < times; turn += 1) {
      it(`leaves no key and no id of a removed life to the next one: ${call} number ${turn + 1}`, async () => {
        const experiment = await removed("gone");
        failOnce(call, turn);
        await expect(store.lives.sweep(make.NOW_MS)).rejects.toThrow("interrupted");
        await expectNothingLeft(experiment);
      });

      it(`leaves no key and no id of an import that was given up: ${call} number ${turn + 1}`, async () => {
        const experiment = await staged("given-up");
        failOnce(call, turn);
        await expect(store.transfer.discard(experiment)).rejects.toThrow("interrupted");
        await expectNothingLeft(experiment);
      });
    }
  }

  it("leaves no key when the server stops in the middle of it", async () => {
    const experiment = await removed("stopped");
    const sweep = store.lives.sweep(make.NOW_MS).catch(() => 0);
    await new Promise((resolve) => setImmediate(resolve));
    await store.close();
    await sweep;
    store = await opened();
    await expectNothingLeft(experiment);
  });

  it("can't be crossed by bringing one of its lives back", async () => {
    await removed("first");
    const experiment = await removed("second");
    const sweep = store.lives.sweep(make.NOW_MS);
    expect(await store.lives.restore(experiment.name, experiment.life, make.NOW_MS)).toBeUndefined();
    expect(await sweep).toBe(2);
    await expectNothingLeft(experiment);
  });
});

/** Half gone, a life can't come back, and is due however young it is; then not a key or id of it is in the folder. */
async function expectNothingLeft(experiment: Experiment): Promise<void> {
  const { name, life } = experiment;
  for (const reopens of [false, true]) {
    if (reopens) await reopen();
    expect(await store.lives.listRemoved()).toEqual([]);
    expect(await store.transfer.listStaged()).toEqual([]);
    expect(await store.lives.restore(name, life, make.NOW_MS)).toBeUndefined();
    expect(await store.transfer.publish(experiment, make.NOW_MS, false)).toEqual({ kind: "missing" });
    expect(await store.records.forget(experiment, client(0))).toEqual({ kind: "stale" });
  }
  await store.lives.sweep(0);
  const stored = await storedIn(folder);
  for (let number = 0; number < CLIENTS; number += 1) expect(stored.includes(secretOf(number))).toBe(false);
  await store.close();
  const database = (await DataFolder.open(folder)).database;
  const keys = await database.keys().all();
  await database.close();
  // How many batches there were, the last life that was given, and which store it is.
  expect(keys.map(String)).toEqual(["mbatches", "mlives", "mstore"]);
  store = await opened();
}

async function removed(name: string): Promise<Experiment> {
  const experiment = await make.created(store, make.draft({ name }));
  for (let number = 0; number < CLIENTS; number += 1) {
    const call = { experiment, client: client(number), day: make.DAY };
    await store.records.participate({ ...call, proposal: assigned(1), id: secretOf(number) });
    await store.records.convert({ ...call, kpi: 0, value: 2 });
  }
  await store.lives.remove(experiment, make.NOW_MS, undefined);
  return experiment;
}

async function staged(name: string): Promise<Experiment> {
  const experiment = await store.transfer.stage(make.experiment({ name }, 0, 0), make.NOW_MS);
  const conversions = [{ kpi: 0, day: make.DAY, events: 1, total: 2 }];
  const records = Array.from({ length: CLIENTS }, (_, number) => ({
    client: client(number),
    assignment: assigned(1),
    epoch: 0,
    day: make.DAY,
    conversions,
    id: secretOf(number),
  }));
  await store.transfer.loadRecords(experiment, records);
  const tallies = await store.tallies.recount(experiment);
  await store.transfer.loadTallies(experiment, tallies, tallies);
  return experiment;
}

/** One call to LevelDB is not made, as when the process had ended there. */
function failOnce(call: "clear" | "compactRange", turn: number): void {
  const original = ClassicLevel.prototype[call] as (...args: unknown[]) => Promise<void>;
  let calls = 0;
  vi.spyOn(ClassicLevel.prototype, call).mockImplementation(function (this: unknown, ...args: unknown[]) {
    calls += 1;
    return calls === turn + 1 ? Promise.reject(new Error("interrupted")) : original.apply(this, args);
  });
}

/** Random enough to stand in files as it is, and nowhere by chance. */
function secretOf(number: number): ClientId {
  return hash("sha256", `secret ${number}`) as ClientId;
}

function opened(): Promise<LocalStore> {
  return LocalStore.open({ folder, cacheSlots: 0 });
}

async function reopen(): Promise<void> {
  await store.close();
  store = await opened();
}
