/**
 * What `sixpack calibrate` says, on 20 shapes of traffic without a difference: how often our verdict claims one at daily
 * looks, and how often the usual test does once at the end. The second is computed a second time by nothing of ours:
 * person by person, with textbook tests. Where the two agree and both miss 5 %, the usual test itself is off.
 */
import { type CalibrationInput, calibrateSteps } from "../../server/src/stats/calibration.ts";
import { Crowd, NEVER } from "../../server/src/stats/crowd.ts";
import { normalFrom, type Random, seededRandom } from "../../server/src/stats/random.ts";
import { betaCdf } from "../../server/test/stats/reference/beta.ts";
import { finish, notAbove, percent, type Target } from "./target.ts";

const SEED = 19;
const RUNS = 2_000;
const LOOKS = 14;
const ALPHA = 0.05;
/** Two shares that are one differ by more than this in one of 400 comparisons, in standard errors. */
const ERRORS_MAX = 3;
/** Cochran's rule: participants in an arm, by the square of the skewness, from which a t test holds its level. */
const COCHRAN = 25;

interface Shape {
  readonly what: string;
  readonly weights: readonly number[];
  readonly rate: number;
  readonly people: number;
  /** The value of a conversion; left out, rates are compared. */
  readonly value?: (random: Random) => number;
}

const EQUAL = [1, 1];
const NINE = [9, 1];
const logNormal = (sigma: number) => (random: Random) => Math.exp(sigma * normalFrom(random));
const exponential = (random: Random) => -Math.log(1 - random());
const pareto = (random: Random) => (1 - random()) ** (-1 / 2.5);

const SHAPES: readonly Shape[] = [
  { what: "rate 5 %, equal", weights: EQUAL, rate: 0.05, people: 8_000 },
  { what: "rate 30 %, equal", weights: EQUAL, rate: 0.3, people: 8_000 },
  { what: "rate 90 %, equal", weights: EQUAL, rate: 0.9, people: 8_000 },
  { what: "rate 1 %, equal", weights: EQUAL, rate: 0.01, people: 20_000 },
  { what: "rate 30 %, 3 alternatives", weights: [1, 1, 1], rate: 0.3, people: 8_000 },
  { what: "rate 5 %, 90:10", weights: NINE, rate: 0.05, people: 8_000 },
  { what: "rate 30 %, 90:10", weights: NINE, rate: 0.3, people: 8_000 },
  { what: "rate 30 %, 400 people", weights: EQUAL, rate: 0.3, people: 400 },
  { what: "constant value, equal", weights: EQUAL, rate: 0.2, people: 8_000, value: () => 3 },
  { what: "normal value, equal", weights: EQUAL, rate: 0.5, people: 8_000, value: (random) => 10 + normalFrom(random) },
  { what: "normal value, 90:10", weights: NINE, rate: 0.5, people: 8_000, value: (random) => 10 + normalFrom(random) },
  { what: "exponential value, equal", weights: EQUAL, rate: 0.2, people: 8_000, value: exponential },
  { what: "exponential value, 90:10", weights: NINE, rate: 0.2, people: 8_000, value: exponential },
  { what: "lognormal .5, 90:10", weights: NINE, rate: 0.2, people: 8_000, value: logNormal(0.5) },
  { what: "lognormal 1, equal", weights: EQUAL, rate: 0.2, people: 8_000, value: logNormal(1) },
  { what: "lognormal 1, 90:10", weights: NINE, rate: 0.2, people: 8_000, value: logNormal(1) },
  { what: "lognormal 2, equal", weights: EQUAL, rate: 0.2, people: 8_000, value: logNormal(2) },
  { what: "lognormal 2, 90:10", weights: NINE, rate: 0.2, people: 8_000, value: logNormal(2) },
  { what: "Pareto 2.5, equal", weights: EQUAL, rate: 0.1, people: 8_000, value: pareto },
  { what: "Pareto 2.5, 90:10", weights: NINE, rate: 0.1, people: 8_000, value: pareto },
];

interface Person {
  readonly joined: number;
  readonly reached: number;
  readonly total: number;
}

export function calibrate(): Target[] {
  return SHAPES.flatMap((shape, index) => {
    const people = peopleOf(shape, seededRandom(SEED, index));
    const { equal } = finish(calibrateSteps(inputOf(shape, people), seededRandom(SEED, index, 1)));
    const byHand = usualByHand(shape, () => people, seededRandom(SEED, index, 2));
    const fresh = seededRandom(SEED, index, 3);
    const others = usualByHand(shape, () => peopleOf(shape, fresh), seededRandom(SEED, index, 4));
    return [
      notAbove(`${shape.what}: our verdict, daily`, equal.ours, RUNS, ALPHA),
      alike(`${shape.what}: usual test, as by hand (new people: ${percent(others / RUNS)})`, equal.usualOnce, byHand),
      ...(holdsLevel(shape, people) ? [nominal(`${shape.what}: usual test`, equal.usualOnce)] : []),
    ];
  });
}

