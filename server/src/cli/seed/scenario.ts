/** What `sixpack seed` plays: eight experiments, and who visits and converts when. Pure: the same seed, the same traffic. */
import { DAY_MS } from "../../lib/time.ts";
import { normalFrom, type Random, seededRandom } from "../../stats/random.ts";

export interface Goal {
  /** `null` is the KPI without a name. */
  readonly kpi: string | null;
  /** Share of participants who reach it, per alternative. */
  readonly rates: readonly number[];
  /** Value of each conversion: log-normal around a median, in whatever currency. */
  readonly value?: { readonly median: number; readonly sigma: number };
}

interface SeedSegments {
  /** As a declaration names them. */
  readonly declared: readonly string[];
  /** Share of visitors of each value, by dimension. */
  readonly shares: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Whom an alternative loses before their call is sent, and which share of them: a page that fails there. */
  readonly loses: {
    readonly dimension: string;
    readonly value: string;
    readonly alternative: string;
    readonly share: number;
  };
}

export interface SeedExperiment {
  readonly name: string;
  readonly alternatives: readonly string[];
  /** Visitors at scale 1, over all days. */
  readonly visitors: number;
  /** Share of visitors taken in; the rest are excluded by the server. */
  readonly trafficFraction?: number;
  readonly goals: readonly Goal[];
  /** Set if calls say what visitors spent before: those who spent more buy more often, and more. */
  readonly hasCovariate?: true;
  /** Share of visitors who log in on a second device, and so have two ids. */
  readonly logins?: number;
  /** Set if it is declared with segments. */
  readonly segments?: SeedSegments;
}

/**
 * One of each kind that people meet: a clear winner, a clear loser, a tie, a shop with revenue and what was spent
 * before, values beside rates, four alternatives, a small one, a split that one browser spoils.
 */
export const EXPERIMENTS: readonly SeedExperiment[] = [
  {
    name: "checkout-button",
    alternatives: ["green", "orange"],
    visitors: 12_000,
    goals: [{ kpi: null, rates: [0.08, 0.102] }],
  },
  {
    name: "homepage-hero",
    alternatives: ["photo", "video"],
    visitors: 9_000,
    logins: 0.06,
    goals: [
      { kpi: null, rates: [0.12, 0.092] },
      { kpi: "signup", rates: [0.031, 0.022] },
    ],
  },
  {
    name: "search-order",
    alternatives: ["relevance", "popularity"],
    visitors: 8_000,
    goals: [{ kpi: null, rates: [0.21, 0.21] }],
  },
  {
    name: "shipping-threshold",
    alternatives: ["free-over-50", "free-over-80"],
    visitors: 6_000,
    hasCovariate: true,
    goals: [{ kpi: "revenue", rates: [0.21, 0.2], value: { median: 41, sigma: 0.7 } }],
  },
  {
    name: "product-hints",
    alternatives: ["none", "bought-together"],
    visitors: 6_000,
    goals: [
      { kpi: "add-to-cart", rates: [0.14, 0.155] },
      { kpi: "purchase", rates: [0.052, 0.058], value: { median: 34, sigma: 0.8 } },
    ],
  },
  {
    name: "pricing-page",
    alternatives: ["three-columns", "slider", "calculator", "contact-us"],
    visitors: 7_000,
    goals: [
      { kpi: "trial", rates: [0.06, 0.066, 0.084, 0.041] },
      { kpi: "paid", rates: [0.018, 0.019, 0.026, 0.011] },
    ],
  },
  {
    name: "footer-newsletter",
    alternatives: ["short", "long"],
    visitors: 600,
    trafficFraction: 0.5,
    goals: [{ kpi: "subscribe", rates: [0.04, 0.05] }],
  },
  {
    name: "gallery-swipe",
    alternatives: ["arrows", "swipe"],
    visitors: 4_000,
    segments: {
      declared: ["device", "browser"],
      shares: {
        device: { phone: 0.56, tablet: 0.06, desktop: 0.38 },
        browser: { chrome: 0.5, safari: 0.3, firefox: 0.12, edge: 0.08 },
      },
      loses: { dimension: "browser", value: "safari", alternative: "swipe", share: 0.8 },
    },
    goals: [{ kpi: null, rates: [0.11, 0.118] }],
  },
];

/** Traffic of a weekday against the mean, Sunday first: a shop's week. */
const WEEK = [0.8, 1.08, 1.1, 1.07, 1.05, 1.0, 0.9] as const;

/** Share of conversions on the day of the visit; the rest are spread over the days up to DELAY_DAYS_MAX. */
const SAME_DAY_SHARE = 0.75;
const DELAY_DAYS_MAX = 3;

export interface Visit {
  readonly experiment: SeedExperiment;
  readonly clientId: string;
  /** ISO 8601 date and time. */
  readonly at: string;
  /** What the visitor spent before, where calls say so. */
  readonly covariate: number | undefined;
  /** The id on the second device, of a visitor who logs in there. */
  readonly secondId: string | undefined;
  /** By dimension, where any are declared. */
  readonly segments: Readonly<Record<string, string>> | undefined;
  /** The alternative in which the visitor is lost before the call is sent. */
  readonly lostIn: string | undefined;
  /** What the visitor does with the alternative that the server gave. */
  readonly conversions: (alternative: string) => readonly PlannedConversion[];
}

