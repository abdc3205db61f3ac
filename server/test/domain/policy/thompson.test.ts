/** When a bandit's batches begin, and with which weights. Figures of the posterior itself: test/stats/bandit.test.ts. */
import { describe, expect, it } from "vitest";
import { assigned } from "../../../src/domain/assignment.ts";
import { Counts } from "../../../src/domain/counts.ts";
import {
  batchReason,
  withAlternative,
  withEpoch,
  withPolicy,
  withRetired,
  withTrafficFraction,
  withWeights,
} from "../../../src/domain/epochs.ts";
import { currentEpoch, type Experiment } from "../../../src/domain/experiment.ts";
import { parseAlternativeName } from "../../../src/domain/names.ts";
import type { Day } from "../../../src/domain/period.ts";
import {
  BATCH_INTERVAL_MIN_MS,
  BATCH_PARTICIPANTS_MIN,
  batchSizes,
  isBatchDue,
  nextBatch,
} from "../../../src/domain/policy/batches.ts";
import { onDay } from "../../../src/domain/subset.ts";
import { PARTICIPATION, type Tally } from "../../../src/domain/tally.ts";
import * as make from "../../support/make.ts";

/** Clients of an epoch: of each alternative so many took part, and so many of them converted. */
function clients(epoch: number, counts: readonly (readonly [participants: number, conversions: number])[]): Tally[] {
  return counts.flatMap(([participants, conversions], index) => {
    const cell = { epoch, assignment: assigned(index), subset: onDay(20_000 as Day), sum: 0, squares: 0 };
    return [
      { ...cell, metric: PARTICIPATION, clients: participants, events: participants },
      { ...cell, metric: 0, clients: conversions, events: conversions },
    ];
  });
}

function begun(experiment: Experiment, tallies: readonly Tally[], atMs: number): Experiment {
  return withEpoch(experiment, nextBatch(experiment, Counts.of(tallies)), batchReason({ kind: "thompson" }), atMs);
}

describe("the next batch", () => {
  const bandit = withPolicy(make.experiment({ alternatives: ["red", "green", "blue"] }), make.banditPolicy(), 0);

  it("shares out between those that are left when one was retired, whatever it had learned of that one", () => {
    const tallies = clients(1, [
      [500, 25],
      [500, 90],
      [500, 40],
    ]);
    const before = begun(bandit, tallies, 1);
    expect(currentEpoch(before).weights?.[1]).toBeGreaterThan(0.8);
    const retired = withRetired(before, "green", 2);
    // The first batch after a change of the set is even again.
    expect(currentEpoch(retired)).toMatchObject({ policy: make.banditPolicy(), weights: null });
    const { weights, policy } = currentEpoch(begun(retired, tallies, 3));
    expect(weights?.[1]).toBe(0);
    expect(weights?.[2]).toBeGreaterThan(weights?.[0] ?? 1);
    expect((weights?.[0] ?? 0) + (weights?.[2] ?? 0)).toBeCloseTo(1, 12);
    expect(policy).toEqual(make.banditPolicy("earn", 0.05));
  });

  it("takes in an alternative that was added, of which nothing is known, with a fair chance", () => {
    const known = clients(1, [
      [5_000, 250],
      [5_000, 250],
      [5_000, 250],
    ]);
    const added = withAlternative(begun(bandit, known, 1), parseAlternativeName("grey"), 2);
    expect(currentEpoch(added)).toMatchObject({ weights: null });
    const first = clients(3, [
      [50, 2],
      [50, 3],
      [50, 2],
      [50, 3],
    ]);
    const { weights } = currentEpoch(begun(added, [...known, ...first], 3));
    expect(weights).toHaveLength(4);
    expect(weights?.[3]).toBeGreaterThan(0.1);
  });

  it("knows what came before the policy was switched to equal shares and back", () => {
    const before = clients(1, [
      [600, 20],
      [600, 60],
      [600, 20],
    ]);
    const off = withWeights(begun(bandit, before, 1), null, 2);
    expect(currentEpoch(off)).toMatchObject({ policy: { kind: "uniform" } });
    const on = withPolicy(off, make.banditPolicy("learn"), 3);
    expect(currentEpoch(on)).toMatchObject({ policy: make.banditPolicy("learn"), weights: null });
    const { weights, policy } = currentEpoch(begun(on, before, 4));
    expect(policy).toMatchObject({ goal: "learn" });
    expect(weights?.[1]).toBeGreaterThan(0.4);
    expect(Math.max(...(weights ?? []))).toBe(weights?.[1]);
  });

  it("keeps weights and floor over a change of traffic, and counts its participants anew", () => {
    const tallies = clients(1, [
      [600, 20],
      [600, 60],
      [600, 20],
    ]);
    const running = begun(bandit, tallies, 0);
    const slowed = withTrafficFraction(running, 0.000_01, 0);
    const { weights, policy } = currentEpoch(running);
    expect(currentEpoch(slowed)).toMatchObject({ policy, weights, trafficFraction: 0.000_01 });
    const few = [
      ...tallies,
      ...clients(3, [
        [50, 1],
        [99, 9],
        [50, 1],
      ]),
    ];
    expect(isBatchDue(slowed, Counts.of(few), BATCH_INTERVAL_MIN_MS)).toBe(false);
    expect(isBatchDue(slowed, Counts.of([...few, ...clients(3, [[1, 0]])]), BATCH_INTERVAL_MIN_MS)).toBe(true);
  });
});

describe("a batch", () => {
  it("does not wait for a clock that was set back to catch up", () => {
    const startedAtMs = 86_400_000;
    const bandit = withPolicy(make.experiment({ alternatives: ["red", "blue"] }), make.banditPolicy(), startedAtMs);
    const enough = clients(1, [
      [150, 15],
      [150, 20],
    ]);
    expect(isBatchDue(bandit, Counts.of(enough), startedAtMs - BATCH_INTERVAL_MIN_MS + 1)).toBe(false);
    expect(isBatchDue(bandit, Counts.of(enough), startedAtMs - BATCH_INTERVAL_MIN_MS)).toBe(true);
  });
});

describe("the schedule", () => {
  it("is that of the batches which are due", () => {
    const CLIENTS = 30_000;
    let experiment = withPolicy(make.experiment({ alternatives: ["red", "blue"] }), make.banditPolicy(), 0);
    const sizes: number[] = [];
    let tallies: Tally[] = [];
    let [inBatch, nowMs] = [0, 0];
    for (let client = 0; client < CLIENTS; client += 1) {
      inBatch += 1;
      if (inBatch < BATCH_PARTICIPANTS_MIN) continue;
      const now = [...tallies, ...clients(experiment.epochs.length - 1, [[inBatch, 1]])];
      if (!isBatchDue(experiment, Counts.of(now), nowMs + BATCH_INTERVAL_MIN_MS)) continue;
      sizes.push(inBatch);
      tallies = now;
      inBatch = 0;
      nowMs += BATCH_INTERVAL_MIN_MS;
      experiment = withEpoch(
        experiment,
        { weights: [0.5, 0.5], policy: make.banditPolicy("earn", 0.05) },
        batchReason({ kind: "thompson" }),
        nowMs,
      );
    }
    const expected = batchSizes(CLIENTS);
    expect(expected.reduce((sum, size) => sum + size, 0)).toBe(CLIENTS);
    // The last one is not due yet.
    expect([...sizes, inBatch]).toEqual(expected);
  });

  it("makes ten million participants about 170 batches, as docs/statistics.md says", () => {
    expect(batchSizes(10_000_000).length).toBeGreaterThan(160);
    expect(batchSizes(10_000_000).length).toBeLessThan(185);
  });
});
