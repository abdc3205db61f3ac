/**
 * Values with a heavy tail, under a cap and per conversion: how often nothing is called something at daily looks, and what one
 * huge client does to an interval. Totals are lognormal with sigma 2 of one client in five, the others have none.
 */
import type { KpiCell } from "../../server/src/stats/input.ts";
import { normalFrom, type Random, seededRandom } from "../../server/src/stats/random.ts";
import type { RatioSums } from "../../server/src/stats/ratio.ts";
import type { KpiReport } from "../../server/src/stats/report.ts";
import { summarize } from "../../server/src/stats/summarize.ts";
import { atLeast, atMost, below, percent, type Target } from "./target.ts";

const RUNS = 300;
const DAYS = 28;
const CLIENTS_A_DAY = 500;
const ALPHA = 0.05;
const BUYERS = 0.2;
const SIGMA = 2;
const SHARES = [0.5, 0.1, 0.02];

/** The 99th percentile of the totals, of which the median is 1. */
const P99 = Math.exp(2.3263478740408408 * SIGMA);
/** What the odd one has, in medians. */
const HUGE = 1_000;

export function money(): Target[] {
  const errors = SHARES.flatMap((share, index) =>
    (["from the start", "p99 of the first week"] as const).map((when, at) => {
      const random = seededRandom(16, 2 * index + at);
      let claims = 0;
      for (let run = 0; run < RUNS; run += 1) claims += Number(play(share, at === 0 ? P99 : null, random));
      return atMost(
        `capped, A/A of ${DAYS} looks, ${percent(share, 0)} in the alternative, ${when}`,
        claims,
        RUNS,
        ALPHA,
      );
    }),
  );
  const widths = SHARES.map((share, index) => {
    const random = seededRandom(17, index);
    const widest = { capped: 0, raw: 0 };
    for (let run = 0; run < WIDTH_RUNS; run += 1) {
      const { capped, raw } = widened(share, random);
      widest.capped = Math.max(widest.capped, capped);
      widest.raw = Math.max(widest.raw, raw);
    }
    const name = `one client of ${HUGE} medians widens, ${percent(share, 0)} of ${CLIENTS_WIDTH} clients in the alternative (without cap: ${percent(widest.raw, 0)})`;
    return below(name, widest.capped, 0.1, (value) => percent(value));
  });
  return [...errors, ...averages(), ...widths];
}

/** Of clients who order; those who don't add nothing to an average. */
const BUYERS_A_DAY = 8_000;
const ORDERED_RUNS = 200;

/**
 * The average per conversion of clients who order again and again, the more the more they spend an order: whether its range ever
 * leaves out what is true, no difference, once it is shown. Where one alternative is tiny it would, long before it is.
 */
function averages(): Target[] {
  return SHARES.flatMap((share, index) => {
    const random = seededRandom(18, index);
    const claims = { shown: 0, hidden: 0, opened: 0 };
    for (let run = 0; run < ORDERED_RUNS; run += 1) {
      const played = playOrders(share, random);
      claims.shown += Number(played.shown);
      claims.hidden += Number(played.hidden);
      claims.opened += Number(played.opened);
    }
    const name = `average per conversion, A/A of ${DAYS} looks, ${percent(share, 0)} in the alternative`;
    const opened = `shown in ${percent(claims.opened / ORDERED_RUNS, 0)}`;
    const shown = atMost(`${name}, ${opened}`, claims.shown, ORDERED_RUNS, ALPHA);
    if (share !== Math.min(...SHARES)) return [shown];
    return [shown, atLeast(`${name}, without waiting for enough`, claims.hidden, ORDERED_RUNS, ALPHA)];
  });
}

interface Played {
  /** Whether there was enough for its range at the last look. */
  readonly opened: boolean;
  /** Whether a range left no difference out that was shown, or not shown yet. */
  readonly shown: boolean;
  readonly hidden: boolean;
}

function playOrders(share: number, random: Random): Played {
  const participants = [0, 0];
  const sums = [0, 1].map(() => ({ n: 0, events: 0, total: 0, eventsSquared: 0, totalSquared: 0, product: 0 }));
  const claimed = { opened: false, shown: false, hidden: false };
  for (let day = 0; day < DAYS; day += 1) {
    for (let buyer = 0; buyer < BUYERS_A_DAY; buyer += 1) {
      const arm = random() < share ? 1 : 0;
      participants[arm] = (participants[arm] ?? 0) + 1 / BUYERS;
      order(sums[arm], random);
    }
    const kpis = sums.map((ratio) => ({
      conversions: ratio.n,
      values: { sum: ratio.total, sumSquares: ratio.totalSquared },
      ratio,
    }));
    const { comparison } = analysed(participants, kpis, share).averages?.[1] ?? {};
    if (comparison?.kind !== "compared") continue;
    const { lower, upper } = comparison.difference.alwaysValid;
    const isOff = (lower ?? -1) > 0 || (upper ?? 1) < 0;
    claimed.opened = comparison.gate.kind === "open";
    claimed[claimed.opened ? "shown" : "hidden"] ||= isOff;
  }
  return claimed;
}

