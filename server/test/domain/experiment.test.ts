import { describe, expect, it } from "vitest";
import { createdExperiment, freshDraft } from "../../src/domain/draft.ts";
import { withAlternative, withPolicy, withRetired, withTrafficFraction, withWeights } from "../../src/domain/epochs.ts";
import {
  alternativeIndex,
  alternativeName,
  control,
  currentEpoch,
  currentEpochNumber,
  DESCRIPTION_LENGTH_MAX,
  type Experiment,
  NOTHING_NOTICED,
  withArchived,
  withDescription,
  withPaused,
  withWinner,
} from "../../src/domain/experiment.ts";
import { namedKpis, withKpi } from "../../src/domain/experiment-kpis.ts";
import { findKpi, kpiOf, kpisOf } from "../../src/domain/kpi.ts";
import { KPIS_MAX, parseKpiName } from "../../src/domain/names.ts";
import { UNPLANNED } from "../../src/domain/plan.ts";
import * as make from "../support/make.ts";
import { codeOf } from "../support/refusal.ts";

const EXPERIMENT = make.experiment({ createdAtMs: 1_000, trafficFraction: 0.5 });

describe("a new experiment", () => {
  it("is running, without winner or KPIs, in its first epoch", () => {
    expect(EXPERIMENT).toEqual({
      name: make.NAME,
      life: 1,
      version: 1,
      alternatives: [
        { name: "red", addedInEpoch: 0, retiredInEpoch: null },
        { name: "green", addedInEpoch: 0, retiredInEpoch: null },
        { name: "blue", addedInEpoch: 0, retiredInEpoch: null },
      ],
      paused: false,
      archived: false,
      winner: null,
      description: null,
      kpis: [{ name: null }],
      epochs: [
        {
          startedAtMs: 1_000,
          reason: "created",
          policy: { kind: "uniform" },
          trafficFraction: 0.5,
          weights: null,
        },
      ],
      planning: UNPLANNED,
      noticed: NOTHING_NOTICED,
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
    expect(codeOf(() => alternativeName(EXPERIMENT, 3))).toBe("experiment-unreadable");
  });
});

describe("an experiment's KPIs", () => {
  it("are numbered from 1 in the order they came; the one without a name is 0", () => {
    const experiment = ["sales", "signup"].map(parseKpiName).reduce(withKpi, EXPERIMENT);
    expect(namedKpis(experiment)).toEqual(["sales", "signup"]);
    expect(findKpi(experiment, null)?.number).toBe(0);
    expect(findKpi(experiment, "sales")?.number).toBe(1);
    expect(findKpi(experiment, "signup")?.number).toBe(2);
    expect(findKpi(experiment, "toString")).toBeUndefined();
    expect(kpisOf(experiment).map(({ name, number }) => [name, number])).toEqual([
      [null, 0],
      ["sales", 1],
      ["signup", 2],
    ]);
    expect(kpiOf(experiment, parseKpiName("toString")).number).toBeNull();
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
      kpis: Object.freeze([{ name: null }]),
      epochs: Object.freeze([...EXPERIMENT.epochs]),
    });
    expect(() => withTrafficFraction(withKpi(withPaused(frozen, true), parseKpiName("a")), 1, 2)).not.toThrow();
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
});

describe("the draft of a reset", () => {
  it("keeps alternatives, settings and description, and forgets winner, KPIs and epochs", () => {
    const changed = withWinner(withKpi(withDescription(EXPERIMENT, "why"), parseKpiName("sales")), "blue");
    const weighted = withWeights(withTrafficFraction(changed, 0.8, 2_000), [0.2, 0.3, 0.5], 3_000);
    const next = createdExperiment(freshDraft(weighted, 5_000), 2, 9);
    const kept = { description: "why", life: 2, version: 9, createdAtMs: 5_000 };
    expect(next).toMatchObject({ ...kept, winner: null, kpis: [{ name: null }] });
    expect(next.alternatives).toEqual(EXPERIMENT.alternatives);
    expect(next.epochs).toMatchObject([
      {
        startedAtMs: 5_000,
        reason: "created",
        policy: { kind: "weighted" },
        trafficFraction: 0.8,
        weights: [0.2, 0.3, 0.5],
      },
    ]);
  });

  it("leaves out retired alternatives, and their weights with them", () => {
    const grown = withAlternative(EXPERIMENT, "grey" as never, 2_000);
    const retired = withRetired(withRetired(grown, "green", 3_000), "blue", 4_000);
    const weighted = withWeights(retired, [0.4, 0, 0, 0.6], 5_000);
    expect(freshDraft(weighted, 6_000)).toMatchObject({ alternatives: ["red", "grey"], weights: [0.4, 0.6] });
  });

  it("forgets what a bandit has learned", () => {
    const bandit = withPolicy(EXPERIMENT, make.banditPolicy(), 2_000);
    expect(freshDraft(bandit, 5_000)).toMatchObject({ policy: make.banditPolicy(), weights: null });
  });
});

describe("the epoch in force", () => {
  it("is the last one, and is known by its number from 0", () => {
    const later = withTrafficFraction(EXPERIMENT, 0.8, 2_000);
    expect(currentEpochNumber(EXPERIMENT)).toBe(0);
    expect(currentEpochNumber(later)).toBe(1);
    expect(currentEpoch(later)).toMatchObject({ trafficFraction: 0.8, startedAtMs: 2_000 });
  });
});

describe("a definition without epochs", () => {
  it("is a defect and is named as one", () => {
    expect(codeOf(() => currentEpoch({ ...EXPERIMENT, epochs: [] }))).toBe("internal");
  });
});
