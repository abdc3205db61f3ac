import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Better } from "../../src/stats/direction.ts";
import type { EpochCounts, KpiCell, ReportInput } from "../../src/stats/input.ts";
import type { Comparison, Report } from "../../src/stats/report.ts";
import { type SplitEpoch, sampleRatioEvidence } from "../../src/stats/sample-ratio.ts";
import { type SegmentCells, type SegmentQuestion, segmentFindings } from "../../src/stats/segment-findings.ts";
import { summarize } from "../../src/stats/summarize.ts";

/** What says the same thing in other words has to be answered alike. */

const RUNS = { numRuns: 60, seed: 20_261_130 };

const size = fc.integer({ min: 2, max: 4_000 });
const share = fc.constantFrom(0, 0.001, 0.02, 0.3, 0.5, 0.9, 0.999, 1);
const better = fc.constantFrom<Better>("higher", "lower");

/** Values of which `conversions` are not zero; the mean square of those is `factor` times the square of their mean. */
const cellOf = (n: number): fc.Arbitrary<KpiCell> =>
  fc.tuple(share, fc.double({ min: -0.3, max: 0.3, noNaN: true }), fc.constantFrom(-7, 1, 20)).map(([p, off, mean]) => {
    const conversions = Math.min(n, Math.max(0, Math.round(n * (p + off * p * (1 - p)))));
    const own = mean * (1 + off);
    return { conversions, values: { sum: conversions * own, sumSquares: 1.5 * conversions * own * own } };
  });

const stretch = (arms: number): fc.Arbitrary<EpochCounts> =>
  fc
    .tuple(
      fc.array(size, { minLength: arms, maxLength: arms }),
      fc.array(fc.constantFrom(1, 2, 9, 0.2), { minLength: arms, maxLength: arms }),
    )
    .chain(([participants, weights]) =>
      fc.tuple(...participants.map(cellOf)).map((row) => ({ weights, participants, kpis: [row] })),
    );

/** @param arms any number, or exactly so many */
const question = (arms?: number): fc.Arbitrary<ReportInput> =>
  (arms === undefined ? fc.integer({ min: 2, max: 5 }) : fc.constant(arms)).chain((count) =>
    fc.record({
      arms: fc.constant(Array.from({ length: count }, (_, index) => ({ name: `arm${index}` }))),
      kpis: fc
        .tuple(better, fc.constantFrom("rate" as const, "mean" as const))
        .map(([way, decidesOn]) => [{ name: "goal", role: "primary" as const, better: way, decidesOn }]),
      epochs: fc.array(stretch(count), { minLength: 1, maxLength: 3 }),
      claimsAlone: fc.constant(true),
      settings: fc.constant({ daysComplete: 14 }),
    }),
  );

/** Of the figure that decides, by name of the arm. */
function comparisonsOf(report: Report): ReadonlyMap<string, Comparison> {
  const [kpi] = report.kpis;
  if (kpi?.kind !== "analysed") return new Map();
  const arms = kpi.decidesOn === "means" ? (kpi.means ?? []) : kpi.rates;
  return new Map(arms.flatMap(({ name, comparison }) => (comparison.kind === "compared" ? [[name, comparison]] : [])));
}

/** What is claimed, and how surely. */
function claims(report: Report) {
  return [...comparisonsOf(report)].map(([name, { pAlwaysValid, pHolm, conclusion, gate }]) => {
    return { name, pAlwaysValid, pHolm, conclusion, gate: gate.kind };
  });
}

function expectAlike(one: Report, other: Report, turned = false): void {
  const [first, second] = [claims(one), new Map(claims(other).map((claim) => [claim.name, claim]))];
  expect(first.length).toBe(second.size);
  for (const { name, pAlwaysValid, pHolm, conclusion, gate } of first) {
    const same = second.get(name);
    expect(same?.gate).toBe(gate);
    expect(same?.conclusion).toBe(turned ? TURNED[conclusion] : conclusion);
    for (const [was, is] of [
      [pAlwaysValid, same?.pAlwaysValid],
      [pHolm, same?.pHolm],
    ] as const) {
      expect(Math.abs((is ?? Number.NaN) - (was ?? Number.NaN))).toBeLessThanOrEqual(1e-7 * (was ?? 1) + 1e-300);
    }
  }
  if (!turned) expect(other.verdict.kind).toBe(one.verdict.kind);
}

const TURNED = { better: "worse", worse: "better", undecided: "undecided" } as const;
const OTHER_WAY = { higher: "lower", lower: "higher" } as const;

/** The same question with other cells. */
function withCells(input: ReportInput, change: (cell: KpiCell, participants: number) => KpiCell): ReportInput {
  const epochs = input.epochs.map((epoch) => ({
    ...epoch,
    kpis: epoch.kpis.map((row) => row.map((cell, arm) => change(cell, epoch.participants[arm] ?? 0))),
  }));
  return { ...input, epochs };
}

