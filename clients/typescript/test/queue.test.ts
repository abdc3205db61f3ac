import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { seenRequests, sharedMisbehavingServer, startRealServer } from "../../test/support/servers.ts";
import { type Failure, Session } from "../src/index.ts";
import { CONVERSION_AGE_MS_MAX, CONVERSIONS_MAX, ConversionQueue } from "../src/queue.ts";

const misbehaving = sharedMisbehavingServer();

/** A `localStorage` that outlives its page. */
function storage(text?: string) {
  const items = new Map(text === undefined ? [] : [["sixpack_conversions", text]]);
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  };
}

function watched(path: string, settings: { timeoutMs?: number } = {}) {
  const failures: Failure[] = [];
  const onFailure = (failure: Failure) => failures.push(failure);
  return { failures, session: new Session(`${misbehaving.url}/${path}`, { timeoutMs: 5_000, onFailure, ...settings }) };
}

async function until(held: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await held()); tries += 1) {
    if (tries > 400) throw new Error("Expected it to hold within 10 s");
    await sleep(25);
  }
}

describe("a queue of conversions", () => {
  test("sends what it is given, in order, and forgets it", async () => {
    const { session, failures } = watched("fine/queue-order");
    const queue = new ConversionQueue(session, { storage: storage() });
    for (const kpi of ["one", "two", "three"]) queue.convert("button", kpi);
    await until(() => queue.length === 0);
    const seen = await seenRequests(misbehaving, "queue-order");
    expect(seen.map((request) => request.arguments["kpi"])).toEqual([["one"], ["two"], ["three"]]);
    expect(failures).toEqual([]);
    queue.close();
  });

  test("keeps a conversion until the server is back, which then counts it once", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sixpack-queue-"));
    const real = await startRealServer(0, folder);
    const failures: Failure[] = [];
    const onFailure = (failure: Failure) => failures.push(failure);
    const session = new Session(real.url, { clientId: "patient", timeoutMs: 5_000, onFailure });
    await session.participate("outage", ["a", "b"]);
    await real.kill();
    const queue = new ConversionQueue(session, { storage: storage() });
    queue.convert("outage");
    await queue.flush();
    expect(queue.length).toBe(1);
    const back = await startRealServer(real.port, folder);
    await until(() => queue.length === 0);
    const details = await (await fetch(`${back.url}/experiments/outage`)).json();
    expect(details).toMatchObject({ total_participants: 1, total_conversions: 1 });
    expect(failures).toEqual([]);
    queue.close();
    await back.kill();
    rmSync(folder, { recursive: true });
  });

  test("sends a conversion of an earlier page, with the id it had", async () => {
    const shared = storage();
    const earlier = watched("error-500/queue-earlier");
    const queue = new ConversionQueue(earlier.session, { storage: shared });
    queue.convert("button", "purchase", 19.99);
    await queue.flush();
    queue.close();
    const later = watched("fine/queue-later");
    const next = new ConversionQueue(later.session, { storage: shared });
    await until(() => next.length === 0);
    const [first] = await seenRequests(misbehaving, "queue-earlier");
    const [second] = await seenRequests(misbehaving, "queue-later");
    expect(second?.arguments).toEqual(first?.arguments);
    next.close();
  });

  test("drops what the server refuses, and reports it", async () => {
    const { session, failures } = watched("rejecting/queue-refused");
    const queue = new ConversionQueue(session, { storage: storage() });
    queue.convert("button");
    await until(() => queue.length === 0);
    expect(failures.map(({ code }) => code)).toEqual(["rejected"]);
    queue.close();
  });

  test("tries again by itself, without reporting each try", async () => {
    const { session, failures } = watched("error-503-once/queue-again");
    const queue = new ConversionQueue(session, { storage: storage() });
    queue.convert("button");
    await until(() => queue.length === 0);
    expect(await seenRequests(misbehaving, "queue-again")).toHaveLength(2);
    expect(failures).toEqual([]);
    queue.close();
  });

  test("keeps a bounded number, the newest, and reports what it drops", async () => {
    const { session, failures } = watched("slow/queue-full");
    const queue = new ConversionQueue(session, { storage: storage() });
    for (let number = 0; number < CONVERSIONS_MAX + 3; number += 1) queue.convert("button", `kpi-${number}`);
    expect(queue.length).toBe(CONVERSIONS_MAX);
    expect(failures).toHaveLength(3);
    queue.close();
  });

  test("drops what has waited too long", async () => {
    const { session, failures } = watched("fine/queue-old");
    const conversion = session.conversion("button");
    const old = JSON.stringify([{ conversion, atMs: Date.now() - CONVERSION_AGE_MS_MAX - 1 }]);
    const queue = new ConversionQueue(session, { storage: storage(old) });
    await until(() => queue.length === 0);
    expect(failures).toHaveLength(1);
    expect(await seenRequests(misbehaving, "queue-old")).toEqual([]);
    queue.close();
  });

  test.each(["", "{", "null", "{}", '"text"'])("begins anew when it finds %j in storage", async (text) => {
    const { session } = watched("fine/queue-broken");
    const queue = new ConversionQueue(session, { storage: storage(text) });
    queue.convert("button");
    await until(() => queue.length === 0);
    queue.close();
  });

  test("goes on in memory when storage refuses", async () => {
    const { session } = watched("fine/queue-memory");
    const refusing = {
      getItem: () => null,
      setItem: () => {
        throw new Error("QuotaExceededError");
      },
    };
    const queue = new ConversionQueue(session, { storage: refusing });
    queue.convert("button");
    await until(async () => (await seenRequests(misbehaving, "queue-memory")).length === 1);
    queue.close();
  });

  test("throws for arguments that break the rules, and keeps nothing", () => {
    const { session } = watched("fine/queue-mistake");
    const queue = new ConversionQueue(session, { storage: storage() });
    expect(() => queue.convert("two words")).toThrow(TypeError);
    expect(queue.length).toBe(0);
    queue.close();
  });
});
