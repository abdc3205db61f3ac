import { describe, expect, it } from "vitest";
import { EXPERIMENTS, visitorsOf, visits } from "../../../src/cli/seed/scenario.ts";
import { assigned } from "../../../src/domain/assignment.ts";
import { Counts } from "../../../src/domain/counts.ts";
import { parseAlternativeNames, parseExperimentName, parseKpiName } from "../../../src/domain/names.ts";
import { parseDimensions, segmentsOf } from "../../../src/domain/segments.ts";
import { joiningCounts } from "../../../src/domain/tally.ts";
import { segmentSteps } from "../../../src/service/analysis/segment-report.ts";
import { finished } from "../../../src/stats/steps.ts";
import * as make from "../../support/make.ts";

/** A Wednesday noon. */
const NOW_MS = Date.UTC(2026, 3, 15, 12);

function plan(seed: number, scale = 1, days = 28) {
  return [...visits({ seed, scale, days, nowMs: NOW_MS })];
}

/** Plays without a server: every client gets the alternative that its number says. */
function played(seed: number) {
  return plan(seed, 0.05).map((visit, index) => {
    const { alternatives } = visit.experiment;
    const alternative = alternatives[index % alternatives.length] ?? "";
    return { at: visit.at, client: visit.clientId, conversions: visit.conversions(alternative) };
  });
}

describe("the eight experiments", () => {
  it("have names that the server takes, and a rate per alternative", () => {
    expect(EXPERIMENTS).toHaveLength(8);
    for (const { name, alternatives, goals } of EXPERIMENTS) {
      parseExperimentName(name);
      parseAlternativeNames(alternatives);
      for (const { kpi, rates } of goals) {
        if (kpi !== null) parseKpiName(kpi);
        expect(rates).toHaveLength(alternatives.length);
      }
    }
  });
});

describe("the experiment with segments", () => {
  it("loses visitors with one browser in one alternative, and the report names it", () => {
    const planned = EXPERIMENTS.find(({ segments }) => segments !== undefined);
    if (planned?.segments === undefined) throw new Error("Expected one with segments");
    const dimensions = parseDimensions(planned.segments.declared);
    const { name, alternatives } = planned;
    const experiment = { ...make.experiment({ name, alternatives }), dimensions };
    const arrived = plan(1)
      .filter((visit) => visit.experiment === planned)
      .flatMap(({ segments, lostIn }, index) => {
        const arm = index % alternatives.length;
        if (lostIn !== undefined && alternatives[arm] === lostIn) return [];
        const sent = segments && new Map(Object.entries(segments));
        const values = segmentsOf(dimensions, { segments: sent, userAgent: undefined });
        return joiningCounts({ day: make.DAY, segments: values }).map((count) =>
          make.tally({ assignment: assigned(arm), ...count }),
        );
      });
    const report = finished(segmentSteps(experiment, Counts.of(arrived)));
    expect(report?.cause).toMatch(
      /^swipe is missing about \d+ visitors, and (?:all|\d+) of them have browser=safari\.$/,
    );
    expect(report?.hurt).toEqual([]);
  });
});

describe("visits", () => {
  it("are the same for the same seed, and others for another", () => {
    expect(played(3)).toEqual(played(3));
    expect(played(3)).not.toEqual(played(4));
  });

  it("come in the planned number, oldest day first, each client once", () => {
    const all = plan(1);
    expect(all).toHaveLength(EXPERIMENTS.reduce((sum, experiment) => sum + visitorsOf(experiment, 1), 0));
    expect(new Set(all.map(({ clientId }) => clientId)).size).toBe(all.length);
    const days = all.map(({ at }) => at.slice(0, 10));
    expect(days).toEqual(days.toSorted());
    expect(new Set(days).size).toBe(28);
    expect([days[0], days.at(-1)]).toEqual(["2026-03-19", "2026-04-15"]);
  });

  it("convert at the planned rates, with values where there are some, and never after today", () => {
    const hints = plan(1, 10).filter(({ experiment }) => experiment.name === "product-hints");
    const conversions = hints.flatMap((visit) => visit.conversions("none"));
    const purchases = conversions.filter(({ kpi }) => kpi === "purchase");
    // 60,000 visitors at 5.2 %: a standard deviation of sqrt(0.052 · 0.948 / 60,000) = 0.00091; five of them.
    expect(Math.abs(purchases.length / hints.length - 0.052)).toBeLessThan(0.0046);
    expect(purchases.every(({ value }) => value !== undefined && value > 0)).toBe(true);
    expect(conversions.every(({ kpi, value }) => kpi === "purchase" || value === undefined)).toBe(true);
    expect(conversions.reduce((latest, { at }) => (at > latest ? at : latest), "") < "2026-04-16").toBe(true);
  });
});
