import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { every } from "../../src/ops/every.ts";
import { createLog } from "../../src/ops/log.ts";
import { Shutdown } from "../../src/ops/shutdown.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Work that is under way until it is told how it ended. */
function slowWork() {
  const ends: ((error?: Error) => void)[] = [];
  const work = () => new Promise<void>((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve())));
  const written: string[] = [];
  const log = createLog({ level: "warn", readable: false, write: (line) => written.push(line) });
  const shutdown = new Shutdown(log);
  every({ log, shutdown }, { name: "work", intervalMs: 1_000, work, trouble: "could not work" });
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

it("ends with the shutdown", async () => {
  const { ends, shutdown } = slowWork();
  await shutdown.abandon();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(ends).toHaveLength(0);
});
