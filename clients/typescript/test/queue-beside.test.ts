/** A queue beside others: of the same process, of other pages of the site, and of this page once it is gone. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { release, seenRequests, sharedMisbehavingServer } from "../../test/support/servers.ts";
import { ConversionQueue, KNOWN_MS_MAX, LOCK_MS_MAX } from "../src/queue.ts";
import type { KeyValueStorage } from "../src/surroundings.ts";
import { storage, until, watched } from "./support/queue.ts";

const misbehaving = sharedMisbehavingServer();

/** `navigator.locks` as browsers, Node 24 and Deno have it: whoever comes later waits. Node 20 has none. */
function locksOfAProcess() {
  const tails = new Map<string, Promise<void>>();
  const names: string[] = [];
  return {
    names,
    async request(name: string, _: unknown, work: () => Promise<void>) {
      names.push(name);
      const mine = (tails.get(name) ?? Promise.resolve()).then(work);
      tails.set(name, mine);
      await mine;
    },
  };
}

/** What a queue takes for a page. */
function stubPage(navigator: object, items: KeyValueStorage = storage()): EventTarget {
  const document = Object.assign(new EventTarget(), { cookie: "", visibilityState: "hidden" });
  vi.stubGlobal("navigator", { userAgent: "Mozilla/5.0", ...navigator });
  vi.stubGlobal("localStorage", items);
  vi.stubGlobal("document", document);
  vi.stubGlobal("addEventListener", () => {});
  vi.stubGlobal("removeEventListener", () => {});
  return document;
}

