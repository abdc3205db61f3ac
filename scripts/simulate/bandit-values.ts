/**
 * Why a bandit goes by rates also where a mean decides (decision 0034): the two rules side by side on orders with long
 * tails. By rate, traffic goes to what converts more often though it sells for less. By the mean of all orders so far,
 * a few large ones among the first few hundred clients decide.
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

type Rule = "rate" | "mean";

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

export function banditValues(): Target[] {
  const line = (name: string, arms: readonly Arm[], rule: Rule) => {
    const random = seededRandom(34, rule === "rate" ? 1 : 2);
    const runs = Array.from({ length: RUNS }, () => play(arms, rule, random));
    const mean = runs.reduce((sum, share) => sum + share, 0) / RUNS;
    const wrong = runs.filter((share) => share > HOLDS).length;
    return { name: `${name} (its mean share ${percent(mean)})`, wrong };
  };
  const cheaper = line("by rate, b converts more and earns less: it holds the traffic", CHEAPER, "rate");
  const meanCheaper = line("by mean, the same: b holds the traffic", CHEAPER, "mean");
  const smaller = line("by mean, b converts alike and earns less: it holds the traffic", SMALLER, "mean");
  return [
    atLeast(cheaper.name, cheaper.wrong, RUNS, 0.5),
    atLeast(meanCheaper.name, meanCheaper.wrong, RUNS, 0.02),
    atLeast(smaller.name, smaller.wrong, RUNS, 0.02),
    atMost("by rate, b converts alike and earns less", line("", SMALLER, "rate").wrong, RUNS, 0.35),
  ];
}

/** Share of the free traffic that b has at the end. */
function play(arms: readonly Arm[], rule: Rule, random: Random): number {
  const epochs: { readonly arms: { readonly n: number; readonly x: number }[] }[] = [];
  const sums = arms.map(() => ({ n: 0, sum: 0, squares: 0 }));
  let chances = arms.map(() => 1 / arms.length);
  for (const size of batchSizes(CLIENTS)) {
    const shares = allocationFloor(chances, FLOOR);
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
    chances = rule === "rate" ? byRate(epochs) : byMean(sums, chances);
  }
  return chances[1] ?? 0;
}

function byRate(epochs: Parameters<typeof epochAdjustedPosteriors>[0]): number[] {
  return thompsonWeights(epochAdjustedPosteriors(epochs, [1, 1]), { goal: "earn", floor: 0 });
}

/** Normal posteriors of the means; no change before each alternative has an order. */
function byMean(sums: readonly { n: number; sum: number; squares: number }[], before: number[]): number[] {
  if (sums.some(({ sum }) => sum === 0)) return before;
  return chancesToBeBest(
    jointOfMeans(
      sums.map(({ n, sum, squares }) => {
        const mean = sum / n;
        return { mean, variance: (squares / n - mean * mean) / n };
      }),
    ),
  );
}
