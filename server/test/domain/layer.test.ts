import { describe, expect, it } from "vitest";
import { propose } from "../../src/domain/decide.ts";
import { digestOf, layerPosition } from "../../src/domain/digest.ts";
import { withSlice } from "../../src/domain/epochs.ts";
import { type Experiment, type LayerSlice, withArchived } from "../../src/domain/experiment.ts";
import {
  checkFree,
  freeSpans,
  heldSlices,
  holdingsOf,
  layersOf,
  overlapsIn,
  parseSlice,
  shareTakenIn,
} from "../../src/domain/layer.ts";
import type { ClientId } from "../../src/domain/names.ts";
import * as make from "../support/make.ts";

function slice(from: number, to: number, layer = "checkout"): LayerSlice {
  return { layer, from, to };
}

function experiment(name: string, own: LayerSlice, trafficFraction = 1): Experiment {
  return make.experiment({ name, alternatives: ["a", "b"], slice: own, trafficFraction });
}

describe("a slice", () => {
  it("is read from two numbers, to ten digits", () => {
    expect(parseSlice("checkout", ["0", " 0.5 "])).toEqual(slice(0, 0.5));
    expect(parseSlice("checkout", [String(33.3 / 100), "1"])).toEqual(slice(0.333, 1));
  });

  it.each([
    ["two words", ["0", "1"]],
    ["checkout", ["0"]],
    ["checkout", ["0", "0.5", "1"]],
    ["checkout", ["0.5", "0.5"]],
    ["checkout", ["0.5", "0"]],
    ["checkout", ["-0.1", "0.5"]],
    ["checkout", ["0", "1.1"]],
    ["checkout", ["", "1"]],
    ["checkout", ["a", "1"]],
    // Of which ten digits leave nothing.
    ["checkout", ["0", "1e-11"]],
    ["checkout", ["0.99999999999", "1"]],
  ])("of %s with %j is refused", (layer, span) => {
    expect(() => parseSlice(layer, span)).toThrow(expect.objectContaining({ code: "invalid-slice" }));
  });

  it("that an experiment had is held until it is archived, in its present layer", () => {
    const moved = withSlice(withSlice(experiment("one", slice(0, 0.3, "old")), slice(0, 0.2), 1), slice(0.1, 0.4), 2);
    expect(holdingsOf("checkout", [moved])).toEqual([{ experiment: "one", from: 0, to: 0.4 }]);
    expect(holdingsOf("old", [moved])).toEqual([]);
    expect(heldSlices(withArchived(moved, true))).toEqual([]);
    expect(heldSlices(withSlice(moved, undefined, 3))).toEqual([]);
  });

  it("that two experiments have is an overlap, which no act makes", () => {
    const two = [experiment("two", slice(0.25, 0.75)), experiment("one", slice(0, 0.25))];
    const three = [...two, experiment("three", slice(0.7, 0.8)), experiment("other", slice(0, 1, "prices"))];
    const [layer, ...others] = layersOf(three);
    expect(layer).toMatchObject({ name: "checkout", free: [{ from: 0.8, to: 1 }] });
    expect(others).toMatchObject([{ name: "prices", free: [] }]);
    expect(layersOf(two).flatMap(overlapsIn)).toEqual([]);
    const pairs = layersOf(three).flatMap(overlapsIn);
    expect(pairs.map((pair) => pair.map((one) => one.experiment))).toEqual([["two", "three"]]);
  });

  it("may touch another one and not overlap it, and a refusal says who has it and what is free", () => {
    const holdings = holdingsOf("checkout", [experiment("two", slice(0.5, 0.75)), experiment("one", slice(0, 0.25))]);
    expect(freeSpans(holdings)).toEqual([
      { from: 0.25, to: 0.5 },
      { from: 0.75, to: 1 },
    ]);
    checkFree([slice(0.25, 0.5)], holdings);
    expect(() => checkFree([slice(0.25, 0.6)], holdings)).toThrow(
      expect.objectContaining({
        code: "slice-taken",
        detail:
          "Expected a slice that nobody has, got checkout 25–60%, of which two has 50–75% until it is archived. Free: 25–50%, 75–100%",
      }),
    );
    expect(freeSpans([{ from: 0, to: 1 }])).toEqual([]);
  });

  it("takes its part of all clients, and of those the traffic fraction", () => {
    expect(shareTakenIn({ trafficFraction: 0.5, slice: slice(0.25, 0.5) })).toBe(0.125);
    expect(shareTakenIn({ trafficFraction: 0.5 })).toBe(0.5);
  });
});

/** A share p of n clients has a standard error of at most .5 / √n; five of them are passed by chance once in 1.7 million looks. */
const CLIENTS = 20_000;
const TOLERANCE = (5 * 0.5) / Math.sqrt(CLIENTS);

describe("of 20,000 clients", () => {
  const clients = Array.from({ length: CLIENTS }, (_, number) => `visitor-${number}` as ClientId);
  const taken = (asked: Experiment) =>
    clients.map((client) => propose(asked, client, digestOf(asked.name, client)).kind === "alternative");
  const shareOf = (flags: readonly boolean[]) => flags.filter(Boolean).length / CLIENTS;

  it("nobody is in two experiments of a layer, all are in one of them, and each has its share", () => {
    const [one, two] = [taken(experiment("one", slice(0, 0.3))), taken(experiment("two", slice(0.3, 1)))];
    expect(clients.filter((_, at) => one[at] === two[at])).toEqual([]);
    expect(Math.abs(shareOf(one) - 0.3)).toBeLessThan(TOLERANCE);
  });

  it("the traffic fraction takes its share of a slice", () => {
    expect(Math.abs(shareOf(taken(experiment("one", slice(0.5, 1), 0.5))) - 0.25)).toBeLessThan(TOLERANCE);
  });

  it("places in two layers, and alternatives in an experiment, have nothing to do with each other", () => {
    const one = experiment("one", slice(0, 0.5));
    const inOne = taken(one);
    const inTwo = taken(experiment("two", slice(0, 0.5, "search")));
    expect(Math.abs(shareOf(inOne.map((is, at) => is && inTwo[at] === true)) - 0.25)).toBeLessThan(TOLERANCE);
    const isControl = clients.map((client) => {
      const proposal = propose(one, client, digestOf(one.name, client));
      return proposal.kind === "alternative" && proposal.index === 0;
    });
    expect(Math.abs(shareOf(isControl) - 0.25)).toBeLessThan(TOLERANCE);
  });

  it("the place of one is what SHA-1 of layer and id says", () => {
    // printf 'checkout\0layer.visitor-1' | sha1sum: its first 13 digits over 2^52.
    expect(layerPosition("checkout", "visitor-1" as ClientId)).toBe(0x70ea50d2d2e78 / 2 ** 52);
  });
});
