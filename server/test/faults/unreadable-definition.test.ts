/** Definitions and entries of the log that somebody damaged or wrote by hand cost their own experiment, on both engines. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Experiment } from "../../src/domain/experiment.ts";
import { openLevel } from "../../src/store/local/level-database.ts";
import { LocalStore } from "../../src/store/local/local-store.ts";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import type { Store } from "../../src/store/store.ts";
import { PATIENT } from "../store/engines/redis.ts";
import { named } from "../store/fixtures.ts";
import * as make from "../support/make.ts";
import { closing, stopping, temporaryFolder } from "../support/one-test.ts";
import { RedisServer } from "../support/redis-server.ts";

/** What may stand where a definition should: text, or fields that were changed. */
const BODIES: readonly (string | Readonly<Record<string, unknown>>)[] = [
  "not json",
  "null",
  "{}",
  "[]",
  "5",
  { description: {} },
  { epochs: [] },
  { epochs: null },
  { alternatives: null },
  { alternatives: [] },
  { createdAtMs: "x" },
  { createdAtMs: 1e300 },
  { kpis: null },
  { winner: "nobody" },
  { noticed: {} },
  { about: { ticket: "javascript:alert(1)" } },
  { about: { notes: [{ day: "yesterday", text: "sale" }] } },
  { about: { notes: [{ day: "2025-02-30", text: "sale" }] } },
];

function bodyOf(experiment: Experiment, body: (typeof BODIES)[number]): string {
  return typeof body === "string" ? body : JSON.stringify({ ...experiment, ...body });
}

async function expectOneUnreadable(store: Store, what: string): Promise<void> {
  expect(
    (await store.definitions.list()).map(({ name }) => name),
    what,
  ).toEqual(["good"]);
  const unreadable = await store.definitions.listUnreadable();
  expect(unreadable, what).toEqual([{ name: expect.any(String), reason: expect.stringMatching(/./) }]);
  expect(await store.definitions.read("good"), what).toBeDefined();
}

/** A live one, with another aside and a third that is being loaded. */
async function makeBad(store: Store) {
  const removed = await make.created(store, make.draft({ name: "bad" }));
  await store.lives.remove(removed, make.NOW_MS, undefined);
  const bad = await make.created(store, make.draft({ name: "bad" }));
  const { life: _, version: __, ...definition } = bad;
  return { bad, removed, staged: await store.transfer.stage(definition, make.NOW_MS) };
}

async function expectNameKept(
  store: Store,
  { removed, staged }: Awaited<ReturnType<typeof makeBad>>,
  what: string,
): Promise<void> {
  const refused = { code: "experiment-unreadable" };
  const advised =
    what === "WRONGTYPE" ? refused : { ...refused, detail: expect.stringContaining("Until it is repaired") };
  for (const replace of [true, false]) {
    await expect(store.transfer.publish(staged, make.NOW_MS, replace), what).rejects.toMatchObject(refused);
  }
  await expect(store.lives.restore(named("bad"), removed.life, make.NOW_MS), what).rejects.toMatchObject(advised);
  await expect(store.definitions.read("bad"), what).rejects.toMatchObject(refused);
  await expect(make.created(store, make.draft({ name: "bad" })), what).rejects.toMatchObject(refused);
}

describe("a definition that makes no sense", () => {
  it("costs its experiment alone, in a folder", async () => {
    const folder = await temporaryFolder();
    const first = await LocalStore.open({ folder, cacheSlots: 0 });
    await make.created(first, make.draft({ name: "good" }));
    const lives = await makeBad(first);
    const { bad } = lives;
    await first.close();
    for (const body of BODIES) {
      const what = JSON.stringify(body);
      const database = await openLevel(join(folder, "level"), false);
      const key = Buffer.from([100, 0, 0, 0, bad.life]);
      const life = `{"state":"live","sinceMs":1,"experiment":${bodyOf(bad, body)}}`;
      await database.put(key, Buffer.from(body === "not json" ? body : life));
      await database.put(Buffer.from([97, 0, 0, 0, 0, 0, 1]), Buffer.from(what));
      await database.close();
      const store = await LocalStore.open({ folder, cacheSlots: 0 });
      await expectOneUnreadable(store, what);
      if (typeof body !== "string") await expectNameKept(store, lives, what);
      expect(await store.activity.read({ limit: 5 }), what).toMatchObject([{ action: "unreadable" }]);
      await store.close();
    }
  });

  it("costs its experiment alone, in Redis", async () => {
    const redis = stopping(await RedisServer.start());
    const store = closing(await RedisStore.open({ ...PATIENT, socketPath: redis.socketPath }));
    await make.created(store, make.draft({ name: "good" }));
    const lives = await makeBad(store);
    const { bad } = lives;
    const key = `sxp:{bad}:${bad.life.toString(36)}:definition`;
    for (const body of BODIES) {
      const what = JSON.stringify(body);
      await redis.command("HSET", key, "body", bodyOf(bad, body));
      await expectOneUnreadable(store, what);
      await expectNameKept(store, lives, what);
    }
    await redis.command("DEL", key);
    await redis.command("SET", key, "x");
    await expectOneUnreadable(store, "WRONGTYPE");
    await expectNameKept(store, lives, "WRONGTYPE");
    for (const entry of ["null", "{}", "x"]) await redis.command("XADD", "sxp:activity", "*", "entry", entry);
    const whole = {
      atMs: make.NOW_MS,
      experiment: named("good"),
      actor: "a",
      action: "pause",
      before: null,
      after: null,
    };
    await store.activity.append(whole);
    const rows = await store.activity.read({ limit: 5 });
    expect(rows.map(({ action }) => action)).toEqual(["pause", "unreadable", "unreadable", "unreadable"]);
  });
});
