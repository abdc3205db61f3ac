import { describe, expect, it } from "vitest";
import { propose } from "../../src/domain/decide.ts";
import { digestOf } from "../../src/domain/digest.ts";
import { withTrafficFraction } from "../../src/domain/epochs.ts";
import { parseClientId } from "../../src/domain/names.ts";
import { parseTrafficFraction, parseTrafficPercent, parseTrafficShare, percentOf } from "../../src/domain/traffic.ts";
import * as make from "../support/make.ts";
import { codeOf } from "../support/refusal.ts";

describe("the traffic fraction", () => {
  it.each([
    ["1", 1],
    ["1.0", 1],
    ["0.5", 0.5],
    [" 0.5 ", 0.5],
    [".25", 0.25],
    ["1e-9", 1e-9],
  ])("reads %j as %d", (raw, fraction) => {
    expect(parseTrafficFraction(raw)).toBe(fraction);
  });

  it.each(["0", "-0", "-0.5", "1.0000001", "2", "NaN", "Infinity", "", " ", "half", "0,5", "50%", "5e-325"])(
    "refuses %j",
    (raw) => {
      expect(codeOf(() => parseTrafficFraction(raw))).toBe("invalid-traffic-fraction");
    },
  );
});

describe("the traffic in percent, as Sixpack 1.0 wrote it", () => {
  it.each([
    ["1", 0.01],
    ["50", 0.5],
    ["100", 1],
    ["007", 0.07],
  ])("reads %s as %d", (raw, fraction) => {
    expect(parseTrafficPercent(raw)).toBe(fraction);
  });

  it.each(["0", "101", "-1", "1.5", "1e1", "50%", "", " 5", "NaN", "9999"])("refuses %j", (raw) => {
    expect(codeOf(() => parseTrafficPercent(raw))).toBe("invalid-traffic-fraction");
  });
});

describe("the clients inside a traffic fraction", () => {
  const clients = Array.from({ length: 2_000 }, (_, number) => parseClientId(`client-${number}`));
  const inside = (trafficFraction: number) => {
    const experiment = withTrafficFraction(
      make.experiment({ name: "funnel", alternatives: ["a", "b"] }),
      trafficFraction,
      0,
    );
    return new Map(
      clients
        .map((client) => [client, propose(experiment, client, digestOf(experiment.name, client))] as const)
        .filter(([, assignment]) => assignment.kind === "alternative"),
    );
  };

  it("stay inside, with their alternative, when it is raised; when it is lowered nobody joins", () => {
    let before = inside(0.1);
    for (const fraction of [0.2, 0.5, 0.9, 1]) {
      const after = inside(fraction);
      for (const [client, assignment] of before) expect(after.get(client)).toEqual(assignment);
      before = after;
    }
    expect(before.size).toBe(clients.length);
  });

  it("are its share of all, and are shared out evenly between the alternatives", () => {
    const chosen = [...inside(0.3).values()];
    // Binomial(2000, 0.3): mean 600, standard deviation √(2000 · 0.3 · 0.7) = 20.5; five of them are 102.
    expect(Math.abs(chosen.length - 600)).toBeLessThan(102);
    const first = chosen.filter((assignment) => assignment.kind === "alternative" && assignment.index === 0).length;
    // Being inside says nothing about the alternative: Binomial(about 600, 1/2), five standard deviations are 61.
    expect(Math.abs(first - chosen.length / 2)).toBeLessThan(62);
  });
});

describe("a share in percent for people", () => {
  it.each([
    [1, 100],
    [0.5, 50],
    [1 / 3, 33.33],
    [0.025, 2.5],
    [0.0001, 0.01],
    [0.000_012_34, 0.0012],
    [1e-300, 1e-298],
    [0, 0],
  ])("of %d is %d, and never 0 where it is something", (share, percent) => {
    expect(percentOf(share)).toBe(percent);
  });

  it("is refused in a form where it is too small for a fraction", () => {
    expect(() => parseTrafficShare("1e-323")).toThrow("invalid traffic fraction");
  });
});
