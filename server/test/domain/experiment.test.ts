import { describe, expect, it } from "vitest";
import {
  alternativeIndex,
  alternativeName,
  control,
  createdExperiment,
  currentEpoch,
  currentEpochNumber,
  DESCRIPTION_LENGTH_MAX,
  type Experiment,
  freshDraft,
  hasAlternatives,
  kpiNumber,
  withArchived,
  withDescription,
  withEpoch,
  withKpi,
  withPaused,
  withWinner,
} from "../../src/domain/experiment.ts";
import { KPIS_MAX, parseKpiName } from "../../src/domain/names.ts";
import { experimentOf } from "../support/experiment.ts";
import { codeOf } from "../support/refusal.ts";

const EXPERIMENT = experimentOf({ createdAtMs: 1_000, trafficFraction: 0.5 });

describe("a new experiment", () => {
  it("is running, without winner or KPIs, in its first epoch", () => {
    expect(EXPERIMENT).toEqual({
      name: "colors",
      incarnation: 1,
      version: 1,
      alternatives: [
        { name: "red", retiredInEpoch: null },
        { name: "green", retiredInEpoch: null },
        { name: "blue", retiredInEpoch: null },
      ],
      paused: false,
      archived: false,
      winner: null,
      description: null,
      kpis: [],
      epochs: [{ startedAtMs: 1_000, reason: "created", policy: "uniform", trafficFraction: 0.5, weights: null }],
      createdAtMs: 1_000,
    });
  });
});

describe("an experiment's alternatives", () => {
  it("are found by position and by name; the first is the control", () => {
    expect(control(EXPERIMENT)).toBe("red");
    expect(alternativeName(EXPERIMENT, 2)).toBe("blue");
    expect(alternativeIndex(EXPERIMENT, "blue")).toBe(2);
    expect(alternativeIndex(EXPERIMENT, "Blue")).toBe(-1);
    expect(alternativeIndex(EXPERIMENT, "constructor")).toBe(-1);
    expect(codeOf(() => alternativeName(EXPERIMENT, 3))).toBe("internal");
  });

  it.each([[["red", "green", "blue"]], [["blue", "red", "green"]]])("are the same in any order: %j", (names) => {
    expect(hasAlternatives(EXPERIMENT, names)).toBe(true);
  });

  it.each([
    [[]],
    [["red", "green"]],
    [["red", "green", "pink"]],
    [["red", "green", "green"]],
    [["red", "red", "red"]],
    [["red", "green", "blue", "pink"]],
    [["red", "green", "blue", "blue"]],
    [["Red", "green", "blue"]],
  ])("are not %j", (names) => {
    expect(hasAlternatives(EXPERIMENT, names)).toBe(false);
  });
});

describe("an experiment's KPIs", () => {
  it("are numbered from 1 in the order they came; the one without a name is 0", () => {
    const experiment = ["sales", "signup"].map(parseKpiName).reduce(withKpi, EXPERIMENT);
    expect(experiment.kpis).toEqual(["sales", "signup"]);
    expect(kpiNumber(experiment, null)).toBe(0);
    expect(kpiNumber(experiment, "sales")).toBe(1);
    expect(kpiNumber(experiment, "signup")).toBe(2);
    expect(kpiNumber(experiment, "toString")).toBe(-1);
  });

  it("change nothing by a name that is there already", () => {
    const experiment = withKpi(EXPERIMENT, parseKpiName("sales"));
    expect(withKpi(experiment, parseKpiName("sales"))).toBe(experiment);
  });

  it("are a hundred at most, so that a caller who invents names can't grow a definition for ever", () => {
    let experiment = EXPERIMENT;
    for (let number = 0; number < KPIS_MAX; number += 1)
      experiment = withKpi(experiment, parseKpiName(`kpi-${number}`));
    expect(codeOf(() => withKpi(experiment, parseKpiName("one-more")))).toBe("too-many-kpis");
    expect(withKpi(experiment, parseKpiName("kpi-99"))).toBe(experiment);
  });
});

