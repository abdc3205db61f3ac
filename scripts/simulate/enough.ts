/** What the limits of `enough.ts` are good for: the error of the always-valid test with them, and with a part of them. */
import { alwaysValidCritical } from "../../server/src/stats/always-valid.ts";
import { enoughForMeans, enoughForRates } from "../../server/src/stats/enough.ts";
import { TUNING_SIZE_DEFAULT } from "../../server/src/stats/input.ts";
import { sampleOf } from "../../server/src/stats/mean.ts";
import { binomialFrom, type Random, seededRandom } from "../../server/src/stats/random.ts";
import type { Enough } from "../../server/src/stats/report.ts";
import { twoProportionZ } from "../../server/src/stats/score.ts";
import { valuesOf } from "./hostile-setting.ts";
import { atMost, percent, type Target } from "./target.ts";

const ALPHA = 0.05;
const RUNS = 2000;
const USERS = 60_000;
const LOOK_EVERY = 100;
/** Parts of what is asked for; the first is the product's. */
const PARTS = [1, 0.5, 0.2, 0] as const;

interface Case {
  readonly what: string;
  readonly share: number;
  /** Statistic of what both arms have, and whether that is enough. */
  readonly draw: (random: Random, share: number) => () => readonly [statistic: number, enough: Enough];
}

const CASES: readonly Case[] = [
  { what: "rate 1 %", share: 0.02, draw: (random, share) => rates(random, share, 0.01) },
  { what: "rate 1 %", share: 0.1, draw: (random, share) => rates(random, share, 0.01) },
  { what: "rate 1 %", share: 0.98, draw: (random, share) => rates(random, share, 0.01) },
  { what: "rate 0.1 %", share: 0.5, draw: (random, share) => rates(random, share, 0.001) },
  { what: "values on 3 %", share: 0.5, draw: (random, share) => means(random, share, 0.03) },
  { what: "values on 3 %", share: 0.25, draw: (random, share) => means(random, share, 0.03) },
  { what: "values on 3 %", share: 0.1, draw: (random, share) => means(random, share, 0.03) },
];

/** Lognormal values of sigma 1.5 on 3 % of participants; the rarer outcome of rates. A look every hundred of 60,000. */
export function enough(): Target[] {
  return CASES.map(({ what, share, draw }) => {
    const random = seededRandom(41);
    const claims = PARTS.map(() => 0);
    for (let run = 0; run < RUNS; run++) {
      for (const [index, isClaimed] of played(draw(random, share)).entries()) {
        claims[index] = (claims[index] ?? 0) + (isClaimed ? 1 : 0);
      }
    }
    const [own = 0, ...less] = claims;
    const shown = less.map((count, index) => `${percent(count / RUNS)} with ${percent(PARTS[index + 1] ?? 0, 0)}`);
    return atMost(`enough, ${what}, share ${share} (${shown.join(", ")})`, own, RUNS, ALPHA);
  });
}

/** For each part whether a difference was claimed at any look. */
function played(next: () => readonly [number, Enough]): boolean[] {
  const claimed = PARTS.map(() => false);
  for (let n = LOOK_EVERY; n <= USERS; n += LOOK_EVERY) {
    const [statistic, gate] = next();
    if (!(Math.abs(statistic) > alwaysValidCritical(n, { plannedN: TUNING_SIZE_DEFAULT, alpha: ALPHA }))) continue;
    for (const [index, part] of PARTS.entries()) {
      if (gate.kind === "open" || gate.have >= part * gate.need) claimed[index] = true;
    }
  }
  return claimed;
}

function rates(random: Random, share: number, rate: number) {
  const [control, treatment] = [
    { n: 0, x: 0 },
    { n: 0, x: 0 },
  ];
  return (): readonly [number, Enough] => {
    const treated = binomialFrom(LOOK_EVERY, share, random);
    treatment.n += treated;
    control.n += LOOK_EVERY - treated;
    treatment.x += binomialFrom(treated, rate, random);
    control.x += binomialFrom(LOOK_EVERY - treated, rate, random);
    const z = control.n === 0 || treatment.n === 0 ? 0 : twoProportionZ(control, treatment).z;
    return [z, Math.abs(z) > 2 ? enoughForRates([{ control, treatment }], z) : CLOSED];
  };
}

const CLOSED: Enough = { kind: "too-few", what: "conversions", have: 0, need: 1 };

const VALUES = valuesOf({ carried: 1, sigma: 1.5, shift: 0, negative: 0 }, seededRandom(43));

function means(random: Random, share: number, carried: number) {
  const arms = [0, 1].map(() => ({ n: 0, sum: 0, squares: 0 }));
  return (): readonly [number, Enough] => {
    const treated = binomialFrom(LOOK_EVERY, share, random);
    for (const [index, arm] of arms.entries()) {
      const here = index === 1 ? treated : LOOK_EVERY - treated;
      arm.n += here;
      for (let carriers = binomialFrom(here, carried, random); carriers > 0; carriers--) {
        const value = VALUES[(random() * VALUES.length) | 0] ?? 0;
        arm.sum += value;
        arm.squares += value * value;
      }
    }
    const [control, treatment] = arms.map(({ n, sum, squares }) => (n > 1 ? sampleOf(n, sum, squares) : null));
    if (!control || !treatment) return [0, CLOSED];
    const deviation = Math.sqrt(control.variance / control.n + treatment.variance / treatment.n);
    const statistic = deviation > 0 ? (treatment.mean - control.mean) / deviation : 0;
    return [statistic, Math.abs(statistic) > 2 ? enoughForMeans([{ control, treatment }]) : CLOSED];
  };
}
