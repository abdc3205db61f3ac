import { expect, it } from "vitest";
import { FACTS_MAX, type NewFact } from "../../src/domain/fact.ts";
import { untoldFacts, withFacts } from "../../src/domain/noticed.ts";
import * as make from "../support/make.ts";

const SAME: NewFact = { kind: "no-difference", subject: "", sentence: "Nothing is better." };

function winner(number: number): NewFact {
  return {
    kind: "winner-set",
    subject: new Date(make.NOW_MS + number).toISOString(),
    sentence: "Everybody gets blue.",
  };
}

it("notes a fact once, however many others were noted since", () => {
  let experiment = withFacts(make.experiment(), [SAME], make.NOW_MS);
  for (let number = 0; number < 3 * FACTS_MAX; number += 1) {
    experiment = withFacts(experiment, [winner(number)], make.NOW_MS + number);
  }
  expect(withFacts(experiment, [SAME], make.NOW_MS + 3 * FACTS_MAX)).toBe(experiment);
  // Those of one kind are as many as may be kept, and the last of them.
  const { facts = [] } = experiment.noticed;
  expect(facts.map(({ subject }) => subject)).toEqual([
    "",
    ...Array.from({ length: FACTS_MAX }, (_, at) => winner(2 * FACTS_MAX + at).subject),
  ]);
});

it("notes what is true of as many alternatives as there may be, each once", () => {
  const found = Array.from({ length: FACTS_MAX }, (_, arm): NewFact => {
    return { kind: "arm-without-participants", subject: `${arm}/1`, sentence: "Nobody got it." };
  });
  const before = withFacts(make.experiment(), [SAME, { ...SAME, kind: "no-conversions" }], make.NOW_MS);
  const experiment = withFacts(before, found, make.NOW_MS);
  expect(untoldFacts(experiment)).toHaveLength(FACTS_MAX + 2);
  expect(withFacts(experiment, [...found, SAME], make.NOW_MS + 1)).toBe(experiment);
});
