import { describe, expect, it } from "vitest";
import {
  mismatchCause,
  type SegmentCells,
  type SegmentQuestion,
  segmentFindings,
} from "../../src/stats/segment-findings.ts";

type Counts = readonly [participants: number, conversions: number];

function cell(value: number, ...stretches: readonly (readonly [Counts, Counts])[]): SegmentCells {
  const arms = stretches.map((pair) => pair.map(([participants, conversions]) => ({ participants, conversions })));
  return { dimension: 0, value, stretches: arms };
}

function question(cells: readonly SegmentCells[], better: "higher" | "lower" = "higher"): SegmentQuestion {
  const weights = (cells[0]?.stretches ?? []).map(() => [0.5, 0.5]);
  return { cells, weights, baseline: 0, better, tuningSize: 10_000 };
}

const STEADY = cell(1, [
  [9_000, 900],
  [9_000, 910],
]);

describe("segments", () => {
  it("say that an alternative hurts where it does worse than the control and than elsewhere", () => {
    const hurt = cell(2, [
      [900, 90],
      [900, 0],
    ]);
    const [rest, found] = segmentFindings(question([STEADY, hurt]));
    expect(found?.comparisons).toMatchObject([{ alternative: 1, says: "hurts" }]);
    // The rest is better than that one value, which is no harm.
    expect(rest?.comparisons[0]?.says).not.toBe("hurts");
    const [, lower] = segmentFindings(question([STEADY, hurt], "lower"));
    expect(lower?.comparisons[0]?.says).toBe("differs");
  });

  it("say nothing where differences are alike, and draw what is shown toward the whole", () => {
    const findings = segmentFindings(
      question([
        STEADY,
        cell(2, [
          [900, 90],
          [900, 96],
        ]),
      ]),
    );
    for (const { comparisons, mismatch } of findings) {
      expect(comparisons[0]?.says).toBeNull();
      expect(mismatch).toBe(false);
    }
    const difference = findings[1]?.comparisons[0]?.difference;
    expect(Math.abs(difference?.estimate ?? 1)).toBeLessThan(6 / 900);
    expect(difference?.low).toBeLessThan(0);
  });

  it("say nothing of values that hardly anybody has, or in a dimension of one value", () => {
    const few = segmentFindings(
      question([
        STEADY,
        cell(2, [
          [9, 4],
          [9, 0],
        ]),
      ]),
    );
    expect(few[1]?.comparisons).toMatchObject([{ p: 1, says: null, difference: null }]);
    expect(segmentFindings(question([STEADY]))[0]?.comparisons[0]?.p).toBe(1);
    expect(segmentFindings(question([]))).toEqual([]);
  });

  it("claim nothing of a small alternative that nobody of a value has converted in yet", () => {
    // 5 of 500 were expected: none come by chance in one of 150 such values.
    const sides = [
      cell(1, [
        [28_500, 285],
        [1_500, 15],
      ]),
      cell(2, [
        [9_500, 95],
        [500, 0],
      ]),
    ];
    const asked = { ...question(sides), weights: [[0.95, 0.05]] };
    for (const { comparisons } of segmentFindings(asked)) expect(comparisons).toMatchObject([{ p: 1, says: null }]);
  });

  it("compare stretches of other shares by themselves", () => {
    // Pooled over both, value 2 would seem to gain: its share of the second stretch, of a better time, is larger.
    const cells = [
      cell(
        1,
        [
          [900, 90],
          [8_100, 810],
        ],
        [
          [8_100, 4_050],
          [900, 450],
        ],
      ),
      cell(
        2,
        [
          [100, 10],
          [900, 90],
        ],
        [
          [900, 450],
          [100, 50],
        ],
      ),
    ];
    const weights = [
      [0.1, 0.9],
      [0.9, 0.1],
    ];
    const findings = segmentFindings({ cells, weights, baseline: 0, better: "higher", tuningSize: 10_000 });
    expect(findings.map(({ comparisons, mismatch }) => [comparisons[0]?.says, mismatch])).toEqual([
      [null, false],
      [null, false],
    ]);
  });

  it("draw a difference of several stretches from their own, weighted by what is known of each, to that of all", () => {
    const stretches = (value: number, size: number, rates: readonly [number, number]) =>
      cell(
        value,
        ...[size, 4 * size].map((n): readonly [Counts, Counts] => [
          [n, n * rates[0]],
          [n, n * rates[1]],
        ]),
      );
    const findings = segmentFindings(question([stretches(1, 9_000, [0.1, 0.1]), stretches(2, 900, [0.1, 0.2])]));
    const { estimate = 0, low = 0 } = findings[1]?.comparisons[0]?.difference ?? {};
    // .1 in both stretches; the standard error is sqrt((.09 + .16) / 4,500) = .0075 and the whole is at about .008, so that
    // chance explains (.0075 / .092)² of the distance: less than a hundredth.
    expect(estimate).toBeGreaterThan(0.098);
    expect(estimate).toBeLessThan(0.1);
    expect(low).toBeGreaterThan(0.05);
  });

  it("name the value in which clients of an alternative are missing", () => {
    const cells = [
      cell(1, [
        [5_000, 500],
        [5_010, 500],
      ]),
      cell(2, [
        [900, 90],
        [500, 50],
      ]),
    ];
    const asked = question(cells);
    const findings = segmentFindings(asked);
    expect(findings.map(({ mismatch }) => mismatch)).toEqual([false, true]);
    expect(mismatchCause(asked, cells, findings)).toMatchObject({
      dimension: 0,
      value: 2,
      alternative: 1,
      missing: 400,
    });
    expect(mismatchCause(asked, cells, segmentFindings(question([STEADY])))).toBeUndefined();
  });
});