function otherWay(input: ReportInput): ReportInput {
  return { ...input, kpis: input.kpis.map((kpi) => ({ ...kpi, better: OTHER_WAY[kpi.better ?? "higher"] })) };
}

/** The same question with its arms in another order. */
function reordered(input: ReportInput, order: readonly number[]): ReportInput {
  const pick = <T>(list: readonly T[]): T[] => order.flatMap((arm) => list.slice(arm, arm + 1));
  return {
    ...input,
    arms: pick(input.arms),
    baseline: order.indexOf(input.baseline ?? 0),
    epochs: input.epochs.map((epoch) => ({
      ...epoch,
      weights: pick(epoch.weights),
      participants: pick(epoch.participants),
      kpis: epoch.kpis.map(pick),
    })),
  };
}

describe("a report", () => {
  it("does not depend on the unit of values", () => {
    fc.assert(
      fc.property(question(), fc.constantFrom(1000, 0.01), (input, unit) => {
        const scaled = withCells(input, ({ conversions, values }) => ({
          conversions,
          ...(values && { values: { sum: values.sum * unit, sumSquares: values.sumSquares * unit * unit } }),
        }));
        const [one, other] = [summarize(input), summarize(scaled)];
        expectAlike(one, other);
        if (input.kpis[0]?.decidesOn !== "mean") return;
        for (const [name, { difference, uplift }] of comparisonsOf(one)) {
          const same = comparisonsOf(other).get(name);
          expect(same?.difference.estimate).toBeCloseTo((difference.estimate ?? 0) * unit, 6);
          expect(same?.uplift.estimate ?? 0).toBeCloseTo(uplift.estimate ?? 0, 6);
        }
      }),
      RUNS,
    );
  });

  it("says of less, where less is better, what it says of more", () => {
    fc.assert(
      fc.property(question(), (input) => {
        const isMean = input.kpis[0]?.decidesOn === "mean";
        const mirrored = withCells(otherWay(input), ({ conversions, values }, n) => {
          if (!isMean) return { conversions: n - conversions };
          return { conversions, ...(values && { values: { ...values, sum: -values.sum } }) };
        });
        expectAlike(summarize(input), summarize(mirrored));
      }),
      RUNS,
    );
  });

  it("turns round with the direction alone", () => {
    fc.assert(
      fc.property(question(), (input) => expectAlike(summarize(input), summarize(otherWay(input)), true)),
      RUNS,
    );
  });

  it("turns round where baseline and alternative change places", () => {
    fc.assert(
      fc.property(question(2), (input) => {
        const [one] = claims(summarize(input));
        const [other] = claims(summarize({ ...input, baseline: 1 }));
        expect(other?.conclusion).toBe(one && TURNED[one.conclusion]);
        expect(other?.gate).toBe(one?.gate);
        expect(other?.pAlwaysValid ?? 0).toBeCloseTo(one?.pAlwaysValid ?? 0, 9);
      }),
      RUNS,
    );
  });

  it("does not depend on the order of the alternatives, and not on where a stretch of equal shares is cut", () => {
    fc.assert(
      fc.property(question(), fc.infiniteStream(fc.nat()), (input, keys) => {
        const order = input.arms.map((_, arm) => [keys.next().value ?? 0, arm] as const).sort(([a], [b]) => a - b);
        const moved = reordered(
          input,
          order.map(([, arm]) => arm),
        );
        expectAlike(summarize(input), summarize(moved));
        const none = { participants: input.arms.map(() => 0), kpis: [input.arms.map(() => ({ conversions: 0 }))] };
        const cut = input.epochs.flatMap((epoch) => [{ ...none, weights: epoch.weights.map((w) => 3 * w) }, epoch]);
        expectAlike(summarize(input), summarize({ ...input, epochs: cut }));
      }),
      RUNS,
    );
  });

  it("claims nothing more where an alternative has a twin", () => {
    fc.assert(
      fc.property(question(), (input) => {
        const order = [...input.arms.keys(), input.arms.length - 1];
        const twins = reordered(input, order);
        const doubled = {
          ...twins,
          arms: twins.arms.map(({ name }, arm) => ({ name: arm in input.arms ? name : "twin" })),
        };
        const after = comparisonsOf(summarize(doubled));
        for (const [name, before] of comparisonsOf(summarize(input))) {
          const now = after.get(name);
          expect(now?.pAlwaysValid).toBe(before.pAlwaysValid);
          expect(now?.pHolm ?? 0).toBeGreaterThanOrEqual(before.pHolm ?? 1);
          if (before.conclusion === "undecided") expect(now?.conclusion).toBe("undecided");
        }
        const last = comparisonsOf(summarize(doubled)).get(input.arms.at(-1)?.name ?? "");
        expect(after.get("twin")?.conclusion).toBe(last?.conclusion);
      }),
      RUNS,
    );
  });
});

