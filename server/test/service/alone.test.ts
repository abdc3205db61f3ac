import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ALONE_MS, alone } from "../../src/service/alone.ts";
import * as make from "../support/make.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] }));
afterEach(() => void vi.useRealTimers());

/** What the work hears of being alone: before anything happens, and after so long. */
async function heard(afterMs: number, renewed: () => Promise<boolean>): Promise<readonly boolean[] | undefined> {
  const { store } = make.context();
  return alone({ store }, "lease", "me", async (stillAlone) => {
    const first = stillAlone();
    vi.spyOn(store.leases, "claim").mockImplementation(renewed);
    await vi.advanceTimersByTimeAsync(afterMs);
    const last = stillAlone();
    vi.mocked(store.leases.claim).mockRestore();
    return [first, last];
  });
}

it("goes on for as long as its lease is renewed", async () => {
  expect(await heard(3 * ALONE_MS, async () => true)).toEqual([true, true]);
});

it("stops at once when somebody else has the lease", async () => {
  expect(await heard(ALONE_MS / 2, async () => false)).toEqual([true, false]);
});

it("stops when the lease has run out, where the store can't be asked", async () => {
  const gone = () => Promise.reject(new Error("gone"));
  expect(await heard(ALONE_MS / 2, gone)).toEqual([true, true]);
  expect(await heard(ALONE_MS, gone)).toEqual([true, false]);
});

it("is not alone again where the lease ran out and is got once more: somebody else may have had it in between", async () => {
  const startMs = performance.now();
  const late = async () => {
    if (performance.now() - startMs < ALONE_MS) throw new Error("gone");
    return true;
  };
  expect(await heard(2 * ALONE_MS, late)).toEqual([true, false]);
});

it("counts from when the lease was asked for, however late the answer comes", async () => {
  const { store } = make.context();
  vi.spyOn(store.leases, "claim").mockImplementationOnce(async () => {
    await vi.advanceTimersByTimeAsync(ALONE_MS - 1);
    return true;
  });
  const told = await alone({ store }, "lease", "me", async (stillAlone) => {
    const first = stillAlone();
    await vi.advanceTimersByTimeAsync(1);
    return [first, stillAlone()];
  });
  expect(told).toEqual([true, false]);
});

it("is not begun while somebody else is at it, and may be afterwards", async () => {
  const { store } = make.context();
  const work = async () => "done";
  await alone({ store }, "lease", "one", async () => {
    expect(await alone({ store }, "lease", "other", work)).toBeUndefined();
  });
  expect(await alone({ store }, "lease", "other", work)).toBe("done");
});
