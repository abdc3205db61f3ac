/**
 * Why a bandit keeps shares equal where a mean decides (decision 0034): what it would do instead, on orders with long
 * tails, and what that would earn beyond equal shares. By rate, traffic goes to what converts more often though it sells
 * for less. By the mean of all orders so far, a few large ones among the first few hundred clients decide; the third
 * rule waits until the orders of each arm weigh like 20 equal ones.
 */
import { batchSizes } from "../../server/src/domain/policy/batches.ts";
import { allocationFloor, epochAdjustedPosteriors, floorFor, thompsonWeights } from "../../server/src/stats/bandit.ts";
import { chancesToBeBest, jointOfMeans } from "../../server/src/stats/bayes.ts";
import { binomialFrom, normalFrom, type Random, seededRandom } from "../../server/src/stats/random.ts";
import { atLeast, atMost, percent, type Target } from "./target.ts";

const CLIENTS = 20_000;
const RUNS = 400;
const FLOOR = floorFor(2);
/** Of the logarithm of an order: the largest of a thousand is as much as a hundred ordinary ones. */
const SIGMA = 1.5;
/** Share of the free traffic from which an arm holds nearly all of it. */
const HOLDS = 0.9;

interface Arm {
  readonly rate: number;
  /** Mean of an order. */
  readonly order: number;
}

const RULES = ["rate", "mean", "mean-later"] as const;

type Rule = (typeof RULES)[number];

/** Orders of equal size that those of an arm must weigh like before the third rule goes by them. */
const EFFECTIVE_ORDERS_MIN = 20;

/** b earns 15 % less a client, and converts 20 % more often. */
const CHEAPER: readonly Arm[] = [
  { rate: 0.05, order: 50 },
  { rate: 0.06, order: 35.4 },
];
/** b converts as often, and earns 15 % less a client. */
const SMALLER: readonly Arm[] = [
  { rate: 0.05, order: 50 },
  { rate: 0.05, order: 42.5 },
];

/** b converts as often, and earns 15 % more a client. */
const LARGER: readonly Arm[] = [
  { rate: 0.05, order: 42.5 },
  { rate: 0.05, order: 50 },
];

interface Run {
  /** Of the free traffic, the share that b has at the end. */
  readonly share: number;
  /** Expected beyond equal shares, as a part of what those earn. */
  readonly gain: number;
}

export function banditValues(): Target[] {
  const line = (name: string, arms: readonly Arm[], rule: Rule) => {
    const random = seededRandom(34, RULES.indexOf(rule) + 1);
    const runs = Array.from({ length: RUNS }, () => play(arms, rule, random));
    const gain = runs.reduce((sum, run) => sum + run.gain, 0) / RUNS;
    const worst = Math.min(...runs.map((run) => run.gain));
    const held = runs.filter(({ share }) => share > HOLDS).length;
    return { name: `${name}: b holds the traffic (earns ${percent(gain)}, at worst ${percent(worst)})`, held };
  };
  const cheaper = line("by rate, b converts more and earns less", CHEAPER, "rate");
  const smaller = line("by rate, b converts alike and earns less", SMALLER, "rate");
  const wrong = (["mean", "mean-later"] as const).flatMap((rule) => [
    line(`by ${rule}, b converts more and earns less`, CHEAPER, rule),
    line(`by ${rule}, b converts alike and earns less`, SMALLER, rule),
  ]);
  const right = (["mean", "mean-later"] as const).map((rule) =>
    line(`by ${rule}, b converts alike and earns more`, LARGER, rule),
  );
  return [
    atLeast(cheaper.name, cheaper.held, RUNS, 0.5),
    atMost(smaller.name, smaller.held, RUNS, 0.35),
    ...wrong.map(({ name, held }) => atLeast(name, held, RUNS, 0)),
    ...right.map(({ name, held }) => atLeast(name, held, RUNS, 0.1)),
  ];
}

function play(arms: readonly Arm[], rule: Rule, random: Random): Run {
  const epochs: { readonly arms: { readonly n: number; readonly x: number }[] }[] = [];
  const sums = arms.map(() => ({ n: 0, sum: 0, squares: 0 }));
  const worth = arms.map(({ rate, order }) => rate * order);
  const earnedBy = (shares: readonly number[]) =>
    shares.reduce((sum, share, arm) => sum + share * (worth[arm] ?? 0), 0);
  const equal = earnedBy(arms.map(() => 1 / arms.length));
  let chances = arms.map(() => 1 / arms.length);
  let earned = 0;
  for (const size of batchSizes(CLIENTS)) {
    const shares = allocationFloor(chances, FLOOR);
    earned += size * earnedBy(shares);
    let left = size;
    const epoch = arms.map(({ rate, order }, arm) => {
      const n = arm === arms.length - 1 ? left : binomialFrom(size, shares[arm] ?? 0, random);
      left -= n;
      const x = binomialFrom(n, rate, random);
      const sum = sums[arm];
      if (sum !== undefined) {
        sum.n += n;
        for (let buyer = 0; buyer < x; buyer++) {
          const value = order * Math.exp(SIGMA * normalFrom(random) - SIGMA ** 2 / 2);
          sum.sum += value;
          sum.squares += value * value;
        }
      }
      return { n, x };
    });
    epochs.push({ arms: epoch });
    if (rule === "rate") chances = byRate(epochs);
    else if (sums.every((sum) => effectiveOrders(sum) >= (rule === "mean" ? 1 : EFFECTIVE_ORDERS_MIN)))
      chances = byMean(sums);
  }
  return { share: chances[1] ?? 0, gain: earned / (CLIENTS * equal) - 1 };
}

function byRate(epochs: Parameters<typeof epochAdjustedPosteriors>[0]): number[] {
  return thompsonWeights(epochAdjustedPosteriors(epochs, [1, 1]), { goal: "earn", floor: 0 });
}

interface Sums {
  n: number;
  sum: number;
  squares: number;
}

/** How many orders of equal size would have the same sum and sum of squares; 0 before the first one. */
function effectiveOrders({ sum, squares }: Sums): number {
  return squares === 0 ? 0 : (sum * sum) / squares;
}

/** Normal posteriors of the means. */
function byMean(sums: readonly Sums[]): number[] {
  return chancesToBeBest(
    jointOfMeans(
      sums.map(({ n, sum, squares }) => {
        const mean = sum / n;
        return { mean, variance: (squares / n - mean * mean) / n };
      }),
    ),
  );
}
