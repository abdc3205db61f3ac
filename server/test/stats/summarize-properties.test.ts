import fc from "fast-check";
import { expect, it } from "vitest";
import type { EpochCounts, KpiCell, ReportInput } from "../../src/stats/input.ts";
import type { Comparison, Effect, KpiOutcome, Report } from "../../src/stats/report.ts";
import { summarize } from "../../src/stats/summarize.ts";

/** From nobody to 50 million, and the small counts in between where rules change. */
const participants = fc.constantFrom(0, 1, 2, 3, 10, 100, 1000, 50_000, 1_000_000, 50_000_000);
/** Equal, tiny, one-sided and none at all; the first arm always takes some. */
const weight = fc.constantFrom(1, 1, 0.5, 99, 0.01, 1e-6, 0);

function cell(n: number): fc.Arbitrary<KpiCell> {
  const conversions = fc.oneof(
    fc.constantFrom(0, Math.min(1, n), n, Math.max(0, n - 1)),
    fc.double({ min: 0, max: 1, noNaN: true }).map((share) => Math.floor(n * share)),
  );
  const spread = fc.constantFrom(1, 1.0000001, 2, 50);
  const values = fc.tuple(fc.constantFrom(1e-6, 1, 100, 1e12, -100), spread);
  return fc.tuple(conversions, fc.option(values, { nil: undefined })).map(([x, given]) => {
    if (given === undefined) return { conversions: x };
    const [mean, factor] = given;
    return { conversions: x, values: { sum: x * mean, sumSquares: x * mean * mean * factor } };
  });
}

function epoch(arms: number, kpis: number): fc.Arbitrary<EpochCounts> {
  const list = <T>(item: fc.Arbitrary<T>, length: number) => fc.array(item, { minLength: length, maxLength: length });
  return fc
    .tuple(list(participants, arms), list(weight, arms - 1), fc.constantFrom(1, 0.5))
    .chain(([counts, weights, trafficFraction]) =>
      list(fc.tuple(...counts.map(cell)), kpis).map((rows) => {
        return { weights: [1, ...weights], trafficFraction, participants: counts, kpis: rows };
      }),
    );
}

const spec = fc.record({
  role: fc.constantFrom("primary", "secondary", "guardrail"),
  better: fc.constantFrom("higher", "lower"),
  decidesOn: fc.constantFrom("rate", "mean"),
} as const);

const plan = fc.record({
  participants: fc.constantFrom(1, 100, 20_000, 1_000_000_000),
  baseline: fc.constantFrom(
    { rate: 0.0001 },
    { rate: 0.05 },
    { rate: 0.99 },
    { mean: -3, deviation: 0.5 },
    { mean: 4, deviation: 31 },
  ),
  minimumUplift: fc.constantFrom(0.0001, 0.2, 5, -0.2, -0.99),
});

const input: fc.Arbitrary<ReportInput> = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }))
  .chain(([arms, kpis]) =>
    fc.record(
      {
        arms: fc.constant(Array.from({ length: arms }, (_, index) => ({ name: `arm${index}` }))),
        kpis: fc.array(spec, { minLength: kpis, maxLength: kpis }).map((specs) => {
          return specs.map((each, index) => ({ name: `kpi${index}`, ...each }));
        }),
        epochs: fc.array(epoch(arms, kpis), { minLength: 1, maxLength: 4 }),
        baseline: fc.integer({ min: 0, max: arms - 1 }),
        plan,
        finalLook: fc.array(epoch(arms, kpis), { minLength: 1, maxLength: 2 }),
        settings: fc.record({
          daysComplete: fc.constantFrom(0, 7, 100),
          recentDailyParticipants: fc.constantFrom([], [0, 0], [1, 100_000]),
          adaptive: fc.boolean(),
        }),
      },
      { requiredKeys: ["arms", "kpis", "epochs", "baseline"] },
    ),
  );

function comparisons(kpi: KpiOutcome): Comparison[] {
  if (kpi.kind !== "analysed") return [];
  const arms = [...kpi.rates, ...(kpi.means ?? [])];
  return arms.flatMap(({ comparison }) => (comparison.kind === "compared" ? [comparison] : []));
}

function expectOrdered({ estimate, fixed, alwaysValid }: Effect): void {
  for (const { lower, upper, unbounded } of [fixed ?? alwaysValid, alwaysValid]) {
    expect(unbounded).toBe(lower === null || upper === null);
    if (lower !== null && upper !== null) expect(lower).toBeLessThanOrEqual(upper);
    if (estimate === null) continue;
    const slack = 1e-12 + 1e-9 * Math.abs(estimate);
    if (lower !== null) expect(lower).toBeLessThanOrEqual(estimate + slack);
    if (upper !== null) expect(upper).toBeGreaterThanOrEqual(estimate - slack);
  }
}

function expectSound(report: Report): void {
  // What JSON loses (NaN, infinities, undefined) would not come back.
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  expect(report.verdict.sentence).toMatch(/^[A-Z].*\.$/);
  expect(report.verdict.sentence).not.toMatch(/NaN|Infinity|undefined|null/);
  for (const comparison of report.kpis.flatMap(comparisons)) {
    for (const effect of [comparison.difference, comparison.uplift]) expectOrdered(effect);
    for (const p of [comparison.pFixed ?? 0, comparison.pAlwaysValid, comparison.chanceToBeatBaseline]) {
      expect(p).toBeGreaterThanOrEqual(0);
      expect(p).toBeLessThanOrEqual(1 + 1e-12);
    }
    const { lower, upper } = comparison.credibleUplift;
    if (lower !== null && upper !== null) expect(lower).toBeLessThanOrEqual(upper);
    expectSafeByItsP(comparison, report.levels.alpha);
  }
}

/** The p-value that is kept of what is safe says the same as the interval that showed it. */
function expectSafeByItsP({ nonInferiority }: Comparison, alpha: number): void {
  if (nonInferiority?.conclusion !== "non-inferior") return;
  const { pAlwaysValid, pFinalLook } = nonInferiority;
  expect(Math.min(pAlwaysValid, 2 * (pFinalLook ?? 1))).toBeLessThan(alpha);
}

it("answers any counts, weights, values, plans and frozen looks with figures that fit each other", () => {
  fc.assert(
    fc.property(input, (each) => expectSound(summarize(each))),
    { numRuns: 200, seed: 20_250_202 },
  );
});
