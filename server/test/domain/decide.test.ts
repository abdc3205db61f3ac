/** Every rule of a decision, and their order: each rule is tested against all that come after it. */
import { describe, expect, it } from "vitest";
import { assigned } from "../../src/domain/assignment.ts";
import { type Decision, decide, propose, type Question } from "../../src/domain/decide.ts";
import { digestOf } from "../../src/domain/digest.ts";
import { withEpoch, withRetired } from "../../src/domain/epochs.ts";
import { type Experiment, withArchived, withIntake, withPaused, withWinner } from "../../src/domain/experiment.ts";
import { parseClientId } from "../../src/domain/names.ts";
import * as make from "../support/make.ts";

const PLAIN: Question = { force: undefined, recordForce: false, enabled: true, filtered: false };
const RUNNING = make.experiment();
const WON = withWinner(RUNNING, "green");
const PAUSED = withPaused(RUNNING, true);
const ARCHIVED = withArchived(RUNNING, true);
const CLOSED = withIntake(RUNNING, 1);
const EVERYTHING = withArchived(withPaused(WON, true), true);

function fixed(index: number, reason: string): Decision {
  return { kind: "fixed", index, reason } as Decision;
}

describe("a decision", () => {
  it.each<[string, Experiment, Partial<Question>, Decision]>([
    ["leaves it to record and policy where nothing else holds", RUNNING, {}, { kind: "assign" }],
    ["answers the forced alternative", RUNNING, { force: "blue" }, fixed(2, "forced")],
    [
      "goes on as if nothing was forced where the alternative doesn't exist",
      RUNNING,
      { force: "pink" },
      { kind: "assign" },
    ],
    [
      "records a forced alternative where that is asked for",
      RUNNING,
      { force: "blue", recordForce: true },
      { kind: "record-forced", index: 2 },
    ],
    ["records nothing by record_force alone", RUNNING, { recordForce: true }, { kind: "assign" }],
    ["answers the control on a server that is switched off", RUNNING, { enabled: false }, fixed(0, "disabled")],
    ["answers the winner", WON, {}, fixed(1, "winner")],
    ["answers a robot by the control", RUNNING, { filtered: true }, fixed(0, "filtered")],
    ["answers the control of an archived experiment", ARCHIVED, {}, fixed(0, "archived")],
    ["answers the control of a paused experiment", PAUSED, {}, fixed(0, "paused")],
    [
      "leaves it to the record alone where nobody new is taken in",
      CLOSED,
      {},
      { kind: "known-only", index: 0, reason: "intake-closed" },
    ],
    [
      "records no forced alternative where nobody new is taken in",
      CLOSED,
      { force: "blue", recordForce: true },
      fixed(2, "forced"),
    ],
  ])("%s", (_rule, experiment, question, decision) => {
    expect(decide(experiment, { ...PLAIN, ...question })).toEqual(decision);
  });

  it.each<[string, Experiment, Partial<Question>, Decision]>([
    [
      "force comes before everything",
      EVERYTHING,
      { force: "blue", enabled: false, filtered: true },
      fixed(2, "forced"),
    ],
    [
      "a server that is switched off comes before the winner",
      EVERYTHING,
      { enabled: false, filtered: true },
      fixed(0, "disabled"),
    ],
    ["the winner comes before the visitor filter", EVERYTHING, { filtered: true }, fixed(1, "winner")],
    [
      "the visitor filter comes before archived and paused",
      withPaused(ARCHIVED, true),
      { filtered: true },
      fixed(0, "filtered"),
    ],
    ["archived comes before paused", withPaused(ARCHIVED, true), {}, fixed(0, "archived")],
    ["paused comes before a closed intake", withPaused(CLOSED, true), {}, fixed(0, "paused")],
    ["the winner comes before a closed intake", withWinner(CLOSED, "green"), {}, fixed(1, "winner")],
  ])("follows the order of the contract: %s", (_rule, experiment, question, decision) => {
    expect(decide(experiment, { ...PLAIN, ...question })).toEqual(decision);
  });

  it("never records a forced alternative that is retired or weighs nothing: nobody could have drawn it", () => {
    const question = { ...PLAIN, force: "blue", recordForce: true };
    const weightless = withEpoch(RUNNING, { weights: [1, 1, 0], policy: { kind: "weighted" } }, "weights", 1);
    expect(decide(weightless, question)).toEqual(fixed(2, "forced"));
    expect(decide(weightless, { ...question, force: "green" })).toEqual({ kind: "record-forced", index: 1 });
    expect(decide(withRetired(RUNNING, "blue", 1), question)).toEqual(fixed(2, "forced"));
  });

  it("never records a forced alternative for a robot, nor on a server that is switched off", () => {
    const question = { ...PLAIN, force: "blue", recordForce: true };
    expect(decide(RUNNING, { ...question, filtered: true })).toEqual(fixed(2, "forced"));
    expect(decide(RUNNING, { ...question, enabled: false })).toEqual(fixed(2, "forced"));
  });
});

describe("a proposal", () => {
  const client = parseClientId("09a7407c-e371-492b-82e3-ef438d960ca3");

  function proposalOf(experiment: Experiment) {
    return propose(experiment, client, digestOf(experiment.name, client));
  }

  it("is the uniform choice of design §4's example", () => {
    // 24762621 is odd.
    expect(proposalOf(make.experiment({ name: "deterministic-1", alternatives: ["a", "b"] }))).toEqual(assigned(1));
  });

  it("is outside where the client's traffic position is not below the fraction", () => {
    const experiment = make.experiment({ name: "deterministic-1", trafficFraction: Number.MIN_VALUE });
    expect(proposalOf(experiment)).toEqual({ kind: "excluded" });
  });

  it("goes by the epoch in force", () => {
    const experiment = make.experiment({ name: "deterministic-1", trafficFraction: Number.MIN_VALUE });
    const opened = withEpoch(
      experiment,
      { trafficFraction: 1, weights: [0, 0, 1], policy: { kind: "weighted" } },
      "opened",
      1,
    );
    expect(proposalOf(opened)).toEqual(assigned(2));
  });
});