const MARGINS = { relative: [0.01, 0.05, 0.2, 0.8], absolute: [0.0005, 0.005, 0.05, 0.5] } as const;
const SAFETY = ["inferior", "undecided", "non-inferior"] as const;

it("a wider margin is never harder to keep", () => {
  fc.assert(
    fc.property(stretch(2), better, fc.constantFrom("relative", "absolute"), (epoch, way, kind) => {
      const found = MARGINS[kind].map((value) => {
        const report = summarize({
          arms: [{ name: "a" }, { name: "b" }],
          kpis: [{ name: "guard", role: "guardrail", better: way, margin: { kind, value } }],
          epochs: [epoch],
          claimsAlone: true,
        });
        const [comparison] = comparisonsOf(report).values();
        return SAFETY.indexOf(comparison?.nonInferiority?.conclusion ?? "undecided");
      });
      expect(found).toEqual(found.toSorted((one, other) => one - other));
    }),
    RUNS,
  );
});

const splits: fc.Arbitrary<readonly SplitEpoch[]> = fc.integer({ min: 2, max: 5 }).chain((arms) =>
  fc.array(
    fc.record({
      observed: fc.array(fc.nat(3_000), { minLength: arms, maxLength: arms }),
      weights: fc.array(fc.constantFrom(1, 2, 9, 0.1), { minLength: arms, maxLength: arms }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
);

it("the evidence of a wrong split does not depend on the order of arms and stretches, and not on the scale of weights", () => {
  fc.assert(
    fc.property(splits, (epochs) => {
      const evidence = sampleRatioEvidence(epochs);
      const turned = epochs.map(({ observed, weights }) => ({
        observed: observed.toReversed(),
        weights: weights.toReversed().map((weight) => 7 * weight),
      }));
      const slack = 1e-9 * (1 + Math.abs(evidence)) + 1e-6;
      expect(Math.abs(sampleRatioEvidence(turned) - evidence)).toBeLessThan(slack);
      expect(Math.abs(sampleRatioEvidence(epochs.toReversed()) - evidence)).toBeLessThan(slack);
    }),
    RUNS,
  );
});

const segmented: fc.Arbitrary<SegmentQuestion> = fc
  .tuple(fc.integer({ min: 2, max: 3 }), fc.integer({ min: 2, max: 4 }), fc.integer({ min: 1, max: 2 }))
  .chain(([arms, values, stretches]) =>
    fc.record({
      cells: fc
        .array(fc.array(fc.tuple(size, share), { minLength: arms * stretches, maxLength: arms * stretches }), {
          minLength: values,
          maxLength: values,
        })
        .map((rows) =>
          rows.map((row, value): SegmentCells => {
            const all = row.map(([n, p]) => ({ participants: n, conversions: Math.round(n * p) }));
            const parts = Array.from({ length: stretches }, (_, at) => all.slice(at * arms, (at + 1) * arms));
            return { dimension: 0, value, stretches: parts };
          }),
        ),
      weights: fc.constant(Array.from({ length: stretches }, (_, at) => [1 + at, ...new Array(arms - 1).fill(1)])),
      baseline: fc.constant(0),
      better,
      tuningSize: fc.constant(10_000),
    }),
  );

function expectFoundAlike(one: SegmentQuestion, other: SegmentQuestion): void {
  const found = new Map(segmentFindings(other).map((finding) => [finding.value, finding]));
  for (const { value, comparisons, mismatch } of segmentFindings(one)) {
    const same = found.get(value);
    expect(same?.mismatch).toBe(mismatch);
    expect(same?.comparisons.map(({ says }) => says)).toEqual(comparisons.map(({ says }) => says));
    for (const [at, { p }] of comparisons.entries()) expect(same?.comparisons[at]?.p).toBeCloseTo(p, 7);
  }
}

describe("what is said of segments", () => {
  it("does not depend on the order of values", () => {
    fc.assert(
      fc.property(segmented, (asked) => expectFoundAlike(asked, { ...asked, cells: asked.cells.toReversed() })),
      RUNS,
    );
  });

  it("is of failures, where fewer are better, what it is of conversions", () => {
    fc.assert(
      fc.property(segmented, (asked) => {
        const cells = asked.cells.map(({ stretches, ...cell }) => ({
          ...cell,
          stretches: stretches.map((arms) =>
            arms.map(({ participants, conversions }) => ({ participants, conversions: participants - conversions })),
          ),
        }));
        expectFoundAlike(asked, { ...asked, cells, better: OTHER_WAY[asked.better] });
      }),
      RUNS,
    );
  });
});