/** One share seen twice. */
function alike(name: string, count: number, other: number): Target {
  const [one, two] = [count / RUNS, other / RUNS];
  const middle = (one + two) / 2;
  const error = Math.sqrt((2 * middle * (1 - middle)) / RUNS);
  const expected = `${percent(two)} ± ${percent(ERRORS_MAX * error)}`;
  return { name, expected, measured: percent(one), met: Math.abs(one - two) <= ERRORS_MAX * error };
}

function nominal(name: string, count: number): Target {
  const error = Math.sqrt((ALPHA * (1 - ALPHA)) / RUNS);
  const share = count / RUNS;
  const isMet = Math.abs(share - ALPHA) <= 2 * error;
  return { name, expected: `5.0 % ± ${percent(2 * error)}`, measured: percent(share), met: isMet };
}

/** Whether the smallest arm is large enough for the skewness of what its people bring. */
function holdsLevel({ weights }: Shape, people: readonly Person[]): boolean {
  const mean = people.reduce((sum, { total }) => sum + total, 0) / people.length;
  const moment = (power: number) => people.reduce((sum, { total }) => sum + (total - mean) ** power, 0) / people.length;
  const skewness = moment(3) / moment(2) ** 1.5;
  const smallest = (Math.min(...weights) / weights.reduce((sum, weight) => sum + weight, 0)) * people.length;
  return smallest >= COCHRAN * skewness ** 2;
}

function peopleOf({ rate, people, value = () => 1 }: Shape, random: Random): readonly Person[] {
  return Array.from({ length: people }, () => {
    const joined = Math.floor(random() * LOOKS);
    if (random() >= rate) return { joined, reached: NEVER, total: 0 };
    const reached = Math.min(LOOKS - 1, joined + Math.floor(2 * exponential(random)));
    return { joined, reached, total: value(random) };
  });
}

function inputOf({ weights, value }: Shape, people: readonly Person[]): CalibrationInput {
  const isValued = value !== undefined;
  const crowd = new Crowd(1);
  for (const { joined, reached, total } of people) {
    crowd.add({ epoch: 0, joined, reached: [reached], totals: [isValued ? total : 0] });
  }
  return {
    question: {
      arms: weights.map((_, arm) => ({ name: `arm ${arm}` })),
      kpis: [{ name: "kpi", role: "primary", decidesOn: isValued ? "mean" : "rate" }],
      epochs: [{ weights, participants: weights.map(() => 0), kpis: [] }],
    },
    valued: [isValued],
    days: Array.from({ length: LOOKS }, (_, look) => look),
    groups: crowd.groups(),
    runs: RUNS,
    uplift: 0.1,
  };
}

/** How often the smallest p-value of the alternatives is below the level that they share. */
function usualByHand(shape: Shape, peopleOfRun: () => readonly Person[], random: Random): number {
  const { weights, value } = shape;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const level = ALPHA / (weights.length - 1);
  let count = 0;
  for (let run = 0; run < RUNS; run++) {
    const arms = weights.map((): number[] => []);
    for (const person of peopleOfRun()) arms[drawn(weights, random() * total)]?.push(person.total);
    const [baseline = [], ...alternatives] = arms;
    const pOf = value === undefined ? pOfRates : pOfMeans;
    if (alternatives.some((alternative) => pOf(baseline, alternative) < level)) count++;
  }
  return count;
}

function drawn(weights: readonly number[], at: number): number {
  let end = 0;
  return weights.findIndex((weight) => {
    end += weight;
    return at < end;
  });
}

/** Pearson's chi-squared of two by two. */
function pOfRates(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [sum(a), sum(b)];
  const pooled = (x + y) / (a.length + b.length);
  const variance = pooled * (1 - pooled) * (1 / a.length + 1 / b.length);
  const z = (x / a.length - y / b.length) / Math.sqrt(variance);
  // Student's t of so many degrees of freedom is normal.
  return pOfStudent(z, 1e9);
}

/** Welch's t test. */
function pOfMeans(a: readonly number[], b: readonly number[]): number {
  const [first, second] = [meanOf(a), meanOf(b)];
  const variance = first.variance + second.variance;
  const df = variance ** 2 / (first.variance ** 2 / (a.length - 1) + second.variance ** 2 / (b.length - 1));
  return pOfStudent((first.mean - second.mean) / Math.sqrt(variance), df);
}

function meanOf(values: readonly number[]): { readonly mean: number; readonly variance: number } {
  const mean = sum(values) / values.length;
  const spread = values.reduce((so, value) => so + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, variance: spread / values.length };
}

function sum(values: readonly number[]): number {
  return values.reduce((so, value) => so + value, 0);
}

/** Two-sided. Abramowitz and Stegun 26.5.27. */
function pOfStudent(t: number, df: number): number {
  return betaCdf(df / (df + t ** 2), df / 2, 1 / 2);
}
