import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Experiment } from "../../src/domain/experiment.ts";
import { Batcher, SCRIPT_CALLS_MAX } from "../../src/store/redis/call-batch.ts";
import * as make from "../support/make.ts";

const ONE = make.experiment({ name: "one" }, 1, 1);
const TWO = make.experiment({ name: "two" }, 2, 1);

/** A batcher that doubles numbers and remembers the batches it was given. */
function doubling() {
  const batches: [Experiment, readonly number[]][] = [];
  const batcher = new Batcher<Experiment, number, number>(async (experiment, calls) => {
    batches.push([experiment, calls]);
    return calls.map((call) => 2 * call);
  });
  return { batches, batcher };
}

describe("a batcher", () => {
  it("sends the calls of one turn together and answers each with its own outcome", async () => {
    const { batches, batcher } = doubling();
    expect(await Promise.all([1, 2, 3].map((call) => batcher.add(ONE, call)))).toEqual([2, 4, 6]);
    expect(batches).toEqual([[ONE, [1, 2, 3]]]);
  });

  it("keeps calls of different definitions and of different turns apart", async () => {
    const { batches, batcher } = doubling();
    const first = [batcher.add(ONE, 1), batcher.add(TWO, 2), batcher.add(ONE, 3)];
    await nextTurn();
    expect(await Promise.all([...first, batcher.add(ONE, 4)])).toEqual([2, 4, 6, 8]);
    expect(batches).toEqual([
      [ONE, [1, 3]],
      [TWO, [2]],
      [ONE, [4]],
    ]);
  });

  it("sends a full batch at once and the rest after it", async () => {
    const { batches, batcher } = doubling();
    const calls = Array.from({ length: 2 * SCRIPT_CALLS_MAX + 1 }, (_, call) => call);
    expect(await Promise.all(calls.map((call) => batcher.add(ONE, call)))).toEqual(calls.map((call) => 2 * call));
    expect(batches.map(([, sent]) => sent.length)).toEqual([SCRIPT_CALLS_MAX, SCRIPT_CALLS_MAX, 1]);
  });

  it("fails every call of a batch that fails, and goes on", async () => {
    let broken = true;
    const batcher = new Batcher<Experiment, number, number>(async (_, calls) => {
      if (broken) throw new Error("broken");
      return calls;
    });
    const outcomes = await Promise.allSettled([batcher.add(ONE, 1), batcher.add(ONE, 2)]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    broken = false;
    expect(await batcher.add(ONE, 3)).toBe(3);
  });

  it("refuses to leave a call without its outcome", async () => {
    const batcher = new Batcher<Experiment, number, number>(async () => []);
    await expect(batcher.add(ONE, 1)).rejects.toMatchObject({ code: "internal" });
  });

  it("is idle when every call has its outcome", async () => {
    const { batcher } = doubling();
    let answered = 0;
    for (const call of [1, 2]) {
      void batcher.add(ONE, call).then(() => {
        answered += 1;
      });
    }
    await batcher.idle();
    expect(answered).toBe(2);
  });
});
