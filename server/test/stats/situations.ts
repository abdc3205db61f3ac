/** Experiments that between them reach every branch of a verdict, and the questions to statistics that they are. */
import type { EpochCounts, KpiCell, KpiSpec, PlanInput, ReportInput, Settings } from "../../src/stats/input.ts";
import type { ReachedBefore } from "../../src/stats/standing.ts";

export type Better = "higher" | "lower";
type Figure = "rate" | "mean";

/** What an arm shows of a KPI: how many times the control's figure. */
interface Situation {
  readonly name: string;
  /** Per arm behind the control: its figure over the control's where more is better, and its participants. */
  readonly arms: readonly { readonly times: number; readonly n?: number; readonly retired?: true }[];
  /** Of the guardrail, if there is one. */
  readonly guardrail?: readonly number[];
  /** Whether there is another guardrail just like it. */
  readonly twice?: true;
  /** Of the control, where rates decide. @default RATE */
  readonly rate?: number;
  readonly n?: number;
  readonly days?: number;
  readonly more?: (input: ReportInput) => ReportInput;
}

const WEEK: Partial<Settings> = {
  daysComplete: 14,
  recentDailyParticipants: [900, 1100, 1000, 1000, 1000, 1000, 1000],
};

export const SITUATIONS: readonly Situation[] = [
  { name: "better", arms: [{ times: 1.5 }] },
  { name: "better by little, of very many", arms: [{ times: 1.02 }], n: 4_000_000 },
  { name: "worse", arms: [{ times: 0.6 }] },
  { name: "worse on the first day", arms: [{ times: 0.5 }], days: 0 },
  { name: "better on the third day", arms: [{ times: 1.5 }], days: 3 },
  { name: "the same", arms: [{ times: 1.01 }] },
  { name: "few", arms: [{ times: 1.3 }], n: 60 },
  { name: "few, on the first day", arms: [{ times: 1.3 }], n: 60, days: 6 },
  { name: "better, and another too", arms: [{ times: 1.5 }, { times: 1.4 }] },
  { name: "better, and another worse", arms: [{ times: 1.5 }, { times: 0.5 }] },
  { name: "better, and a retired one worse", arms: [{ times: 1.5 }, { times: 0.5, retired: true }] },
  { name: "two worse", arms: [{ times: 0.5 }, { times: 0.6 }] },
  { name: "six worse", arms: [0.4, 0.45, 0.5, 0.55, 0.6, 0.65].map((times) => ({ times })) },
  { name: "better, guardrail safe", arms: [{ times: 1.5 }], guardrail: [1], n: 200_000 },
  { name: "better, guardrail open", arms: [{ times: 1.5 }], guardrail: [0.97], n: 2_000 },
  { name: "better, guardrail worse", arms: [{ times: 1.5 }], guardrail: [0.5] },
  { name: "better, guardrail open, under labels", arms: [{ times: 1.5 }], guardrail: [0.97], n: 2_000, more: labelled },
  { name: "the same at the planned size, under a label", arms: [{ times: 1 }], n: 100_000, more: labelledPlan },
  { name: "shown earlier, not by all data", arms: [{ times: 1.02 }], more: reached("better") },
  { name: "shown earlier, all data lean the other way", arms: [{ times: 0.97 }], more: reached("better") },
  { name: "shown worse earlier, not by all data", arms: [{ times: 1.01 }], more: reached("worse") },
  { name: "shown better earlier, worse by all data", arms: [{ times: 0.6 }], more: reached("better") },
  { name: "shown worse earlier, better by all data", arms: [{ times: 1.5 }], more: reached("worse") },
  {
    name: "better, and another shown better earlier leans the other way",
    arms: [{ times: 1.5 }, { times: 0.97 }],
    more: reached("better", 2),
  },
  {
    name: "worse, and another shown worse earlier leans the other way",
    arms: [{ times: 0.5 }, { times: 1.01 }],
    more: reached("worse", 2),
  },
  { name: "plan under way", arms: [{ times: 1.02 }], more: planned(100_000) },
  { name: "plan far away", arms: [{ times: 1.02 }], more: planned(2_000_000) },
  { name: "plan without traffic", arms: [{ times: 1.02 }], more: (input) => silent(planned(100_000)(input)) },
  { name: "plan carried out, no gain", arms: [{ times: 0.99 }], n: 60_000, more: carriedOut() },
  { name: "plan carried out, no gain of two", arms: [{ times: 0.99 }, { times: 1 }], n: 60_000, more: carriedOut() },
  { name: "plan carried out, open", arms: [{ times: 1.01 }], n: 1_500, more: carriedOut() },
  {
    name: "plan carried out, one came late",
    arms: [{ times: 1 }, { times: 1, n: 40 }],
    n: 20_000,
    more: (input) => late(carriedOut()(input)),
  },
  { name: "plan carried out, one leads by luck or not", arms: [{ times: 1.09 }], n: 8_000, more: carriedOut() },
  {
    name: "bandit",
    arms: [{ times: 1.02 }],
    more: (input) => ({ ...input, settings: { ...input.settings, adaptive: true } }),
  },
  { name: "wrong split", arms: [{ times: 1.5, n: 8_000 }] },
  {
    name: "wrong split over five",
    arms: [{ times: 1 }, { times: 1 }, { times: 1 }, { times: 1, n: 4_000 }],
    n: 5_000,
  },
  { name: "better, two guardrails open", arms: [{ times: 1.5 }], guardrail: [0.97], twice: true, n: 2_000 },
  { name: "nearly everybody converts, and fewer", arms: [{ times: 0.98 }], rate: 0.995 },
  { name: "nearly everybody converts, and more", arms: [{ times: 1.02 }], rate: 0.97 },
  { name: "nearly everybody converts, few fail", arms: [{ times: 0.9999 }], rate: 0.9999, n: 2_000 },
  { name: "nobody yet", arms: [{ times: 1, n: 0 }], n: 0 },
];

