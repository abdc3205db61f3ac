/** Who got how much traffic, and whether that is what was promised. */
import type { EpochCounts, ReportInput, Settings } from "./input.ts";
import { noInference, ONE_ARM } from "./no-inference.ts";
import type { Report, SampleRatio } from "./report.ts";
import { chiSquare, EVIDENCE_ALARM, expectedCounts, sampleRatioEvidence } from "./sample-ratio.ts";

/** exp of this is still finite; evidence beyond it says no more. */
const LOG_EVIDENCE_MAX = 700;

export function sampleRatioOf({ arms, epochs }: ReportInput, { sampleRatioLatched }: Settings): SampleRatio {
  if (arms.length < 2) return noInference("one-arm", ONE_ARM);
  const observed = arms.map((_, arm) => epochs.reduce((sum, epoch) => sum + (epoch.participants[arm] ?? 0), 0));
  const expected = expectedOf(epochs, arms.length);
  const { chi2, df, p } = chiSquare(observed, expected);
  const splits = epochs.map((epoch) => ({ observed: epoch.participants, weights: epoch.weights }));
  const logEvidence = Math.min(LOG_EVIDENCE_MAX, sampleRatioEvidence(splits));
  const alarm = logEvidence >= Math.log(EVIDENCE_ALARM);
  return {
    kind: "tested",
    observed,
    expected,
    chiSquare: chi2,
    df,
    pFixed: p,
    logEvidence,
    pAlwaysValid: Math.min(1, Math.exp(-logEvidence)),
    alarm,
    latched: alarm || sampleRatioLatched,
  };
}

function expectedOf(epochs: readonly EpochCounts[], arms: number): number[] {
  const expected = new Array<number>(arms).fill(0);
  for (const epoch of epochs) {
    for (const [arm, count] of expectedCounts(epoch.participants, epoch.weights).entries()) {
      expected[arm] = (expected[arm] ?? 0) + count;
    }
  }
  return expected;
}

export function armsOf({ arms, epochs }: ReportInput): Report["arms"] {
  const expected = expectedOf(epochs, arms.length);
  const counts = arms.map((_, arm) => epochs.reduce((sum, epoch) => sum + (epoch.participants[arm] ?? 0), 0));
  const total = counts.reduce((sum, count) => sum + count, 0);
  return arms.map(({ name, retired = false }, arm) => ({
    name,
    retired,
    participants: counts[arm] ?? 0,
    share: total > 0 ? (counts[arm] ?? 0) / total : null,
    expectedShare: total > 0 ? (expected[arm] ?? 0) / total : null,
  }));
}
