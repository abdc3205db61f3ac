import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { release, seenRequests, sharedMisbehavingServer, startRealServer } from "../../test/support/servers.ts";
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
  return {
    failures,
    session: new Session(`${misbehaving.url}/${path}`, { timeoutMs: 60_000, onFailure, ...settings }),
  };
}

async function until(held: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(held).toBe(true);
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
    const { session, failures } = watched("silent/queue-full");
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
    expect(() => queue.convert("two\nwords")).toThrow(TypeError);
    expect(queue.length).toBe(0);
    queue.close();
  });
});

/** `navigator.locks` as Node 24 and Deno have it: one per process. Node 20 has none. */
function locksOfAProcess() {
  const held = new Set<string>();
  return {
    held,
    async request(name: string, _options: unknown, work: (lock: unknown) => Promise<void>) {
      if (held.has(name)) return work(null);
      held.add(name);
      await work({}).finally(() => held.delete(name));
    },
  };
}

describe("a queue of conversions beside others", () => {
  afterEach(() => vi.unstubAllGlobals());

  test("waits for none of them where they share a process and not what waits", async () => {
    vi.stubGlobal("navigator", { userAgent: "Node.js/24", locks: locksOfAProcess() });
    const { session } = watched("trickling/queue-held");
    const slow = new ConversionQueue(session);
    slow.convert("button");
    const queues = Array.from({ length: 300 }, () => new ConversionQueue(watched("fine/queue-process").session));
    for (const queue of queues) queue.convert("button");
    await Promise.all(queues.map((queue) => queue.flush()));
    expect(queues.map(({ length }) => length)).toEqual(queues.map(() => 0));
    expect(await seenRequests(misbehaving, "queue-process")).toHaveLength(300);
    for (const queue of [slow, ...queues]) queue.close();
  });

  test("leaves alone what is called localStorage outside of a page", async () => {
    const shared = storage();
    vi.stubGlobal("localStorage", shared);
    const queue = new ConversionQueue(watched("fine/queue-no-page").session);
    queue.convert("button");
    await queue.flush();
    expect(shared.getItem("sixpack_conversions")).toBeNull();
    expect(await seenRequests(misbehaving, "queue-no-page")).toHaveLength(1);
    queue.close();
  });

  test("sends one at a time where pages share what waits", async () => {
    const locks = locksOfAProcess();
    vi.stubGlobal("navigator", { userAgent: "Mozilla/5.0", locks });
    vi.stubGlobal("localStorage", storage());
    vi.stubGlobal("document", Object.assign(new EventTarget(), { cookie: "", visibilityState: "visible" }));
    const first = new ConversionQueue(watched("held/queue-page").session);
    first.convert("button");
    await until(async () => (await seenRequests(misbehaving, "queue-page")).length === 1);
    expect([...locks.held]).toEqual(["sixpack_conversions"]);
    const second = new ConversionQueue(watched("fine/queue-page").session);
    await second.flush();
    expect(second.length).toBe(1);
    expect(await seenRequests(misbehaving, "queue-page")).toHaveLength(1);
    second.close();
    await release(misbehaving, "queue-page");
    await first.flush();
    expect(first.length).toBe(0);
    expect(locks.held.size).toBe(0);
    first.close();
  });

  test("once closed, ends after the request under way and leaves the rest to the next", async () => {
    const shared = storage();
    const { session } = watched("held/queue-closed");
    const queue = new ConversionQueue(session, { storage: shared });
    for (const kpi of ["one", "two", "three"]) queue.convert("button", kpi);
    await until(async () => (await seenRequests(misbehaving, "queue-closed")).length === 1);
    queue.close();
    await release(misbehaving, "queue-closed");
    await queue.flush();
    expect(queue.length).toBe(2);
    expect(await seenRequests(misbehaving, "queue-closed")).toHaveLength(1);
    const next = new ConversionQueue(watched("fine/queue-closed").session, { storage: shared });
    await next.flush();
    expect(await seenRequests(misbehaving, "queue-closed")).toHaveLength(3);
    next.close();
  });
});