/** The last arm was added when the others had nearly all of theirs. */
function late(input: ReportInput): ReportInput {
  const [epoch] = input.epochs;
  if (epoch === undefined) return input;
  const rows = (of: (cell: KpiCell, arm: number) => KpiCell) => epoch.kpis.map((row) => row.map(of));
  const last = epoch.participants.length - 1;
  const few = epoch.participants[last] ?? 0;
  const before: EpochCounts = {
    weights: epoch.weights.map((weight, arm) => (arm === last ? 0 : weight)),
    participants: epoch.participants.map((count, arm) => (arm === last ? 0 : count - few)),
    kpis: rows((cell, arm) =>
      arm === last
        ? { ...cell, conversions: 0, ...(cell.values === undefined ? {} : { values: { sum: 0, sumSquares: 0 } }) }
        : cell,
    ),
  };
  const since: EpochCounts = {
    ...epoch,
    participants: epoch.participants.map(() => few),
    kpis: rows((cell, arm) =>
      arm === last
        ? cell
        : { conversions: 0, ...(cell.values === undefined ? {} : { values: { sum: 0, sumSquares: 0 } }) },
    ),
  };
  return { ...input, epochs: [before, since], finalLook: [before, since] };
}

const RATE = 0.1;
const MEAN = 20;

export function inputOf(
  situation: Situation,
  figure: Figure,
  better: Better,
  names: readonly string[],
  kpi: string,
): ReportInput {
  const { arms, guardrail, twice, rate = RATE, n = 10_000, days = 14, more = (input) => input } = situation;
  const sizes = [n, ...arms.map((arm) => arm.n ?? n)];
  const level = (times: number) => (better === "higher" ? times : 2 - times);
  const primary = [1, ...arms.map(({ times }) => level(times))].map((times, arm) =>
    cellOf(figure, times, sizes[arm] ?? 0, rate),
  );
  const safe =
    guardrail === undefined ? undefined : [1, ...guardrail].map((times, arm) => cellOf("rate", times, sizes[arm] ?? 0));
  const spec: KpiSpec = { name: kpi, role: "primary", better, decidesOn: figure };
  const epoch: EpochCounts = {
    weights: sizes.map(() => 1),
    participants: sizes,
    kpis: [primary, ...(safe === undefined ? [] : [safe]), ...(safe === undefined || twice !== true ? [] : [safe])],
  };
  return more({
    arms: names.slice(0, sizes.length).map((name, arm) => ({ name, retired: arms[arm - 1]?.retired === true })),
    kpis: [
      spec,
      ...(safe === undefined ? [] : [{ name: "retention", role: "guardrail" } as const]),
      ...(twice === true ? [{ name: "signup", role: "guardrail" } as const] : []),
    ],
    epochs: [epoch],
    settings: { ...WEEK, daysComplete: days },
  });
}

