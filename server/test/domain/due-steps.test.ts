/** When the steps of a schedule come: the rule as a table. */
import { describe, expect, it } from "vitest";
import { dueSteps, type Seen, stepsOf } from "../../src/domain/due-steps.ts";
import { type Experiment, withIntake } from "../../src/domain/experiment.ts";
import { NO_TERMS, renewed, type Schedule, type StepKind } from "../../src/domain/schedule.ts";
import { DAY_MS } from "../../src/lib/time.ts";
import * as make from "../support/make.ts";

const UTC = () => 0;
const AT = 1_000 * DAY_MS;

function scheduled(terms: Partial<Schedule>, closedAtMs: number | null = null, planned?: number): Experiment {
  const experiment = withIntake(make.experiment(), closedAtMs);
  const size = { participants: planned ?? 0, minimumUplift: 0.1, power: 0.8, baselineRate: 0.1 };
  const primary = { kpi: null, better: "higher", decidesOn: "rate" } as const;
  const plan = planned === undefined ? null : { primary, secondary: [], guardrails: [], size };
  return {
    ...experiment,
    schedule: { ...NO_TERMS, done: [], ...terms },
    planning: { ...experiment.planning, plan },
  };
}

const done = (step: StepKind) => ({ done: [{ step, atMs: AT - 1, action: null }] });

describe("the steps that are due", () => {
  it.each<[string, Experiment, Partial<Seen> & { readonly atMs?: number }, readonly StepKind[]]>([
    ["none without a schedule", make.experiment(), { participants: 1e9, harm: true }, []],
    ["none before their time", scheduled({ startsAtMs: AT + 1, closeIntake: AT + 2, endsAtMs: AT + 3 }), {}, []],
    ["a start at its moment", scheduled({ startsAtMs: AT }), {}, ["start"]],
    ["a start that was taken, not again", scheduled({ startsAtMs: AT, ...done("start") }), {}, []],
    ["a close at its moment", scheduled({ closeIntake: AT }), {}, ["close"]],
    [
      "a close at the planned size",
      scheduled({ closeIntake: "planned-size" }, null, 100),
      { participants: 100 },
      ["close"],
    ],
    ["none below the planned size", scheduled({ closeIntake: "planned-size" }, null, 100), { participants: 99 }, []],
    ["none where the plan is gone", scheduled({ closeIntake: "planned-size" }), { participants: 1e9 }, []],
    ["an end at its moment", scheduled({ endsAtMs: AT }), {}, ["end"]],
    ["an end so many days after the intake closed", scheduled({ measureForDays: 7 }, AT - 7 * DAY_MS), {}, ["end"]],
    ["none a moment before that", scheduled({ measureForDays: 7 }, AT - 7 * DAY_MS + 1), {}, []],
    ["none while the intake is open", scheduled({ measureForDays: 7 }), {}, []],
    ["none while the intake waits for the start", scheduled({ startsAtMs: AT + 1, measureForDays: 7 }, 0), {}, []],
    [
      "the end at the latest, whatever is to be measured",
      scheduled({ measureForDays: 7, endsAtMs: AT }, AT - 1),
      {},
      ["end"],
    ],
    [
      "the end after the measuring, if that is earlier",
      scheduled({ measureForDays: 1, endsAtMs: AT + 1 }, AT - DAY_MS),
      {},
      ["end"],
    ],
    ["a stop on harm", scheduled({ onHarm: "pause" }), { harm: true }, ["harm"]],
    ["none on harm where it is only to be told", scheduled({}), { harm: true }, []],
    ["a stop on harm, not again", scheduled({ onHarm: "close_intake", ...done("harm") }), { harm: true }, []],
    [
      "everything that was missed, in its order",
      scheduled({ endsAtMs: AT - 1, closeIntake: AT - 2, startsAtMs: AT - 3, onHarm: "pause" }),
      { harm: true },
      ["start", "close", "harm", "end"],
    ],
  ])("%s", (_what, experiment, { participants = 0, harm = false, atMs = AT }, due) => {
    expect(dueSteps(experiment, { participants, harm }, atMs, UTC)).toEqual(due);
  });
});

it("a new life keeps of a schedule what lies ahead", () => {
  const { schedule } = scheduled({
    startsAtMs: AT,
    closeIntake: AT + 1,
    measureForDays: 3,
    endsAtMs: AT + 2,
    ...done("start"),
  });
  if (schedule === undefined) throw new Error("Expected a schedule");
  expect(renewed(schedule, AT)).toEqual({ ...schedule, startsAtMs: null, done: [] });
});

it("a step says what it waits for", () => {
  const experiment = scheduled({ closeIntake: "planned-size", measureForDays: 2, onHarm: "pause" }, null, 100);
  expect(stepsOf(experiment, UTC).map(({ when }) => when)).toEqual([
    { kind: "at-size", participants: 100 },
    { kind: "after-intake", days: 2 },
    { kind: "on-harm" },
  ]);
});
