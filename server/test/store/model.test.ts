/**
 * Random operations on an engine and on the model side by side: every answer and, at the end, every tally must
 * be the same. Values are dyadic, so that sums are exact in any order and equality needs no tolerance.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embeddedEngine, memoryEngine } from "./engines/local.ts";
import { redisEngine } from "./engines/redis.ts";
import { operations } from "./model/operations.ts";
import { Pair } from "./model/pair.ts";

const ENGINES = [memoryEngine(), embeddedEngine(), redisEngine()];

const RUNS = 150;
const OPERATIONS_MAX = 80;

describe.each(ENGINES)("the $name store against the model", (engine) => {
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
  });
});
