import fc from "fast-check";
import { expect, it, onTestFinished, vi } from "vitest";
import { createLog, occasional } from "../../src/ops/log.ts";
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
