import { describe, expect, test } from "vitest";
import type { Experiment } from "../../src/domain/experiment.ts";
import { type Act, LIFE_STATES, type Life, type LifeState, moveOf } from "../../src/store/lives.ts";
import * as make from "../support/make.ts";

const LATER_MS = make.NOW_MS + 1_000;

function experiment(life: number, version: number): Experiment {
  return make.experiment({}, life, version);
}

function life(state: LifeState, life: number, version: number): Life {
  return { experiment: experiment(life, version), state, sinceMs: make.NOW_MS };
}

/** "life state version", as of each life that is written; the last word of a refusal. */
function told(move: ReturnType<typeof moveOf>): string {
  if (move.kind !== "moved") return move.kind;
  const words = move.written.map(({ experiment: { life, version }, state }) => `${life} ${state} ${version}`);
  return `${words.join(", ") || "nothing"}; live: ${move.live?.life ?? "none"}`;
}

const LIVE = life("live", 1, 5);

const ACTS = {
  begin: { kind: "begin", experiment: experiment(9, 1) },
  stage: { kind: "stage", experiment: experiment(9, 1), nowMs: LATER_MS },
  change: { kind: "change", next: experiment(1, 5) },
  "change of an older version": { kind: "change", next: experiment(1, 4) },
  "change of another life": { kind: "change", next: experiment(7, 5) },
  delete: { kind: "remove", experiment: experiment(1, 5), nowMs: LATER_MS, successor: undefined },
  reset: { kind: "remove", experiment: experiment(1, 5), nowMs: LATER_MS, successor: experiment(9, 1) },
  "delete of an older version": { kind: "remove", experiment: experiment(1, 4), nowMs: 0, successor: undefined },
  "delete of another life": { kind: "remove", experiment: experiment(7, 5), nowMs: 0, successor: undefined },
  restore: { kind: "restore", nowMs: LATER_MS },
  publish: { kind: "publish", nowMs: LATER_MS, replace: false },
  replace: { kind: "publish", nowMs: LATER_MS, replace: true },
  discard: { kind: "discard" },
  sweep: { kind: "sweep", untilMs: make.NOW_MS },
  "sweep of what is older": { kind: "sweep", untilMs: make.NOW_MS - 1 },
} as const satisfies Record<string, Act>;

describe("an act on the live life", () => {
  test.each<[keyof typeof ACTS, string, string]>([
    ["begin", "taken", "9 live 1; live: 9"],
    ["stage", "9 staged 1; live: 1", "9 staged 1; live: none"],
    ["change", "1 live 6; live: 1", "missing"],
    ["change of an older version", "conflict", "missing"],
    ["change of another life", "conflict", "missing"],
    ["delete", "1 deleted 5; live: none", "missing"],
    ["reset", "1 reset 5, 9 live 6; live: 9", "missing"],
    ["delete of an older version", "conflict", "missing"],
    ["delete of another life", "missing", "missing"],
  ])("%s: %s, and where none is live: %s", (name, present, absent) => {
    expect(told(moveOf({ live: LIVE, named: undefined }, ACTS[name]))).toBe(present);
    expect(told(moveOf({ live: undefined, named: undefined }, ACTS[name]))).toBe(absent);
  });
});

describe("an act on a named life, by its state", () => {
  const STATES = [...LIFE_STATES, "none"] as const;
  /** What becomes of life 2 in version 8 beside the live one in version 5. */
  const TABLE: Record<string, Record<(typeof STATES)[number], string>> = {
    restore: {
      live: "missing",
      staged: "missing",
      reset: "1 reset 5, 2 live 9; live: 2",
      deleted: "1 reset 5, 2 live 9; live: 2",
      sweeping: "missing",
      none: "missing",
    },
    publish: {
      live: "missing",
      staged: "taken",
      reset: "missing",
      deleted: "missing",
      sweeping: "missing",
      none: "missing",
    },
    replace: {
      live: "missing",
      staged: "1 reset 5, 2 live 9; live: 2",
      reset: "missing",
      deleted: "missing",
      sweeping: "missing",
      none: "missing",
    },
    discard: {
      live: "missing",
      staged: "2 sweeping 8; live: 1",
      reset: "missing",
      deleted: "missing",
      sweeping: "missing",
      none: "missing",
    },
    sweep: {
      live: "missing",
      staged: "2 sweeping 8; live: 1",
      reset: "2 sweeping 8; live: 1",
      deleted: "2 sweeping 8; live: 1",
      sweeping: "nothing; live: 1",
      none: "missing",
    },
    "sweep of what is older": {
      live: "missing",
      staged: "missing",
      reset: "missing",
      deleted: "missing",
      sweeping: "nothing; live: 1",
      none: "missing",
    },
  };
  const cases = Object.entries(TABLE).flatMap(([name, row]) =>
    STATES.map((state) => [name as keyof typeof ACTS, state, row[state]] as const),
  );

  test.each(cases)("%s of a life that is %s: %s", (name, state, expected) => {
    const named = state === "none" ? undefined : life(state, 2, 8);
    expect(told(moveOf({ live: LIVE, named }, ACTS[name]))).toBe(expected);
  });

  test("brings a life back under a free name, and above the version of what it replaces", () => {
    expect(told(moveOf({ live: undefined, named: life("deleted", 2, 8) }, ACTS.restore))).toBe("2 live 9; live: 2");
    expect(told(moveOf({ live: undefined, named: life("staged", 2, 1) }, ACTS.publish))).toBe("2 live 2; live: 2");
    const older = moveOf({ live: LIVE, named: life("reset", 2, 3) }, ACTS.restore);
    expect(told(older)).toBe("1 reset 5, 2 live 6; live: 2");
  });

  test("writes since when each life is in its state; a change of the definition leaves it", () => {
    const reset = moveOf({ live: LIVE, named: undefined }, ACTS.reset);
    expect(reset.kind === "moved" && reset.written.map(({ sinceMs }) => sinceMs)).toEqual([LATER_MS, make.NOW_MS]);
    const changed = moveOf({ live: LIVE, named: undefined }, ACTS.change);
    expect(changed.kind === "moved" && changed.written.map(({ sinceMs }) => sinceMs)).toEqual([make.NOW_MS]);
    const swept = moveOf({ live: LIVE, named: life("deleted", 2, 8) }, ACTS.sweep);
    expect(swept.kind === "moved" && swept.written.map(({ sinceMs }) => sinceMs)).toEqual([make.NOW_MS]);
  });
});
