import { expect, it, vi } from "vitest";
import { DAY_MS } from "../../src/lib/time.ts";
import { ALONE_MS } from "../../src/service/alone.ts";
import { oneAtATime } from "../../src/service/one-at-a-time.ts";
import * as make from "../support/make.ts";
import { laterCodeOf } from "../support/refusal.ts";

it("lets those of one process go one after the other, whatever becomes of those before, and none wait for the lease", async () => {
  const context = make.context();
  const claim = vi.spyOn(context.store.leases, "claim");
  const told: string[] = [];
  const work = (name: string) => async () => async () => {
    told.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    told.push(`${name} ends`);
    if (name === "second") throw new Error("no");
    return name;
  };
  const run = (name: string) => oneAtATime(context, "x", work(name));
  const late = run("first").then(() => run("late"));
  const all = await Promise.allSettled([run("second"), run("third"), late]);
  expect(all.map((one) => (one.status === "fulfilled" ? one.value : "rejected"))).toEqual([
    "rejected",
    "third",
    "late",
  ]);
  const order = ["first", "second", "third", "late"];
  expect(told).toEqual(order.flatMap((name) => [`${name} begins`, `${name} ends`]));
  expect(await Promise.all(claim.mock.results.map(({ value }) => value))).not.toContain(false);
});

it("lets those of two processes go one after the other", async () => {
  const { store } = make.context();
  const claim = vi.spyOn(store.leases, "claim");
  const told: string[] = [];
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const first = oneAtATime({ store }, "x", async () => async () => {
    told.push("one begins");
    await held;
    told.push("one ends");
  });
  await expect.poll(() => told).toEqual(["one begins"]);
  const second = oneAtATime({ store: { ...store } }, "x", async () => async () => void told.push("other"));
  await expect.poll(() => Promise.all(claim.mock.results.map(({ value }) => value))).toContain(false);
  release();
  await Promise.all([first, second]);
  expect(told).toEqual(["one begins", "one ends", "other"]);
});

it("lets others do something else meanwhile", async () => {
  const context = make.context();
  const inner = () => oneAtATime(context, "y", async () => async () => "inner");
  expect(await oneAtATime(context, "x", async () => inner)).toBe("inner");
});

it("goes on where the clock was set back meanwhile", async () => {
  const { store } = make.context();
  for (const nowMs of [make.NOW_MS, make.NOW_MS - DAY_MS]) {
    const context = make.context({ store, clock: make.clock(() => nowMs) });
    expect(await oneAtATime(context, "x", async () => async () => "done")).toBe("done");
  }
});

it("is refused where another process is at it for seconds", async () => {
  const context = make.context();
  await context.store.leases.claim("x", "another process", DAY_MS);
  // A hundred tries, 50 ms apart.
  const askedMs = performance.now();
  expect(await laterCodeOf(() => oneAtATime(context, "x", async () => async () => "done"))).toBe("experiment-busy");
  expect(performance.now() - askedMs).toBeGreaterThan(4_000);
});

it("looks again where it was stopped for so long that others may have written since it looked", async () => {
  const { store } = make.context();
  let kept = 0;
  const add = (stop: () => void) =>
    oneAtATime({ store }, "x", async () => {
      const seen = kept;
      stop();
      return async () => {
        kept = seen + 1;
      };
    });
  vi.useFakeTimers({ toFake: ["performance"] });
  try {
    let stops = 0;
    await add(() => {
      stops += 1;
      if (stops > 1) return;
      // The lease runs out, and another process gets its turn.
      vi.advanceTimersByTime(ALONE_MS);
      kept += 1;
    });
    expect([kept, stops]).toEqual([2, 2]);
  } finally {
    vi.useRealTimers();
  }
});
