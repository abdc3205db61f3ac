/**
 * Random operations on an engine and on the memory engine side by side: every answer and, at the end, every tally must
 * be the same. Values are dyadic, so that sums are exact in any order and equality needs no tolerance.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { levelEngine } from "./engines/level.ts";
import { memoryEngine } from "./engines/memory.ts";
import { redisEngine } from "./engines/redis.ts";
import { operations } from "./model/operations.ts";
import { Pair } from "./model/pair.ts";

/** Every engine but the memory engine, which is the model; it is here once to show that the test compares at all. */
const ENGINES = [memoryEngine(), levelEngine(), redisEngine()];

const RUNS = 150;
const OPERATIONS_MAX = 80;

describe.each(ENGINES)("the $name store against the memory store", (engine) => {
  beforeAll(() => engine.start());
  afterAll(() => engine.stop());

  it("gives the same answers and the same tallies for any sequence of operations", async () => {
    expect.hasAssertions();
    await fc.assert(
      fc.asyncProperty(fc.array(operations, { maxLength: OPERATIONS_MAX, size: "max" }), async (sequence) => {
        const pair = await Pair.open(engine);
        try {
          for (const operation of sequence) await pair.apply(operation);
          await pair.compareEverything();
        } finally {
          await pair.close();
        }
      }),
      { numRuns: RUNS, endOnFailure: false },
    );
  }, 120_000);
});