interface PlannedConversion {
  readonly kpi: string | null;
  readonly value: number | undefined;
  readonly at: string;
}

interface SeedOptions {
  readonly seed: number;
  /** Times the number of visitors. */
  readonly scale: number;
  /** Days of traffic, today included. */
  readonly days: number;
  readonly nowMs: number;
}

export function visitorsOf(experiment: SeedExperiment, scale: number): number {
  return Math.max(1, Math.round(experiment.visitors * scale));
}

/** Every visit, day by day, oldest first. Made one at a time: at scale 1,000 they would not fit into memory. */
export function* visits(options: SeedOptions, played: readonly SeedExperiment[] = EXPERIMENTS): Generator<Visit> {
  const today = Math.floor(options.nowMs / DAY_MS);
  const days = Array.from({ length: options.days }, (_, index) => today - options.days + 1 + index);
  const totalWeight = days.reduce((sum, day) => sum + weekdayWeight(day), 0);
  let weightUntil = 0;
  for (const day of days) {
    const from = weightUntil / totalWeight;
    weightUntil += weekdayWeight(day);
    const until = weightUntil / totalWeight;
    for (const [number, experiment] of EXPERIMENTS.entries()) {
      if (!played.includes(experiment)) continue;
      const visitors = visitorsOf(experiment, options.scale);
      for (let index = Math.round(from * visitors); index < Math.round(until * visitors); index += 1) {
        yield visit(options.seed, experiment, { number, index, day, today });
      }
    }
  }
}

/** Which visit of how many, on which day. */
interface Turn {
  /** Of the experiment. */
  readonly number: number;
  /** Of the visitor in it. */
  readonly index: number;
  /** Days since 1970. */
  readonly day: number;
  readonly today: number;
}

function visit(seed: number, experiment: SeedExperiment, turn: Turn): Visit {
  const { number, index, day } = turn;
  const random = seededRandom(seed, number, index);
  const secondOfDay = Math.floor(random() * 86_400);
  const clientId = `seed-${seed}-${number}-${index}`;
  // A source of its own, so that the rest of the traffic is as it would be without.
  const ownRandom = seededRandom(seed, number, index, 1);
  const logsIn = experiment.logins !== undefined && ownRandom() < experiment.logins;
  const before = experiment.hasCovariate === true ? normalFrom(ownRandom) : undefined;
  const segments = experiment.segments && segmentsOf(experiment.segments, ownRandom);
  const loses = experiment.segments?.loses;
  const isLost = loses !== undefined && segments?.[loses.dimension] === loses.value && ownRandom() < loses.share;
  return {
    experiment,
    clientId,
    segments,
    lostIn: isLost ? loses.alternative : undefined,
    at: isoTime(day, secondOfDay),
    covariate: before === undefined ? undefined : logNormal(SPENT_BEFORE, before),
    secondId: logsIn ? `${clientId}-phone` : undefined,
    conversions: (alternative) => conversionsOf(experiment, alternative, random, { ...turn, before }),
  };
}

function segmentsOf({ shares }: SeedSegments, random: Random): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(shares).map(([dimension, values]) => {
      let left = random();
      const value = Object.entries(values).find(([, share]) => {
        left -= share;
        return left < 0;
      });
      return [dimension, value?.[0] ?? "other"];
    }),
  );
}

function conversionsOf(
  { alternatives, goals }: SeedExperiment,
  alternative: string,
  random: Random,
  { day, today, before }: Pick<Turn, "day" | "today"> & { readonly before: number | undefined },
): readonly PlannedConversion[] {
  const position = alternatives.indexOf(alternative);
  return goals.flatMap(({ kpi, rates, value }) => {
    const converts = random() < (rates[position] ?? 0) * leaning(before);
    const delay = random() < SAME_DAY_SHARE ? 0 : 1 + Math.floor(random() * DELAY_DAYS_MAX);
    const amount = value === undefined ? undefined : logNormal(value, following(before, random));
    // Nobody has converted tomorrow.
    const at = isoTime(Math.min(day + delay, today), Math.floor(random() * 86_400));
    return converts ? [{ kpi, value: amount, at }] : [];
  });
}

/** What visitors spent in the 90 days before. */
const SPENT_BEFORE = { median: 60, sigma: 0.8 } as const;
/** How far the purchases of now follow those of before, as a correlation of logarithms. */
const FOLLOWING = 0.8;
/** How the chance to buy grows with what was spent before. */
const LEANING = 0.8;

/** Factor of the chance to convert, 1 in the mean. */
function leaning(before: number | undefined): number {
  return before === undefined ? 1 : Math.exp(LEANING * before - LEANING ** 2 / 2);
}

/** A standard normal that follows what was before. */
function following(before: number | undefined, random: Random): number {
  const own = normalFrom(random);
  return before === undefined ? own : FOLLOWING * before + Math.sqrt(1 - FOLLOWING ** 2) * own;
}

function logNormal({ median, sigma }: { readonly median: number; readonly sigma: number }, normal: number): number {
  return Math.round(median * Math.exp(sigma * normal) * 100) / 100;
}

/** 1970-01-01 was a Thursday. */
function weekdayWeight(day: number): number {
  return WEEK[(day + 4) % 7] ?? 1;
}

function isoTime(day: number, secondOfDay: number): string {
  return new Date(day * DAY_MS + secondOfDay * 1000).toISOString().slice(0, 19);
}