describe("a queue of conversions beside others", () => {
  afterEach(() => vi.unstubAllGlobals());

  test("waits for none of them where they share a process and not what waits", async () => {
    vi.stubGlobal("navigator", { userAgent: "Node.js/24", locks: locksOfAProcess() });
    const { session } = watched(`${misbehaving.url}/trickling/queue-held`);
    const slow = new ConversionQueue(session);
    slow.convert("button");
    const queues = Array.from(
      { length: 300 },
      () => new ConversionQueue(watched(`${misbehaving.url}/fine/queue-process`).session),
    );
    for (const queue of queues) queue.convert("button");
    await Promise.all(queues.map((queue) => queue.flush()));
    expect(queues.map(({ length }) => length)).toEqual(queues.map(() => 0));
    expect(await seenRequests(misbehaving, "queue-process")).toHaveLength(300);
    for (const queue of [slow, ...queues]) queue.close();
  });

  test("leaves alone what is called localStorage outside of a page", async () => {
    const shared = storage();
    vi.stubGlobal("localStorage", shared);
    const queue = new ConversionQueue(watched(`${misbehaving.url}/fine/queue-no-page`).session);
    queue.convert("button");
    await queue.flush();
    expect(shared.getItem("sixpack_conversions")).toBeNull();
    expect(await seenRequests(misbehaving, "queue-no-page")).toHaveLength(1);
    queue.close();
  });

  test("sends one at a time where pages share what waits", async () => {
    const locks = locksOfAProcess();
    stubPage({ locks });
    const first = new ConversionQueue(watched(`${misbehaving.url}/held/queue-page`).session);
    first.convert("button");
    await until(async () => (await seenRequests(misbehaving, "queue-page")).length === 1);
    const second = new ConversionQueue(watched(`${misbehaving.url}/held/queue-page`).session);
    const flushed = second.flush();
    expect(second.length).toBe(1);
    await release(misbehaving, "queue-page");
    await Promise.all([first.flush(), flushed]);
    expect([first.length, second.length]).toEqual([0, 0]);
    expect(await seenRequests(misbehaving, "queue-page")).toHaveLength(1);
    expect(locks.names[0]).toMatch(/^sixpack_conversions:http/);
    for (const queue of [first, second]) queue.close();
  });

  test("sends all the same where the lock is refused", async () => {
    stubPage({ locks: { request: () => Promise.reject(new Error("SecurityError: The request was denied.")) } });
    const queue = new ConversionQueue(watched(`${misbehaving.url}/fine/queue-no-lock`).session);
    queue.convert("button");
    await queue.flush();
    expect(await seenRequests(misbehaving, "queue-no-lock")).toHaveLength(1);
    queue.close();
  });

  test("sends all the same where another page never gives the lock back", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const request = (_: string, { signal }: { signal: AbortSignal }) =>
      new Promise<void>((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    stubPage({ locks: { request } });
    const queue = new ConversionQueue(watched(`${misbehaving.url}/fine/queue-stuck-lock`).session);
    queue.convert("button");
    await until(() => vi.getTimerCount() === 1);
    await vi.advanceTimersByTimeAsync(LOCK_MS_MAX);
    vi.useRealTimers();
    await queue.flush();
    expect(await seenRequests(misbehaving, "queue-stuck-lock")).toHaveLength(1);
    queue.close();
  });

  test.each([
    ["throws", true],
    ["says no", false],
  ])("hands over by a request where sendBeacon %s", async (name, throws) => {
    const token = `queue-beacon-${name.length}`;
    const sendBeacon = () => {
      if (throws) throw new TypeError("Failed to execute 'sendBeacon'");
      return false;
    };
    const document = stubPage({ sendBeacon });
    // The first is under way for as long as the page is there; the second nobody is sending.
    const queue = new ConversionQueue(watched(`${misbehaving.url}/held/${token}`).session);
    queue.convert("button", "first");
    await until(async () => (await seenRequests(misbehaving, token)).length === 1);
    queue.convert("button", "second");
    document.dispatchEvent(new Event("visibilitychange"));
    await until(async () => (await seenRequests(misbehaving, token)).length === 2);
    queue.close();
    await release(misbehaving, token);
    await queue.flush();
  });

  test("sends again what a closed page handed to the browser, but not when the server has forgotten its id", async () => {
    const shared = storage();
    const document = stubPage({ sendBeacon: () => true }, shared);
    const { session } = watched(`${misbehaving.url}/held/queue-handed`);
    const page = new ConversionQueue(session);
    // The first is under way, for as long as the page is there; the browser gets the others.
    for (const kpi of ["first", "second", "third"]) page.convert("button", kpi);
    await until(async () => (await seenRequests(misbehaving, "queue-handed")).length === 1);
    document.dispatchEvent(new Event("visibilitychange"));
    page.close();
    await release(misbehaving, "queue-handed");
    await page.flush();
    expect(page.length).toBe(2);
    const soon = structuredClone(
      [...Array(2).keys()].map((index) => [shared.key(index), shared.getItem(shared.key(index) ?? "")]),
    );
    vi.setSystemTime(Date.now() + KNOWN_MS_MAX + 1);
    const { session: later, failures } = watched(session.baseUrl);
    const next = new ConversionQueue(later);
    await next.flush();
    expect(next.length).toBe(0);
    expect(failures.map(({ code, message }) => `${code}: ${message}`)).toEqual(
      Array(2).fill("unreachable: Expected to hear within a day of what the browser was handed"),
    );
    expect(await seenRequests(misbehaving, "queue-handed")).toHaveLength(1);
    next.close();
    vi.useRealTimers();
    for (const [key, text] of soon) shared.setItem(key ?? "", text ?? "");
    const sameDay = new ConversionQueue(later);
    for (const count of [2, 3]) {
      await until(async () => (await seenRequests(misbehaving, "queue-handed")).length === count);
      await release(misbehaving, "queue-handed");
    }
    await until(() => sameDay.length === 0);
    sameDay.close();
  });

  test("keeps for a week what it handed over while the server was away", async () => {
    const shared = storage();
    const document = stubPage({ sendBeacon: () => true }, shared);
    const page = new ConversionQueue(watched("http://127.0.0.1:9").session);
    page.convert("button");
    await page.flush();
    document.dispatchEvent(new Event("visibilitychange"));
    page.close();
    vi.setSystemTime(Date.now() + KNOWN_MS_MAX + 1);
    const { session, failures } = watched("http://127.0.0.1:9");
    const next = new ConversionQueue(session);
    await next.flush();
    expect([next.length, failures]).toEqual([1, []]);
    next.close();
    vi.useRealTimers();
  });

  test("sends nothing of a page that is not seen yet, nor lets another page send it", async () => {
    const document = Object.assign(stubPage({}), { prerendering: true });
    const queue = new ConversionQueue(watched(`${misbehaving.url}/fine/queue-ahead`).session);
    queue.convert("button");
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(queue.length).toBe(0);
    document.prerendering = false;
    document.dispatchEvent(new Event("prerenderingchange"));
    await until(async () => (await seenRequests(misbehaving, "queue-ahead")).length === 1);
    queue.close();
  });

  test("once closed, ends after the request under way and leaves the rest to the next", async () => {
    const shared = storage();
    const { session } = watched(`${misbehaving.url}/held/queue-closed`);
    const queue = new ConversionQueue(session, { storage: shared });
    for (const kpi of ["one", "two", "three"]) queue.convert("button", kpi);
    await until(async () => (await seenRequests(misbehaving, "queue-closed")).length === 1);
    queue.close();
    await release(misbehaving, "queue-closed");
    await queue.flush();
    expect(queue.length).toBe(2);
    expect(await seenRequests(misbehaving, "queue-closed")).toHaveLength(1);
    const next = new ConversionQueue(session, { storage: shared });
    for (const count of [2, 3]) {
      await until(async () => (await seenRequests(misbehaving, "queue-closed")).length === count);
      await release(misbehaving, "queue-closed");
    }
    await until(() => next.length === 0);
    next.close();
  });
});
