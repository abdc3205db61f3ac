/**
 * Shares of 100,000 clients under every policy. A share p of n clients has a standard error of sqrt(p (1 − p) / n), at
 * most 0.00158 here; five of them, 0.0079, are passed by chance once in 1.7 million comparisons.
 */
import { describe, expect, it } from "vitest";
import type { Assignment } from "../../../src/domain/assignment.ts";
import { propose } from "../../../src/domain/decide.ts";
import { digestOf } from "../../../src/domain/digest.ts";
import { withEpoch, withRetired, withTrafficFraction, withWeights } from "../../../src/domain/epochs.ts";
import type { Experiment } from "../../../src/domain/experiment.ts";
import type { ClientId } from "../../../src/domain/names.ts";
import * as make from "../../support/make.ts";

const CLIENTS = 100_000;
const TOLERANCE = 5 * Math.sqrt(0.25 / CLIENTS);

function experiment(...alternatives: string[]): Experiment {
  return make.experiment({ name: "shares", alternatives });
}

function proposals(asked: Experiment): Assignment[] {
  return Array.from({ length: CLIENTS }, (_, number) => {
    const client = `visitor-${number}` as ClientId;
    return propose(asked, client, digestOf(asked.name, client));
  });
}

function share(list: readonly Assignment[], index: number): number {
  return list.filter((proposal) => proposal.kind === "alternative" && proposal.index === index).length / list.length;
}

function expectShare(got: number, expected: number): void {
  expect(Math.abs(got - expected)).toBeLessThan(TOLERANCE);
}

describe("of 100,000 clients", () => {
  it("every alternative gets the same share under uniform", () => {
    const list = proposals(experiment("a", "b", "c"));
    for (const index of [0, 1, 2]) expectShare(share(list, index), 1 / 3);
  });

  it("each gets its weight, and none at all a weight of zero", () => {
    const weights = [0.1, 0.2, 0.7, 0];
    const list = proposals(withWeights(experiment("a", "b", "c", "d"), weights, 0));
    for (const [index, weight] of weights.entries()) expectShare(share(list, index), weight);
    expect(share(list, 3)).toBe(0);
  });

  it("the traffic fraction is taken in, and raising it moves nobody", () => {
    const whole = experiment("a", "b");
    const some = proposals(withTrafficFraction(whole, 0.3, 0));
    const more = proposals(withTrafficFraction(whole, 0.6, 0));
    expectShare(some.filter(({ kind }) => kind === "alternative").length / CLIENTS, 0.3);
    expectShare(more.filter(({ kind }) => kind === "alternative").length / CLIENTS, 0.6);
    for (const [at, before] of some.entries()) {
      if (before.kind === "alternative") expect(more[at]).toBe(before);
    }
  });

  it("a bandit's weights hold, and those drawn by its floors are drawn evenly and marked", () => {
    const weights = [0.05, 0.15, 0.8];
    const list = proposals(
      withEpoch(experiment("a", "b", "c"), { policy: make.banditPolicy("earn", 0.05), weights }, "", 0),
    );
    for (const [index, weight] of weights.entries()) expectShare(share(list, index), weight);
    const explored = list.filter((proposal) => proposal.kind === "alternative" && proposal.explore);
    expectShare(explored.length / CLIENTS, 0.15);
    // A third of 15,000 clients: five standard errors are 0.019.
    for (const index of [0, 1, 2]) expect(Math.abs(share(explored, index) - 1 / 3)).toBeLessThan(0.02);
  });

  it("a bandit leaves retired alternatives alone, among those drawn evenly as elsewhere", () => {
    const retired = withRetired(experiment("a", "b", "c"), "b", 0);
    const weights = [0.3, 0, 0.7];
    const list = proposals(withEpoch(retired, { policy: make.banditPolicy("earn", 0.1), weights }, "", 0));
    for (const [index, weight] of weights.entries()) expectShare(share(list, index), weight);
    expect(share(list, 1)).toBe(0);
  });

  it("equal weights change nobody's uniform alternative", () => {
    const uniform = experiment("a", "b");
    expect(proposals(uniform)).toEqual(proposals(withWeights(uniform, null, 0)));
  });
});
