/** How long the ids of events stay in the folder. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { eventKey } from "../../../src/domain/digest.ts";
import type { ClientId } from "../../../src/domain/names.ts";
import type { Database } from "../../../src/store/local/database.ts";
import { Events, WINDOWS_BEHIND_MAX } from "../../../src/store/local/events.ts";
import { DataFolder } from "../../../src/store/local/folder.ts";
import { GroupCommit } from "../../../src/store/local/group-commit.ts";
import { range } from "../../../src/store/local/keys.ts";
import { RecordFilter } from "../../../src/store/local/record-filter.ts";
import { EVENT_ID_WINDOW_MS } from "../../../src/store/store.ts";
import { temporaryFolder } from "../../support/one-test.ts";
import { named } from "../fixtures.ts";

const HOUR_MS = 3_600_000;
/** The beginning of today, so that windows change with days. */
const TODAY_MS = Math.floor(Date.now() / EVENT_ID_WINDOW_MS) * EVENT_ID_WINDOW_MS;

let folder: string;
let database: Database;
let commit: GroupCommit;
let monotonicMs: number;
let events: Events;

beforeEach(async () => {
  vi.spyOn(Date, "now").mockReturnValue(TODAY_MS);
  folder = await temporaryFolder();
  database = (await DataFolder.open(folder)).database;
  commit = new GroupCommit(database, new RecordFilter(async function* () {}), {
    beforeFlush: () => {},
    onLost: () => {},
    verify: async () => {},
    look: async () => {},
    onWritten: () => {},
    revive: async () => {},
  });
  await start();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await database.close();
});

describe("the ids of events", () => {
  it("stay for a day at least and two at most", async () => {
    for (let hour = 0; hour < 24 * 6; hour += 1) {
      monotonicMs = hour * HOUR_MS;
      expect(isNew(`hour ${hour}`, hour * HOUR_MS)).toBe(true);
      await commit.committed();
      for (let ago = 0; ago <= Math.min(hour, 24); ago += 1) {
        expect(isNew(`hour ${hour - ago}`, hour * HOUR_MS)).toBe(false);
      }
      await expect.poll(kept).toBeLessThanOrEqual(49);
    }
  });

  it("stay when the clock goes ahead by days and comes back, and go all the same", async () => {
    expect(isNew("before", 0)).toBe(true);
    await commit.committed();
    for (const days of [5, 3, 400]) {
      expect(isNew(`ahead ${days}`, days * EVENT_ID_WINDOW_MS)).toBe(true);
      await commit.committed();
      expect(isNew("before", HOUR_MS)).toBe(false);
      expect(isNew(`ahead ${days}`, HOUR_MS)).toBe(false);
    }
    for (let hour = 1; hour < 24 * 6; hour += 1) {
      monotonicMs = hour * HOUR_MS;
      isNew(`hour ${hour}`, hour * HOUR_MS);
      await commit.committed();
    }
    await expect.poll(kept).toBeLessThanOrEqual(49);
  });

  it("go at the start when they are far behind, so that restarts don't keep them for ever", async () => {
    const days = [-30, -WINDOWS_BEHIND_MAX - 1, -WINDOWS_BEHIND_MAX, -1, 0, 1, 30];
    for (const day of days) isNew(`day ${day}`, day * EVENT_ID_WINDOW_MS);
    await commit.committed();
    await start();
    await expect.poll(kept).toBe(5);
    expect(days.filter((day) => isNew(`day ${day}`, 0))).toEqual([-30, -WINDOWS_BEHIND_MAX - 1]);
  });
});

async function start(): Promise<void> {
  monotonicMs = 0;
  events = new Events(commit, database, () => monotonicMs);
  await events.load(database);
}

/** @param sinceMs milliseconds after the beginning of today, by the wall clock */
function isNew(id: string, sinceMs: number): boolean {
  const key = eventKey(named("orders"), "alice" as ClientId, id);
  return events.isNew(1, { key, atMs: TODAY_MS + sinceMs });
}

async function kept(): Promise<number> {
  return (await database.keys(range("event")).all()).length;
}
