import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { release, seenRequests, sharedMisbehavingServer, startRealServer } from "../../test/support/servers.ts";
import { type Failure, Session } from "../src/index.ts";
import { CONVERSION_AGE_MS_MAX, CONVERSIONS_MAX, ConversionQueue } from "../src/queue.ts";
import { storage, until, watched } from "./support/queue.ts";

const misbehaving = sharedMisbehavingServer();

/** What a queue for a session calls the one that waits. */
function keyed({ baseUrl }: Session, text: string): Record<string, string> {
  return { [`sixpack_conversions:${baseUrl}:some-id`]: text };
}

describe("a queue of conversions", () => {
  test("sends what it is given, in order, and forgets it", async () => {
    const { session, failures } = watched(`${misbehaving.url}/fine/queue-order`);
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
    const session = new Session(real.url, { clientId: "patient", timeoutMs: 60_000, onFailure });
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
    const earlier = watched(`${misbehaving.url}/error-503-once/queue-earlier`);
    const queue = new ConversionQueue(earlier.session, { storage: shared });
    queue.convert("button", "purchase", 19.99);
    await queue.flush();
    queue.close();
    const next = new ConversionQueue(watched(`${misbehaving.url}/error-503-once/queue-earlier`).session, {
      storage: shared,
    });
    await until(() => next.length === 0);
    const [first, second] = await seenRequests(misbehaving, "queue-earlier");
    expect(second?.arguments).toEqual(first?.arguments);
    next.close();
  });

  test("drops what the server refuses, and reports it", async () => {
    const { session, failures } = watched(`${misbehaving.url}/rejecting/queue-refused`);
    const queue = new ConversionQueue(session, { storage: storage() });
    queue.convert("button");
    await until(() => queue.length === 0);
    expect(failures.map(({ code }) => code)).toEqual(["rejected"]);
    queue.close();
  });

  test("tries again by itself, without reporting each try", async () => {
    const { session, failures } = watched(`${misbehaving.url}/error-503-once/queue-again`);
    const queue = new ConversionQueue(session, { storage: storage() });
    queue.convert("button");
    await until(() => queue.length === 0);
    expect(await seenRequests(misbehaving, "queue-again")).toHaveLength(2);
    expect(failures).toEqual([]);
    queue.close();
  });

  test("keeps a bounded number, the newest, and reports what it drops", async () => {
    const { session, failures } = watched(`${misbehaving.url}/silent/queue-full`);
    const queue = new ConversionQueue(session);
    for (let number = 0; number < CONVERSIONS_MAX + 3; number += 1) queue.convert("button", `kpi-${number}`);
    expect(queue.length).toBe(CONVERSIONS_MAX);
    expect(failures).toHaveLength(3);
    queue.close();
  });

  test("drops what has waited too long", async () => {
    const { session, failures } = watched(`${misbehaving.url}/fine/queue-old`);
    const conversion = session.conversion("button");
    const old = JSON.stringify({ conversion, atMs: Date.now() - CONVERSION_AGE_MS_MAX - 1 });
    const queue = new ConversionQueue(session, { storage: storage(keyed(session, old)) });
    await until(() => queue.length === 0);
    expect(failures).toHaveLength(1);
    expect(await seenRequests(misbehaving, "queue-old")).toEqual([]);
    queue.close();
  });

  test.each(["", "{", "null", "{}", '"text"', "[]"])("leaves %j alone when it finds it in storage", async (text) => {
    const { session } = watched(`${misbehaving.url}/fine/queue-broken`);
    const found = storage(keyed(session, text));
    const queue = new ConversionQueue(session, { storage: found });
    queue.convert("button");
    await queue.flush();
    expect(found.length).toBe(1);
    queue.close();
  });

  test.each([
    ["throws", true],
    ["keeps nothing", false],
  ])("goes on in memory when storage %s", async (name, throws) => {
    const { session } = watched(`${misbehaving.url}/fine/queue-memory-${name.length}`);
    const setItem = () => {
      if (throws) throw new Error("QuotaExceededError");
    };
    const queue = new ConversionQueue(session, { storage: { ...storage(), setItem } });
    queue.convert("button");
    expect(queue.length).toBe(1);
    await queue.flush();
    expect(queue.length).toBe(0);
    expect(await seenRequests(misbehaving, `queue-memory-${name.length}`)).toHaveLength(1);
    queue.close();
  });

  test("goes on in memory when everything about storage throws", async () => {
    const sealed = new Proxy(storage(), {
      get() {
        throw new Error("SecurityError");
      },
    });
    const { session } = watched(`${misbehaving.url}/fine/queue-sealed`);
    const queue = new ConversionQueue(session, { storage: sealed });
    queue.convert("button");
    await queue.flush();
    expect(await seenRequests(misbehaving, "queue-sealed")).toHaveLength(1);
    queue.close();
  });

  test.each(["too-many", "too-slow"])("keeps what is refused only for now: %s", async (behaviour) => {
    const { session, failures } = watched(`${misbehaving.url}/${behaviour}/queue-busy`);
    const queue = new ConversionQueue(session, { storage: storage() });
    queue.convert("button");
    await queue.flush();
    expect(queue.length).toBe(1);
    expect(failures).toEqual([]);
    queue.close();
  });

  test("sends each conversion to the server it was meant for, where two share a storage", async () => {
    const shared = storage();
    const one = new ConversionQueue(watched(`${misbehaving.url}/held/queue-one`).session, { storage: shared });
    one.convert("button");
    const other = new ConversionQueue(watched(`${misbehaving.url}/fine/queue-other`).session, { storage: shared });
    other.convert("paper");
    await other.flush();
    await release(misbehaving, "queue-one");
    await one.flush();
    const experiments = async (token: string) =>
      (await seenRequests(misbehaving, token)).map(({ arguments: { experiment } }) => experiment);
    expect(await experiments("queue-one")).toEqual([["button"]]);
    expect(await experiments("queue-other")).toEqual([["paper"]]);
    for (const queue of [one, other]) queue.close();
  });

  test("takes nothing back that another page adds while it removes", async () => {
    const shared = storage();
    const { session } = watched(`${misbehaving.url}/fine/queue-beside`);
    const queue = new ConversionQueue(session, { storage: shared });
    const beside = new ConversionQueue(watched(`${misbehaving.url}/fine/queue-beside`).session, { storage: shared });
    for (let number = 0; number < 100; number += 1) {
      (number % 2 === 0 ? queue : beside).convert("button", `kpi-${number}`);
      if (number % 7 === 0) await queue.flush();
    }
    await Promise.all([queue.flush(), beside.flush()]);
    const ids = (await seenRequests(misbehaving, "queue-beside")).map(({ arguments: { id } }) => id?.[0]);
    expect(new Set(ids).size).toBe(100);
    for (const one of [queue, beside]) one.close();
  });

  test("reports what it loses when it is closed with conversions in memory", async () => {
    const { session, failures } = watched(`${misbehaving.url}/held/queue-lost`);
    const queue = new ConversionQueue(session);
    for (const kpi of ["under-way", "one", "two"]) queue.convert("button", kpi);
    await until(async () => (await seenRequests(misbehaving, "queue-lost")).length === 1);
    queue.close();
    expect(failures.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      "unreachable: Expected `flush` to send what waits in memory before `close`",
      "unreachable: Expected `flush` to send what waits in memory before `close`",
    ]);
    await release(misbehaving, "queue-lost");
    await queue.flush();
    expect([queue.length, failures.length]).toEqual([0, 2]);
  });

  test("reports what was under way when it was closed, and failed", async () => {
    const { session, failures } = watched(`${misbehaving.url}/silent/queue-lost-late`, { timeoutMs: 200 });
    const queue = new ConversionQueue(session);
    queue.convert("button");
    await until(async () => (await seenRequests(misbehaving, "queue-lost-late")).length === 1);
    queue.close();
    await queue.flush();
    expect(failures).toHaveLength(1);
    expect(queue.length).toBe(0);
  });

  test("throws for arguments that break the rules, and keeps nothing", () => {
    const { session } = watched(`${misbehaving.url}/fine/queue-mistake`);
    const queue = new ConversionQueue(session, { storage: storage() });
    expect(() => queue.convert("two\nwords")).toThrow(TypeError);
    expect(queue.length).toBe(0);
    queue.close();
  });
});
