import { describe, expect, test } from "vitest";
import { confidenceLevel, sixpackCompat, sixpackCompatControl } from "../../src/stats/compat.ts";

const counts = (n: number, x: number) => ({ n, x });
type Counts = ReturnType<typeof counts>;
const conversionPercent = (arm: Counts) => sixpackCompatControl(arm).conversion_rate;
const intervalHalfWidth = (arm: Counts) => sixpackCompatControl(arm).confidence_interval;
const gStatistic = (control: Counts, arm: Counts) => sixpackCompat(control, arm).test_statistic;

describe("the figures of Sixpack 2.7", () => {
  // Printed by Python: '%.2f' % (x / float(n) * 100). The first four are ties.
  test.each([
    [96, 3, 3.12],
    [32, 3, 9.38],
    [160, 1, 0.62],
    [800, 7, 0.88],
    [9, 1, 11.11],
    [3, 2, 66.67],
    [0, 0, 0],
    [5, 5, 100],
  ])("of %i participants and %i conversions prints the percentage %f, ties to even", (n, x, percent) => {
    expect(conversionPercent(counts(n, x))).toBe(percent);
  });

  test("gives half of the 80 % interval in points, and 0 where nobody took part", () => {
    // From conformance/sixpack-2.7/results.json: banner, green.
    expect(intervalHalfWidth(counts(9, 1))).toBe(13.408839702500458);
    expect(intervalHalfWidth(counts(0, 0))).toBe(0);
  });

  test("has no statistic below 20 conversions in both together", () => {
    expect(gStatistic(counts(100, 10), counts(100, 9))).toBe("N/A");
    expect(gStatistic(counts(100, 10), counts(100, 10))).toBe(0);
  });

  test("is 0 where a cell of the table is empty, as 2.7 caught the error of its logarithm", () => {
    expect(gStatistic(counts(100, 0), counts(100, 30))).toBe(0);
    expect(gStatistic(counts(100, 30), counts(30, 30))).toBe(0);
    expect(gStatistic(counts(100, 30), counts(0, 0))).toBe(0);
  });

  test("gives G of a table, rounded to 2 decimals", () => {
    // 2 Σ O ln(O/E) of 60/1000 against 90/1000 is 6.527161875477088 with Python's math.log.
    expect(gStatistic(counts(1000, 60), counts(1000, 90))).toBe(6.53);
  });

  test.each([
    ["N/A" as const, "N/A"],
    [0, "No Change"],
    [0.01, "No Confidence"],
    [3.84, "No Confidence"],
    [3.85, "95% Confidence"],
    [6.64, "99% Confidence"],
    [10.83, "99.9% Confidence"],
  ])("labels %s as %s", (g, label) => {
    expect(confidenceLevel(g)).toBe(label);
  });
});