describe("a change", () => {
  it.each<[string, Experiment, Partial<Experiment>]>([
    ["pauses", withPaused(EXPERIMENT, true), { paused: true }],
    ["archives", withArchived(EXPERIMENT, true), { archived: true }],
    ["sets a winner", withWinner(EXPERIMENT, "blue"), { winner: "blue" as never }],
    ["describes", withDescription(EXPERIMENT, "why"), { description: "why" }],
    [
      "describes nothing by an empty text",
      withDescription(withDescription(EXPERIMENT, "why"), ""),
      { description: null },
    ],
    ["takes a winner back", withWinner(withWinner(EXPERIMENT, "blue"), null), { winner: null }],
  ])("%s, and leaves everything else as it was, the version too", (_what, changed, difference) => {
    expect(changed).toEqual({ ...EXPERIMENT, ...difference });
  });

  it("never touches the definition it was given", () => {
    const frozen = Object.freeze({
      ...EXPERIMENT,
      kpis: Object.freeze([]),
      epochs: Object.freeze([...EXPERIMENT.epochs]),
    });
    expect(() => withEpoch(withKpi(withPaused(frozen, true), parseKpiName("a")), {}, "again", 2)).not.toThrow();
  });

  it("refuses a winner that is no alternative, and a description without end", () => {
    expect(codeOf(() => withWinner(EXPERIMENT, "pink"))).toBe("unknown-alternative");
    expect(codeOf(() => withWinner(EXPERIMENT, ""))).toBe("unknown-alternative");
    expect(withDescription(EXPERIMENT, "x".repeat(DESCRIPTION_LENGTH_MAX)).description).toHaveLength(
      DESCRIPTION_LENGTH_MAX,
    );
    expect(codeOf(() => withDescription(EXPERIMENT, "x".repeat(DESCRIPTION_LENGTH_MAX + 1)))).toBe(
      "invalid-description",
    );
  });

  it("of traffic or weights opens an epoch that keeps the other settings", () => {
    const opened = withEpoch(EXPERIMENT, { trafficFraction: 0.8 }, "traffic 50 % → 80 %", 2_000);
    const weighted = withEpoch(opened, { weights: [0.2, 0.3, 0.5], policy: "weighted" }, "weights", 3_000);
    expect(weighted.epochs).toHaveLength(3);
    expect(currentEpochNumber(weighted)).toBe(2);
    expect(currentEpoch(weighted)).toEqual({
      startedAtMs: 3_000,
      reason: "weights",
      policy: "weighted",
      trafficFraction: 0.8,
      weights: [0.2, 0.3, 0.5],
    });
    expect(weighted.epochs[0]).toEqual(EXPERIMENT.epochs[0]);
  });
});

describe("the draft of a reset", () => {
  it("keeps alternatives, settings and description, and forgets winner, KPIs and epochs", () => {
    const changed = withWinner(withKpi(withDescription(EXPERIMENT, "why"), parseKpiName("sales")), "blue");
    const opened = withEpoch(changed, { weights: [0.2, 0.3, 0.5], policy: "weighted" }, "weights", 2_000);
    const next = createdExperiment(freshDraft(opened, 5_000), 2, 9);
    expect(next).toMatchObject({
      winner: null,
      kpis: [],
      description: "why",
      createdAtMs: 5_000,
      incarnation: 2,
      version: 9,
    });
    expect(next.alternatives).toEqual(EXPERIMENT.alternatives);
    expect(next.epochs).toEqual([
      { startedAtMs: 5_000, reason: "created", policy: "weighted", trafficFraction: 0.5, weights: [0.2, 0.3, 0.5] },
    ]);
  });

  it("leaves out retired alternatives, and their weights with them", () => {
    const opened = withEpoch(EXPERIMENT, { weights: [0.4, 0, 0.6], policy: "weighted" }, "green retired", 2_000);
    const alternatives = opened.alternatives.map((alternative) =>
      alternative.name === "green" ? { ...alternative, retiredInEpoch: 1 } : alternative,
    );
    expect(freshDraft({ ...opened, alternatives }, 5_000)).toMatchObject({
      alternatives: ["red", "blue"],
      weights: [0.4, 0.6],
    });
  });
});

describe("a definition without epochs", () => {
  it("is a defect and is named as one", () => {
    expect(codeOf(() => currentEpoch({ ...EXPERIMENT, epochs: [] }))).toBe("internal");
  });
});
