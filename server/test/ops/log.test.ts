import fc from "fast-check";
import { expect, it, onTestFinished, vi } from "vitest";
import {
  createLog,
  LINES_PER_SECOND_MAX,
  LOGGED_STACK_LENGTH_MAX,
  LOGGED_TEXT_LENGTH_MAX,
  occasional,
} from "../../src/ops/log.ts";
import { anyName, HOSTILE_NAMES } from "../support/names.ts";

function lines(readable: boolean) {
  const written: string[] = [];
  return { written, log: createLog({ level: "info", readable, write: (line) => written.push(line) }) };
}

it("writes JSON lines with level, time, fields and message", () => {
  const { written, log } = lines(false);
  log.info({ api: "http://localhost:5000" }, "started");
  log.debug("not told at this level");
  expect(written).toHaveLength(1);
  expect(JSON.parse(written[0] ?? "")).toEqual({
    level: "info",
    time: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T/),
    api: "http://localhost:5000",
    msg: "started",
  });
});

it("writes readable lines with the stack of an error", () => {
  const { written, log } = lines(true);
  log.error({ err: new Error("lost"), part: "a store" }, "defect");
  expect(written[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} error defect part="a store"\nError: lost\n {4}at /);
});

/** What programs and terminals may take for the end of a line. */
const LINE_ENDS = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;

it.each([true, false])("gives an event one line, whatever the names in it: readable %s", (readable) => {
  fc.assert(
    fc.property(fc.oneof(anyName, fc.string({ unit: "binary" })), (experiment) => {
      const { written, log } = lines(readable);
      log.info({ experiment }, "planned size reached");
      const [text = ""] = written;
      expect(written).toHaveLength(1);
      expect(text.split(LINE_ENDS)).toEqual([expect.any(String), ""]);
      // Nothing that a terminal obeys, or that turns the direction of what follows.
      expect(text.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      if (!readable) expect(JSON.parse(text)).toMatchObject({ experiment });
    }),
    { numRuns: 500, examples: HOSTILE_NAMES.map((name) => [name]) },
  );
});

it("cuts texts that somebody else may have chosen, wherever they stand, and stacks later than those", () => {
  const { written, log } = lines(false);
  const long = "x".repeat(1_000_000);
  const error = new Error(long);
  log.warn(
    { user: long, nested: { list: [long] }, err: error, half: `${"x".repeat(LOGGED_TEXT_LENGTH_MAX - 1)}🎲` },
    long,
  );
  const [line = ""] = written;
  expect(line.length).toBeLessThan(20 * LOGGED_TEXT_LENGTH_MAX);
  const told = JSON.parse(line);
  expect(told.user).toBe(`${"x".repeat(LOGGED_TEXT_LENGTH_MAX)}… (1000000 characters)`);
  expect(told.nested.list[0]).toBe(told.user);
  expect(told.err.stack.length).toBeLessThan(LOGGED_STACK_LENGTH_MAX + 50);
  expect(line).not.toMatch(/\p{Surrogate}/u);
  log.info({ user: "ann" }, "as it is");
  expect(JSON.parse(written[1] ?? "")).toMatchObject({ user: "ann", msg: "as it is" });
});

it("says one thing ten times a second at most, then how often it was left out, and never hides another", () => {
  const written: string[] = [];
  let now = 0;
  const log = createLog({
    level: "debug",
    readable: false,
    write: (line) => written.push(line),
    elapsedMs: () => now,
  });
  const child = log.child({ part: "dashboard" });
  for (let n = 0; n < 100; n += 1) child.warn({ user: `name ${n}` }, "login refused");
  for (let n = 0; n < 100; n += 1) child.error(new Error(`defect ${n}`));
  for (let n = 0; n < 100; n += 1) child.debug("asked for");
  child.info("something else");
  now = 1_000;
  child.warn({ user: "ann" }, "login refused");
  child.error(new Error("another defect"));
  const told = written.map((line) => JSON.parse(line));
  const counted = (message: string) => told.filter(({ msg }) => msg === message).length;
  expect(counted("login refused")).toBe(LINES_PER_SECOND_MAX + 1);
  expect(counted("asked for")).toBe(100);
  expect(counted("something else")).toBe(1);
  expect(told.filter(({ msg }) => msg.startsWith("defect "))).toHaveLength(LINES_PER_SECOND_MAX);
  expect(told.slice(-2)).toMatchObject([
    { msg: "login refused", user: "ann", untold: 90, part: "dashboard" },
    { msg: "another defect", untold: 90, err: { message: "another defect" } },
  ]);
});

it("tells repeated trouble once per interval, with how often it came", () => {
  const { written, log } = lines(false);
  let now = 0;
  const trouble = occasional(log, "store", () => now);
  for (now = 0; now <= 10_000; now += 2_500) trouble(new Error("refused"));
  const told = written.map((line) => JSON.parse(line));
  expect(told).toHaveLength(2);
  expect(told[0]).toMatchObject({ msg: "trouble with store", error: "refused" });
  expect(told[1]).toMatchObject({ times: 4 });
});

it("goes on telling trouble when the clock is set back", () => {
  vi.useFakeTimers({ toFake: ["Date", "performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const { written, log } = lines(false);
  const trouble = occasional(log, "store");
  trouble(new Error("refused"));
  vi.setSystemTime(Date.now() - 86_400_000);
  vi.advanceTimersByTime(10_000);
  trouble(new Error("refused"));
  expect(written).toHaveLength(2);
});