/** Half of the participants have a value, spread evenly about twice the mean. */
function cellOf(figure: Figure, times: number, n: number, rate = RATE): KpiCell {
  if (figure === "rate") return { conversions: Math.min(n, Math.round(n * rate * times)) };
  const conversions = Math.round(n / 2);
  const value = 2 * MEAN * times;
  return { conversions, values: { sum: conversions * value, sumSquares: conversions * value * value * 1.3 } };
}

/** Every KPI under words of people's own. */
function labelled(input: ReportInput): ReportInput {
  return {
    ...input,
    kpis: input.kpis.map((kpi) => ({ ...kpi, label: kpi.role === "primary" ? "Bounces" : "Net sales" })),
  };
}

function labelledPlan(input: ReportInput): ReportInput {
  return labelled(planned(200_000)(input));
}

function planned(participants: number): (input: ReportInput) => ReportInput {
  return (input) => ({ ...input, plan: planOf(input, participants) });
}

function planOf({ kpis }: ReportInput, participants: number): PlanInput {
  const [kpi] = kpis;
  const baseline = kpi?.decidesOn === "mean" ? { mean: MEAN, deviation: 25 } : { rate: RATE };
  return { participants, baseline, minimumUplift: kpi?.better === "lower" ? -0.1 : 0.1 };
}

function carriedOut(): (input: ReportInput) => ReportInput {
  return (input) => {
    const participants = (input.epochs[0]?.participants ?? []).reduce((sum, count) => sum + count, 0);
    return { ...input, plan: planOf(input, participants), finalLook: input.epochs };
  };
}

function silent(input: ReportInput): ReportInput {
  return { ...input, settings: { ...input.settings, recentDailyParticipants: [] } };
}

/** An earlier look that showed it clearly. */
function reached(says: "better" | "worse", arm = 1): (input: ReportInput) => ReportInput {
  return (input) => {
    const [kpi] = input.kpis;
    const sign = (says === "better") === (kpi?.better === "higher") ? 1 : -1;
    const unit = kpi?.decidesOn === "mean" ? MEAN : RATE;
    const seen = (scale: number) => {
      const [near, far] = [sign * 0.2 * scale, sign * 0.6 * scale];
      return { estimate: sign * 0.4 * scale, lower: Math.min(near, far), upper: Math.max(near, far) };
    };
    const look: ReachedBefore = {
      ...{ kpi: 0, arm, says, by: "always-valid", p: 0.001, participants: 3_000, on: "2025-02-03" },
      difference: seen(unit),
      uplift: seen(1),
    };
    return { ...input, reached: [look] };
  };
}

export function impossible(): ReportInput {
  const input = unconverted("higher");
  return { ...input, epochs: input.epochs.map((epoch) => ({ ...epoch, participants: [50, 50] })) };
}

export function valued(
  cells: readonly KpiCell[],
  better: Better = "higher",
  unit?: string,
  name = "profit",
): ReportInput {
  return {
    arms: [{ name: "control" }, { name: "blue" }],
    kpis: [{ name, role: "primary", decidesOn: "mean", better, ...(unit === undefined ? {} : { unit }) }],
    epochs: [{ weights: [1, 1], participants: [2_000, 2_000], kpis: [cells] }],
    settings: WEEK,
  };
}

/**
 * Of two arms, whose means may lie below zero.
 * @param spread of the treatment's values, as a variance
 */
export function means(
  from: number,
  to: number,
  better: Better,
  unit?: string,
  name?: string,
  spread = 64,
): ReportInput {
  const cell = (mean: number, variance: number): KpiCell => ({
    conversions: 2_000,
    values: { sum: 2_000 * mean, sumSquares: 2_000 * (mean * mean + variance) },
  });
  return valued([cell(from, 64), cell(to, spread)], better, unit, name);
}

export function unconverted(better: Better): ReportInput {
  return {
    arms: [{ name: "control" }, { name: "blue" }],
    kpis: [{ name: "refund", role: "primary", better }],
    epochs: [{ weights: [1, 1], participants: [2_000, 2_000], kpis: [[{ conversions: 0 }, { conversions: 90 }]] }],
    settings: WEEK,
  };
}
