import { expect, it, vi } from "vitest";
import { DAY_MS } from "../../src/lib/time.ts";
import { ALONE_MS } from "../../src/service/alone.ts";
import { oneAtATime } from "../../src/service/one-at-a-time.ts";
import * as make from "../support/make.ts";
import { laterCodeOf } from "../support/refusal.ts";

it("lets those of one process go one after the other, whatever becomes of those before", async () => {
  const context = make.context();
  const told: string[] = [];
  const work = (name: string) => async () => async () => {
    told.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    told.push(`${name} ends`);
    if (name === "second") throw new Error("no");
    return name;
  };
  const all = await Promise.allSettled(
    ["first", "second", "third"].map((name) => oneAtATime(context, "x", work(name))),
  );
  expect(all.map((one) => (one.status === "fulfilled" ? one.value : "rejected"))).toEqual([
    "first",
    "rejected",
    "third",
  ]);
  expect(told).toEqual(["first", "second", "third"].flatMap((name) => [`${name} begins`, `${name} ends`]));
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
  expect(await laterCodeOf(() => oneAtATime(context, "x", async () => async () => "done"))).toBe("experiment-busy");
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
