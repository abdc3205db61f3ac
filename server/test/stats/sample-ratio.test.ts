import { describe, expect, it } from "vitest";
import { EVIDENCE_ALARM, sampleRatioEvidence } from "../../src/stats/sample-ratio.ts";

/** Participants at which the alarm sounds when one arm of two gets exactly this share of them. */
function alarmAt(share: number, weights: readonly [number, number] = [1, 1]): number {
  for (let n = 1; n < 100_000; n += 1) {
    const first = Math.round(n * share);
    if (sampleRatioEvidence([{ observed: [first, n - first], weights }]) >= Math.log(EVIDENCE_ALARM)) return n;
  }
  return Number.POSITIVE_INFINITY;
}

describe("the sample ratio alarm", () => {
  it("finds gross failures within dozens of participants, and small ones still", () => {
    expect(alarmAt(0)).toBeLessThanOrEqual(16);
    expect(alarmAt(0.1)).toBeLessThanOrEqual(30);
    expect(alarmAt(0.2)).toBeLessThanOrEqual(55);
    expect(alarmAt(0.3)).toBeLessThanOrEqual(125);
    expect(alarmAt(0.48)).toBeLessThanOrEqual(12_500);
  });

  it("finds a canary that nobody reaches, as soon as its weight allows", () => {
    // At a weight of 1 %, a thousand to one against none at all takes ln 1000 / -ln .99 = 688 participants at the least.
    const at = alarmAt(0, [1, 99]);
    expect(at).toBeGreaterThan(688);
    expect(at).toBeLessThan(1_500);
  });

  it("learns nothing of an arm from a time in which it was offered to nobody, or to everybody", () => {
    const both = { observed: [5_200, 4_800], weights: [1, 1] };
    const beside = (participants: number, weights: readonly [number, number]) =>
      sampleRatioEvidence([both, { observed: weights.map((weight) => weight * participants), weights }]);
    expect(beside(40_000, [1, 0])).toBeCloseTo(beside(4, [1, 0]), 9);
    expect(beside(40_000, [0, 1])).toBeCloseTo(beside(4, [0, 1]), 9);
  });

  it("is quiet on counts as promised", () => {
    for (const n of [10, 100, 10_000, 1_000_000]) {
      expect(sampleRatioEvidence([{ observed: [n, n], weights: [1, 1] }])).toBeLessThan(0);
    }
  });

  it("is an e-process: its mean over all splits of a true one is at most 1", () => {
    // Exact expectation over Binomial(n, 1/2), whatever the mixture of beliefs.
    for (const n of [1, 5, 40]) {
      let [mean, chance] = [0, 0.5 ** n];
      for (let x = 0; x <= n; x += 1) {
        mean += chance * Math.exp(sampleRatioEvidence([{ observed: [x, n - x], weights: [1, 1] }]));
        chance *= (n - x) / (x + 1);
      }
      expect(mean).toBeCloseTo(1, 9);
    }
  });
});
