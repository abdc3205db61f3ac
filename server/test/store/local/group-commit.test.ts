/** Flushes one after the other, over a failed write and the reopening after it. */
import { ClassicLevel } from "classic-level";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { assigned } from "../../../src/domain/assignment.ts";
import type { Database } from "../../../src/store/local/database.ts";
import { DataFolder } from "../../../src/store/local/folder.ts";
import { GroupCommit } from "../../../src/store/local/group-commit.ts";
import { LocalStore } from "../../../src/store/local/local-store.ts";
import { RecordFilter } from "../../../src/store/local/record-filter.ts";
import * as make from "../../support/make.ts";
import { temporaryFolder } from "../../support/one-test.ts";
import { client, participantsOf } from "../fixtures.ts";

const ONE = Buffer.from("1");

let folder: string;

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("the group commit", () => {
  it("knows what is on its way to disk, also when the database was opened anew in the middle of a put", async () => {
    const database = (await DataFolder.open(folder)).database;
    const revive = gate();
    const isReviving = gate();
    const commit = new GroupCommit(database, new RecordFilter(async function* () {}), {
      beforeFlush: () => {},
      onLost: () => {},
      verify: async () => {},
      look: async () => {},
      onWritten: () => {},
      revive: () => {
        isReviving.resolve();
        return revive.promise;
      },
    });
    onNextWrite(() => Promise.reject(new Error("disk")));
    commit.put("mlost", ONE);
    await expect(commit.committed()).rejects.toMatchObject({ code: "store-unavailable" });
    await isReviving.promise;

    // The flush of the first is still to come when the reopening is over and the second is put.
    commit.put("mrefused", ONE);
    const refused = commit.committed();
    revive.resolve();
    await expect(refused).rejects.toMatchObject({ code: "store-unavailable" });
    const disk = gate();
    onNextWrite((write) => disk.promise.then(write));
    commit.put("mkept", ONE);
    const kept = commit.committed();
    await turn();
    expect(commit.pending("mkept")).toEqual(ONE);
    disk.resolve();
    await kept;
    expect(commit.pending("mkept")).toBeUndefined();
    expect(commit.get("mkept")).toEqual(ONE);
    expect(commit.get("mrefused")).toBeUndefined();

    // And flushes go on, one after the other.
    commit.put("mnext", ONE);
    await commit.committed();
    expect(database.getSync(Buffer.from("mnext"))).toEqual(ONE);
    await database.close();
  });

  it("doesn't open a database anew that was closed after a failed write", async () => {
    const database = (await DataFolder.open(folder)).database;
    const revive = vi.fn(async () => {});
    const commit = new GroupCommit(database, new RecordFilter(async function* () {}), {
      beforeFlush: () => {},
      onLost: () => {},
      verify: async () => {},
      look: async () => {},
      onWritten: () => {},
      revive,
    });
    onNextWrite(() => Promise.reject(new Error("disk")));
    commit.put("mlost", ONE);
    await commit.settle();
    await database.close();
    // Longer than the pause between two attempts.
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(revive).not.toHaveBeenCalled();
  });
});

describe("the mark of the tallies", () => {
  it("moves when a write that failed turns out to be on disk", async () => {
    const store = await LocalStore.open({ folder, cacheSlots: 0 });
    const experiment = await make.created(store, make.draft({ name: "failed" }));
    // The disk has it, and says that it hasn't.
    onNextWrite((write) => write().then(() => Promise.reject(new Error("disk"))));
    const call = { experiment, client: client(1), proposal: assigned(1), day: make.DAY };
    await expect(store.records.participate(call)).rejects.toMatchObject({ code: "store-unavailable" });
    const broken = await store.tallies.mark(experiment);
    await expect.poll(() => store.ping().then(() => "answered")).toBe("answered");
    expect(await participantsOf(store, experiment)).toBe(1);
    expect(await store.tallies.mark(experiment)).toBeGreaterThan(broken);
    await store.close();
  });
});

/** What the next write of a batch does instead. */
function onNextWrite(instead: (write: () => Promise<void>) => Promise<void>): void {
  const original = ClassicLevel.prototype.batch as (this: unknown) => ReturnType<Database["batch"]>;
  vi.spyOn(ClassicLevel.prototype, "batch").mockImplementationOnce(function (this: unknown) {
    const batch = original.call(this);
    const write = () => Object.getPrototypeOf(batch).write.call(batch, { sync: true });
    return Object.assign(batch, { write: () => instead(write) });
  } as never);
}

/** Something to wait for, and how to let it happen. */
function gate(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((open) => {
    resolve = open;
  });
  return { promise, resolve };
}

/** Long enough for everything that waits for the next turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
