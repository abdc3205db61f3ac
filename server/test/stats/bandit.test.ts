import { describe, expect, it } from "vitest";
import {
  allocationFloor,
  epochAdjustedPosteriors,
  floorFor,
  stoppingAdviceSteps,
  thompsonWeights,
  topTwoWeights,
} from "../../src/stats/bandit.ts";
import { posteriorOf } from "../../src/stats/posterior.ts";
import { seededRandom } from "../../src/stats/random.ts";
import { simulateBandit } from "../../src/stats/simulate-bandit.ts";

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

import { finished } from "../../src/stats/steps.ts";

describe("allocation", () => {
  it("keeps at least 2 % per arm and 10 % of traffic exploring", () => {
    expect([2, 4, 6, 50, 100].map(floorFor)).toEqual([0.05, 0.025, 0.02, 0.02, 0.01]);
  });

  it("gives weights that sum to 1 and respect the floor", () => {
    const posteriors = [30, 60, 45].map((x) => posteriorOf({ n: 1000, x }, [1, 1]));
    for (const goal of ["earn", "learn"] as const) {
      const weights = thompsonWeights(posteriors, { goal, floor: 0.04 });
      expect(sum(weights)).toBeCloseTo(1, 12);
      expect(Math.min(...weights)).toBeGreaterThanOrEqual(0.04);
    }
  });

  it("sends the rivals more traffic when the goal is to learn", () => {
    const [earn, learn] = (["earn", "learn"] as const).map((goal) =>
      thompsonWeights(
        [30, 60, 45].map((x) => posteriorOf({ n: 1000, x }, [1, 1])),
        { goal, floor: 0 },
      ),
    );
    expect(learn?.[1]).toBeLessThan(earn?.[1] ?? 0);
    expect(learn?.[1]).toBeGreaterThan(0.45);
  });

  it("splits two arms evenly when learning, whoever leads (b = 1/2)", () => {
    expect(topTwoWeights([0.9, 0.1])).toEqual([expect.closeTo(0.5, 12), expect.closeTo(0.5, 12)]);
    expect(topTwoWeights([1, 0])[0]).toBe(1);
  });

  it("adds the floor evenly", () => {
    expect(sum(allocationFloor([0.5, 0.3, 0.2], 0.1))).toBeCloseTo(1, 12);
  });
});

describe("epoch-adjusted posteriors", () => {
  it("are the plain ones within one epoch", () => {
    const arms = [
      { n: 500, x: 20 },
      { n: 480, x: 31 },
    ];
    expect(epochAdjustedPosteriors([{ arms }], [1, 1])).toEqual(arms.map((arm) => posteriorOf(arm, [1, 1])));
  });

  it("are not fooled by an arm that got its clients in good times", () => {
    const epochs = [
      {
        arms: [
          { n: 9000, x: 450 },
          { n: 1000, x: 50 },
        ],
      },
      {
        arms: [
          { n: 1000, x: 150 },
          { n: 9000, x: 1350 },
        ],
      },
    ];
    const [a, b] = epochAdjustedPosteriors(epochs, [1, 1]).map((beta) => beta.a / (beta.a + beta.b));
    expect(a).toBeCloseTo(b ?? 0, 3);
  });

  it("keep all that is known when nothing moved", () => {
    const epochs = [1, 2, 3].map(() => ({
      arms: [
        { n: 1000, x: 50 },
        { n: 1000, x: 60 },
      ],
    }));
    const adjusted = epochAdjustedPosteriors(epochs, [1, 1]);
    expect(adjusted[1]?.a).toBeCloseTo(181, 6);
    expect(sum([adjusted[1]?.a ?? 0, adjusted[1]?.b ?? 0])).toBeCloseTo(3002, 6);
  });

  it("compare an arm that came later with what it was offered beside", () => {
    const epochs = [
      {
        arms: [
          { n: 5000, x: 100 },
          { n: 0, x: 0 },
        ],
      },
      {
        arms: [
          { n: 5000, x: 500 },
          { n: 5000, x: 500 },
        ],
      },
    ];
    const [early, late] = epochAdjustedPosteriors(epochs, [1, 1]).map((beta) => beta.a / (beta.a + beta.b));
    expect(late).toBeCloseTo(early ?? 0, 3);
  });

  it("stay proper without conversions", () => {
    const epochs = [1, 2].map(() => ({
      arms: [
        { n: 10, x: 0 },
        { n: 10, x: 0 },
      ],
    }));
    expect(epochAdjustedPosteriors(epochs, [1, 1])).toEqual([
      { a: 1, b: 21 },
      { a: 1, b: 21 },
    ]);
  });
});

describe("stopping advice", () => {
  const clear = [posteriorOf({ n: 1e6, x: 50_000 }, [1, 1]), posteriorOf({ n: 1e6, x: 60_000 }, [1, 1])];

  it("stops on a clear winner after two weeks, not before", () => {
    expect(finished(stoppingAdviceSteps(clear, 14))).toMatchObject({ stop: true, arm: 1, valueRemaining: 0 });
    expect(finished(stoppingAdviceSteps(clear, 13)).stop).toBe(false);
  });

  it("goes on while another arm may be better with a chance above 5 %, and says by how much", () => {
    // Of two rates of 4 % and 5 % in 1,000 each, the higher is best with Φ(.01 / .0093) = 86 %.
    const open = [posteriorOf({ n: 1000, x: 40 }, [1, 1]), posteriorOf({ n: 1000, x: 50 }, [1, 1])];
    const advice = finished(stoppingAdviceSteps(open, 28));
    expect(advice).toMatchObject({ stop: false, isSettled: false, arm: 1 });
    expect(advice.chanceToBeBest).toBeCloseTo(0.86, 2);
    // The difference is at most -.01 + 1.645 · .0093 = .0053 with 95 %: a tenth of 5 %.
    expect(advice.valueRemaining).toBeGreaterThan(0.09);
    expect(advice.valueRemaining).toBeLessThan(0.14);
  });
});

describe("the simulated policy", () => {
  it("loses less than equal shares would, by a seed", () => {
    const input = {
      rates: [0.05, 0.08],
      users: 10_000,
      batches: 10,
      runs: 20,
      goal: "earn",
      floor: 0.05,
      adjusted: true,
    } as const;
    const steps = simulateBandit(input, seededRandom(1));
    let step = steps.next();
    while (!step.done) step = steps.next();
    // Equal shares lose 150 conversions; a learning policy about a fifth of it, with a standard error of a few.
    expect(step.value.regretUniform).toBeCloseTo(150, 6);
    expect(step.value.regret).toBeLessThan(75);
  });

  it("takes batches by number or by their sizes", () => {
    const input = { rates: [0.1, 0.2], users: 1000, runs: 5, goal: "earn", floor: 0.05, adjusted: true } as const;
    const result = (batches: number | readonly number[]) => {
      const steps = simulateBandit({ ...input, batches }, seededRandom(2));
      let step = steps.next();
      while (!step.done) step = steps.next();
      return step.value;
    };
    expect(result([250, 250, 250, 250])).toEqual(result(4));
    expect(result([100, 900])).not.toEqual(result(2));
  });
});