/** What a client spends an order is lognormal, and so is the number of orders, by a part of the same. */
function order(sums: Mutable<RatioSums> | undefined, random: Random): void {
  if (sums === undefined) return;
  const wealth = normalFrom(random);
  const events = 1 + Math.floor(Math.exp(wealth / 2 + normalFrom(random) / 2) * random());
  const total = events * Math.exp(SIGMA * (0.6 * wealth + 0.8 * normalFrom(random)));
  sums.n += 1;
  sums.events += events;
  sums.total += total;
  sums.eventsSquared += events * events;
  sums.totalSquared += total * total;
  sums.product += events * total;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface ArmSums {
  participants: number;
  conversions: number;
  sum: number;
  sumSquares: number;
}

function armOf(participants: number, totals: readonly number[], cap: number): ArmSums {
  const capped = totals.map((total) => Math.min(total, cap));
  return {
    participants,
    conversions: totals.length,
    sum: capped.reduce((sum, total) => sum + total, 0),
    sumSquares: capped.reduce((sum, total) => sum + total * total, 0),
  };
}

function totalFrom(random: Random): number {
  return Math.exp(SIGMA * normalFrom(random));
}

/**
 * Whether a look claimed a difference.
 * @param cap `null`: the percentile of the first week, before which nothing is claimed
 */
function play(share: number, cap: number | null, random: Random): boolean {
  const participants = [0, 0];
  const totals: [number[], number[]] = [[], []];
  let inForce = cap;
  for (let day = 0; day < DAYS; day += 1) {
    for (let client = 0; client < CLIENTS_A_DAY; client += 1) {
      const arm = random() < share ? 1 : 0;
      participants[arm] = (participants[arm] ?? 0) + 1;
      if (random() < BUYERS) totals[arm].push(totalFrom(random));
    }
    if (cap === null && day === 6) {
      const pooled = totals.flat().sort((one, other) => one - other);
      inForce = pooled[Math.ceil(0.99 * pooled.length) - 1] ?? inForce;
    }
    const limit = inForce;
    if (limit === null) continue;
    const arms = totals.map((own, arm) => armOf(participants[arm] ?? 0, own, limit));
    const { comparison } = lookAt(arms, share);
    if (comparison.kind === "compared" && comparison.conclusion !== "undecided") return true;
  }
  return false;
}

function analysed(participants: readonly number[], cells: readonly KpiCell[], share: number): KpiReport {
  const [kpi] = summarize({
    arms: [{ name: "a" }, { name: "b" }],
    kpis: [{ name: "revenue", role: "primary", decidesOn: "mean" }],
    epochs: [{ weights: [1 - share, share], participants, kpis: [cells] }],
  }).kpis;
  if (kpi?.kind !== "analysed") throw new Error("Expected the KPI to be analysed");
  return kpi;
}

function lookAt(arms: readonly ArmSums[], share: number) {
  const cells = arms.map(({ conversions, sum, sumSquares }) => ({ conversions, values: { sum, sumSquares } }));
  const participants = arms.map((one) => one.participants);
  const arm = analysed(participants, cells, share).means?.[1];
  if (arm === undefined) throw new Error("Expected the mean to be analysed");
  return arm;
}

const WIDTH_RUNS = 30;

/** So many that the smallest alternative has a thousand totals; of 400 there the odd one widens by 11 %. */
const CLIENTS_WIDTH = 250_000;

/** By which share the interval of the difference is wider with the odd client in place of one of the alternative. */
function widened(share: number, random: Random): { readonly capped: number; readonly raw: number } {
  const participants = [1 - share, share].map((part) => Math.round(CLIENTS_WIDTH * part));
  const totals = participants.map((count) =>
    Array.from({ length: Math.round(count * BUYERS) }, () => totalFrom(random)),
  );
  const [control = [], treated = []] = totals;
  const width = (own: readonly number[], cap: number) => {
    const arms = [control, own].map((list, arm) => armOf(participants[arm] ?? 0, list, cap));
    const { comparison } = lookAt(arms, share);
    if (comparison.kind !== "compared") throw new Error(`Expected a comparison, got ${comparison.kind}`);
    const { lower, upper } = comparison.difference.alwaysValid;
    return (upper ?? Number.POSITIVE_INFINITY) - (lower ?? Number.NEGATIVE_INFINITY);
  };
  const odd = [HUGE, ...treated.slice(1)];
  const more = (cap: number) => width(odd, cap) / width(treated, cap) - 1;
  return { capped: more(P99), raw: more(Number.POSITIVE_INFINITY) };
}
