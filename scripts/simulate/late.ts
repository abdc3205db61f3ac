/**
 * What conversions that come late do: whoever has not converted yet looks like one who never will, so the always-valid test is
 * widened by what the variance between days of joining says. With the parts of experiments in which it finds a true effect.
 */
import { seededRandom } from "../../server/src/stats/random.ts";
import { play } from "./hostile-run.ts";
import { screenOf } from "./hostile-screen.ts";
import { type Setting, type Values, valuesOf } from "./hostile-setting.ts";
import { atLeast, atMost, percent, type Target } from "./target.ts";

const RUNS = 1500;
const ALPHA = 0.05;

/** 20,000 participants in four weeks, with a look every hundred; each conversion comes some looks after its client. */
export function late(): Target[] {
  return [
    ...[0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99].map((rate) => claimed({ rate, late: 1 })),
    ...[1, 3, 20, 50].flatMap((lateLooks) => [0.8, 0.95, 0.99].map((rate) => claimed({ rate, late: 1, lateLooks }))),
    ...[0.8, 0.99].map((rate) => claimed({ rate, late: 0.5, weights: [[0.9, 0.1]] })),
    ...[1, 7, 20].map((lateLooks) => claimed({ rate: 1, values: EVEN, late: 1, lateLooks })),
    ...FOUND.flatMap(([rate, least]) => [0, 1].map((share) => found({ rate, late: share }, least))),
  ];
}

/** Rates, and the least power there that widening may leave. */
const FOUND = [
  [0.05, 0.1],
  [0.5, 0.25],
  [0.95, 0.65],
] as const;

/** Values that differ little: those who have none yet are most of the variance. */
const EVEN: Values = { carried: 1, sigma: 0.3, shift: 0, negative: 0 };

const BASE: Setting = {
  seed: 0,
  rate: 0.5,
  values: null,
  weights: [[0.5, 0.5]],
  drift: "none",
  late: 0,
  lateLooks: 7,
  better: "higher",
  users: 20_000,
  planned: null,
  guardrails: [],
  rollBack: "experiment",
  uplift: 0,
  stray: false,
};

function claimed(changes: Partial<Setting>): Target {
  const setting = { ...BASE, ...changes };
  return atMost(nameOf(setting), claims(setting), RUNS, ALPHA);
}

/** How much of a true effect is still found. */
function found(changes: Partial<Setting>, least: number): Target {
  const { rate, ...rest } = { ...BASE, ...changes };
  const uplift = rate > 0.5 ? (0.25 * (1 - rate)) / rate : 0.1 / Math.sqrt(rate / 0.05);
  const setting = { ...rest, rate, uplift };
  return atLeast(`${nameOf(setting)}, uplift ${percent(uplift)}: found`, claims(setting), RUNS, least);
}

function nameOf({ rate, values, weights: [first = []], late, lateLooks }: Setting): string {
  const what = values === null ? `rate ${percent(rate, 0)}` : "a value of everybody";
  const when = late === 0 ? "on time" : `${percent(late, 0)} come ${100 * lateLooks} participants late`;
  return `${first.map((share) => percent(share, 0)).join(":")}, ${what}, ${when}`;
}

function claims(setting: Setting): number {
  const random = seededRandom(37);
  const values = setting.values === null ? new Float64Array() : valuesOf(setting.values, random);
  const mayClaim = screenOf(setting);
  let count = 0;
  for (let run = 0; run < RUNS; run++) if (play(setting, mayClaim, values, random) !== null) count++;
  return count;
}
