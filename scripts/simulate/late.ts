/**
 * What conversions that come late do: whoever has not converted yet looks like one who never will, so the always-valid test is
 * widened by what the variance between days of joining says. With the parts of experiments in which it finds a true effect.
 */
import { alwaysValidCritical } from "../../server/src/stats/always-valid.ts";
import { enoughForRates } from "../../server/src/stats/enough.ts";
import { binomialFrom, seededRandom } from "../../server/src/stats/random.ts";
import { twoProportionZ } from "../../server/src/stats/score.ts";
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
    atMost("everybody at once, 50 % convert in two weeks, a look a minute", atOnce(), RUNS, AT_ONCE_MAX),
    ...FOUND.flatMap(([rate, least]) => [0, 1].map((share) => found({ rate, late: share }, least))),
  ];
}

/** Known to be above alpha: the clock of the test is participants, and it stands still while they convert. */
const AT_ONCE_MAX = 0.1;

/** How many of the runs claim a difference. With one day of joining there is no variance between days to widen the test. */
function atOnce(): number {
  const [looks, participants, rate] = [14 * 24 * 60, 10_000, 0.5];
  const tuning = { plannedN: participants, alpha: ALPHA };
  const critical = alwaysValidCritical(participants, tuning);
  let count = 0;
  for (let run = 0; run < RUNS; run++) {
    const random = seededRandom(38, run);
    const treated = binomialFrom(participants, 0.5, random);
    const sizes = [participants - treated, treated] as const;
    const left = sizes.map((n) => binomialFrom(n, rate, random));
    const reached = [0, 0];
    for (let look = 0; look < looks; look++) {
      for (const [arm, waiting] of left.entries()) {
        const now = binomialFrom(waiting, 1 / (looks - look), random);
        left[arm] = waiting - now;
        reached[arm] = (reached[arm] ?? 0) + now;
      }
      const [control, treatment] = sizes.map((n, arm) => ({ n, x: reached[arm] ?? 0 }));
      if (control === undefined || treatment === undefined) continue;
      const { z } = twoProportionZ(control, treatment);
      if (Math.abs(z) <= critical || enoughForRates([{ control, treatment }], z).kind !== "open") continue;
      count++;
      break;
    }
  }
  return count;
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
