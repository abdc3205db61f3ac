import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { SixpackError } from "../../src/domain/errors.ts";
import { every, type Trouble } from "../../src/ops/every.ts";
import { createLog } from "../../src/ops/log.ts";
import { Shutdown } from "../../src/ops/shutdown.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const TEXTS = { trouble: "could not work", mended: "works again" };

/** Work that is under way until it is told how it ended. */
function slowWork() {
  const ends: ((error?: Error) => void)[] = [];
  const work = () =>
    new Promise<readonly Trouble[]>((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve([]))));
  const written: string[] = [];
  const log = createLog({ level: "warn", readable: false, write: (line) => written.push(line) });
  const shutdown = new Shutdown(log);
  every({ log, shutdown }, { name: "work", intervalMs: 1_000, work, ...TEXTS });
  return { ends, written, shutdown };
}

it("works once per interval, and never twice at once", async () => {
  const { ends } = slowWork();
  await vi.advanceTimersByTimeAsync(999);
  expect(ends).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(5_001);
  expect(ends).toHaveLength(1);
  ends[0]?.();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(ends).toHaveLength(2);
});

it("says what went wrong, and goes on", async () => {
  const { ends, written } = slowWork();
  await vi.advanceTimersByTimeAsync(1_000);
  ends[0]?.(new Error("gone"));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(written.map((line) => JSON.parse(line))).toMatchObject([{ msg: "could not work", err: { message: "gone" } }]);
  expect(ends).toHaveLength(2);
});

/** Turns that end as the list says, and what the log has of them. */
async function toldOf(turns: readonly (Error | readonly Trouble[])[]) {
  const written: string[] = [];
  const log = createLog({ level: "warn", readable: false, write: (line) => written.push(line) });
  let turn = 0;
  const work = async () => {
    const end = turns[turn] ?? [];
    turn += 1;
    if (end instanceof Error) throw end;
    return end;
  };
  every({ log, shutdown: new Shutdown(log) }, { name: "work", intervalMs: 1_000, work, ...TEXTS });
  await vi.advanceTimersByTimeAsync(1_000 * turns.length);
  return written.map((line) => JSON.parse(line));
}

it("tells a store that is away once, whatever it says each time, and once that it is back", async () => {
  const away = (detail: string) => new SixpackError("store-unavailable", detail);
  const told = await toldOf([away("gone"), away("still gone"), away("gone"), [], [], away("gone"), []]);
  const [lost, regained] = [
    { level: "warn", msg: "could not work", error: "gone" },
    { level: "warn", msg: "works again", ms: expect.any(Number) },
  ];
  expect(told).toMatchObject([lost, regained, lost, regained]);
  expect(JSON.stringify(told)).not.toContain("    at ");
});

it("tells each experiment that fails once, ten at most, and the stack of what nobody expected", async () => {
  const troubles = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ experiment: `e${index}`, error: new Error("broken") }));
  const told = await toldOf([troubles(2), troubles(3), troubles(40), troubles(1), []]);
  expect(told.map(({ experiment, msg }) => experiment ?? msg)).toEqual([
    ...Array.from({ length: 10 }, (_, index) => `e${index}`),
    "works again",
  ]);
  expect(told[2]).toMatchObject({ experiment: "e2", failed: 3, err: { stack: expect.stringContaining("    at ") } });
});

it("ends with the shutdown", async () => {
  const { ends, shutdown } = slowWork();
  await shutdown.abandon();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(ends).toHaveLength(0);
});
