import { describe, expect, it } from "vitest";
import { propose } from "../../src/domain/decide.ts";
import { digestOf } from "../../src/domain/digest.ts";
import {
  acceptsAlternatives,
  activeIndexes,
  withAlternative,
  withPolicy,
  withRetired,
  withTrafficFraction,
  withWeights,
} from "../../src/domain/epochs.ts";
import { SixpackError } from "../../src/domain/errors.ts";
import { currentEpoch, type Experiment } from "../../src/domain/experiment.ts";
import type { AlternativeName, ClientId } from "../../src/domain/names.ts";
import * as make from "../support/make.ts";

function experiment(...alternatives: string[]): Experiment {
  return make.experiment({ name: "epochs", alternatives, createdAtMs: 0 });
}

function codeOf(refused: () => unknown): string {
  try {
    refused();
  } catch (error) {
    if (error instanceof SixpackError) return error.code;
    throw error;
  }
  return "nothing was refused";
}

const added = "green" as AlternativeName;

describe("an epoch", () => {
  it("opens with every change of weights, traffic, policy and alternatives, and keeps the ones before", () => {
    let changed = withWeights(experiment("red", "blue"), [0.25, 0.75], make.NOW_MS);
    changed = withTrafficFraction(changed, 0.5, make.NOW_MS + 1);
    changed = withAlternative(changed, added, make.NOW_MS + 2);
    changed = withRetired(changed, "blue", make.NOW_MS + 3);
    changed = withPolicy(changed, make.banditPolicy(), make.NOW_MS + 4);
    expect(changed.epochs.map(({ startedAtMs, reason }) => [startedAtMs - make.NOW_MS, reason])).toEqual([
      [-make.NOW_MS, "created"],
      [0, "weights: red 25%, blue 75%"],
      [1, "traffic 100% → 50%"],
      [2, "added green"],
      [3, "retired blue"],
      [4, "policy thompson, to earn"],
    ]);
    expect(currentEpoch(changed)).toMatchObject({ policy: make.banditPolicy(), trafficFraction: 0.5, weights: null });
  });

  it("does not open for the traffic fraction that is in force", () => {
    const before = experiment("red", "blue");
    expect(withTrafficFraction(before, 1, make.NOW_MS)).toBe(before);
  });
});

describe("an alternative", () => {
  it("that was added takes clients from its epoch on", () => {
    const before = experiment("red", "blue");
    const after = withAlternative(before, added, make.NOW_MS);
    expect(activeIndexes(after)).toEqual([0, 1, 2]);
    expect(after.alternatives[2]).toEqual({ name: "green", addedInEpoch: 1, retiredInEpoch: null });
  });

  it("that was retired stays in its place and gets no new clients", () => {
    const after = withRetired(experiment("red", "blue", "green"), "blue", make.NOW_MS);
    expect(after.alternatives.map(({ name }) => name)).toEqual(["red", "blue", "green"]);
    for (let number = 0; number < 1_000; number += 1) {
      const client = `client-${number}` as ClientId;
      const proposal = propose(after, client, digestOf(after.name, client));
      expect(proposal.kind === "alternative" && proposal.index).not.toBe(1);
    }
  });

  it("can't be retired twice, nor as the last but one, nor as the control or a stranger", () => {
    const two = experiment("red", "blue");
    const three = withRetired(experiment("red", "blue", "green", "grey"), "blue", make.NOW_MS);
    expect(codeOf(() => withRetired(three, "blue", make.NOW_MS))).toBe("alternative-retired");
    expect(codeOf(() => withRetired(two, "blue", make.NOW_MS))).toBe("too-few-alternatives");
    expect(codeOf(() => withRetired(three, "red", make.NOW_MS))).toBe("control-retired");
    expect(codeOf(() => withRetired(three, "pink", make.NOW_MS))).toBe("unknown-alternative");
  });

  it("can't come back under the name of a retired one", () => {
    const retired = withRetired(experiment("red", "blue", "green"), "green", make.NOW_MS);
    expect(codeOf(() => withAlternative(retired, added, make.NOW_MS))).toBe("duplicate-alternatives");
  });
});

describe("a caller", () => {
  it("is understood with the set in force and with the one before its last change, in any order", () => {
    const before = experiment("red", "blue");
    const after = withTrafficFraction(withAlternative(before, added, make.NOW_MS), 0.5, make.NOW_MS);
    expect(acceptsAlternatives(after, ["green", "red", "blue"])).toBe(true);
    expect(acceptsAlternatives(after, ["blue", "red"])).toBe(true);
    const later = withRetired(after, "blue", make.NOW_MS);
    expect(acceptsAlternatives(later, ["red", "green"])).toBe(true);
    expect(acceptsAlternatives(later, ["red", "blue", "green"])).toBe(true);
    expect(acceptsAlternatives(later, ["red", "blue"])).toBe(false);
  });

  it("is refused with any other set", () => {
    const stored = experiment("red", "blue");
    expect(acceptsAlternatives(stored, ["red", "red"])).toBe(false);
    expect(acceptsAlternatives(stored, ["red", "blue", "green"])).toBe(false);
    expect(acceptsAlternatives(stored, ["red"])).toBe(false);
  });
});
