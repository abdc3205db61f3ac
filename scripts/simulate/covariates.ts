/**
 * A covariate that is taken out, in experiments in which nothing differs, and in those where something does: what the
 * report says at daily looks. Half of the clients of some settings have none, as new visitors do.
 */
import type { CovariateCell, CovariateProducts, Moments, ReportInput } from "../../server/src/stats/input.ts";
import { normalFrom, type Random, seededRandom } from "../../server/src/stats/random.ts";
import { summarize } from "../../server/src/stats/summarize.ts";
import { atLeast, atMost, percent, type Target } from "./target.ts";

const RUNS = 600;
const DAYS = 28;
const CLIENTS_A_DAY = 300;
const ALPHA = 0.05;

type Figure = "rate" | "mean";

interface Setting {
  readonly what: string;
  readonly figure: Figure;
  /** Share of the alternative. */
  readonly share: number;
  /** Share of clients with a covariate. */
  readonly known: number;
  /** Sigma of log x: how skewed it is. */
  readonly sigma: number;
  readonly uplift?: number;
}

const SETTINGS: readonly Setting[] = [
  { what: "means, all known", figure: "mean", share: 0.5, known: 1, sigma: 1 },
  { what: "means, half known, skewed", figure: "mean", share: 0.5, known: 0.5, sigma: 2 },
  { what: "means, 10 % of clients, skewed", figure: "mean", share: 0.1, known: 1, sigma: 2 },
  { what: "rates, all known", figure: "rate", share: 0.5, known: 1, sigma: 1 },
  { what: "rates, 10 % of clients, skewed", figure: "rate", share: 0.1, known: 0.5, sigma: 2 },
];

export function covariates(): Target[] {
  const nothing = SETTINGS.map((setting, index) => {
    const { claims, reduction } = playAll(setting, seededRandom(12, index));
    return atMost(`covariate, ${setting.what} (variance -${percent(reduction, 0)})`, claims.adjusted, RUNS, ALPHA);
  });
  const planted: Setting = { what: "planted", figure: "mean", share: 0.5, known: 1, sigma: 1, uplift: 0.1 };
  const { claims } = playAll(planted, seededRandom(12, SETTINGS.length));
  return [
    ...nothing,
    atLeast(
      `covariate, means 10 % higher: found in ${DAYS} days (without: ${percent(claims.plain / RUNS, 0)})`,
      claims.adjusted,
      RUNS,
      claims.plain / RUNS,
    ),
  ];
}

function playAll(setting: Setting, random: Random) {
  const claims = { adjusted: 0, plain: 0 };
  let reduction = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const played = play(setting, random);
    claims.adjusted += Number(played.adjusted);
    claims.plain += Number(played.plain);
    reduction += played.reduction / RUNS;
  }
  return { claims, reduction };
}

interface ArmSums {
  participants: number;
  conversions: number;
  readonly values: { -readonly [K in keyof Moments]: Moments[K] };
  readonly x: { -readonly [K in keyof CovariateCell]: CovariateCell[K] };
  readonly products: { -readonly [K in keyof CovariateProducts]: CovariateProducts[K] };
}

function emptyArm(): ArmSums {
  return {
    participants: 0,
    conversions: 0,
    values: { sum: 0, sumSquares: 0 },
    x: { n: 0, sum: 0, sumSquares: 0 },
    products: { conversions: 0, conversionsTimes: 0, sum: 0, sumTimes: 0 },
  };
}

/** Whether anything was concluded at any daily look, with and without the covariate. */
function play(setting: Setting, random: Random) {
  const arms = [emptyArm(), emptyArm()];
  const seen = { adjusted: false, plain: false, reduction: 0 };
  for (let day = 0; day < DAYS; day += 1) {
    for (let client = 0; client < CLIENTS_A_DAY; client += 1) join(arms, setting, random);
    const input = inputOf(arms, setting);
    const adjusted = lookAt(input, setting.figure);
    seen.adjusted ||= adjusted.claimed;
    seen.reduction = adjusted.reduction;
    if (setting.uplift !== undefined) {
      const epochs = input.epochs.map(({ covariates: _, ...epoch }) => epoch);
      seen.plain ||= lookAt({ ...input, epochs }, setting.figure).claimed;
    }
  }
  return seen;
}

/** Spending y follows that of before, x: one in three buys, more often and more who did before. */
function join(arms: readonly ArmSums[], { share, known, sigma, uplift = 0 }: Setting, random: Random): void {
  const isTreated = random() < share;
  const arm = arms[isTreated ? 1 : 0];
  if (arm === undefined) return;
  const before = Math.exp(sigma * normalFrom(random));
  const converts = random() < 0.5 * (before / (1 + before)) + 0.08;
  const value = converts ? before * Math.exp(0.5 * normalFrom(random)) * (isTreated ? 1 + uplift : 1) : 0;
  arm.participants += 1;
  arm.conversions += Number(converts);
  arm.values.sum += value;
  arm.values.sumSquares += value * value;
  if (random() >= known) return;
  arm.x.n += 1;
  arm.x.sum += before;
  arm.x.sumSquares += before * before;
  arm.products.conversions += Number(converts);
  arm.products.conversionsTimes += converts ? before : 0;
  arm.products.sum += value;
  arm.products.sumTimes += before * value;
}

function inputOf(arms: readonly ArmSums[], { share, figure }: Setting): ReportInput {
  return {
    arms: [{ name: "a" }, { name: "b" }],
    kpis: [{ name: "revenue", role: "primary", decidesOn: figure }],
    epochs: [
      {
        weights: [1 - share, share],
        participants: arms.map(({ participants }) => participants),
        covariates: arms.map(({ x }) => ({ ...x })),
        kpis: [
          arms.map(({ conversions, values, products }) => ({
            conversions,
            products: { ...products },
            ...(figure === "mean" ? { values: { ...values } } : {}),
          })),
        ],
      },
    ],
  };
}

function lookAt(input: ReportInput, figure: Figure): { readonly claimed: boolean; readonly reduction: number } {
  const [kpi] = summarize(input).kpis;
  if (kpi?.kind !== "analysed") throw new Error("Expected the KPI to be analysed");
  const comparison = (figure === "mean" ? kpi.means : kpi.rates)?.[1]?.comparison;
  if (comparison?.kind !== "compared") return { claimed: false, reduction: 0 };
  return {
    claimed: comparison.conclusion !== "undecided",
    reduction: comparison.adjustment?.varianceReduction ?? 0,
  };
}
