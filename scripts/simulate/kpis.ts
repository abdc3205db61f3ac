/**
 * Ten KPIs in which nothing differs: what is said of the one that decides and the nine that are explored, and what would be if
 * the first one that shows a difference were made to decide.
 */
import type { ReportInput } from "../../server/src/stats/input.ts";
import { ratePair } from "../../server/src/stats/pairs.ts";
import { binomialFrom, type Random, seededRandom } from "../../server/src/stats/random.ts";
import { summarize } from "../../server/src/stats/summarize.ts";
import { atLeast, notAbove, type Target } from "./target.ts";

const RUNS = 1_000;
const PARTICIPANTS = 20_000;
const LOOK_EVERY = 100;
const RATES = [0.3, 0.2, 0.3, 0.4, 0.5, 0.4, 0.3, 0.2, 0.6, 0.3];
const ALPHA = 0.05;
/** Below it no always-valid test of this level claims anything. */
const Z_MIN = 3;

export function kpis(): Target[] {
  const runs = Array.from({ length: RUNS }, (_, run) => play(seededRandom(41, run)));
  const count = (what: keyof Claimed) => runs.filter((run) => run[what]).length;
  return [
    notAbove("ten KPIs, one decides: said or hinted of any of them", count("any"), RUNS, ALPHA),
    notAbove("ten KPIs, the best one made to decide: counted as chosen among ten", count("counted"), RUNS, ALPHA),
    atLeast("  … counted as if it had decided from the start", count("free"), RUNS, 3 * ALPHA),
  ];
}

interface Claimed {
  /** By the one that decides, or by the nine that are explored. */
  any: boolean;
  /** By the one that decides, or by another one that is made to: counted as chosen among ten, or as if it had always decided. */
  counted: boolean;
  free: boolean;
}

/** What is claimed at any look. */
function play(random: Random): Claimed {
  const participants = [0, 0];
  const conversions = RATES.map(() => [0, 0]);
  const claimed: Claimed = { any: false, counted: false, free: false };
  for (let done = 0; done < PARTICIPANTS; done += LOOK_EVERY) {
    const treated = binomialFrom(LOOK_EVERY, 0.5, random);
    for (const [arm, joined] of [LOOK_EVERY - treated, treated].entries()) {
      participants[arm] = (participants[arm] ?? 0) + joined;
      for (const [kpi, rate] of RATES.entries()) {
        const own = conversions[kpi] ?? [];
        own[arm] = (own[arm] ?? 0) + binomialFrom(joined, rate, random);
      }
    }
    const large = conversions.filter((own) => Math.abs(statisticOf(participants, own)) >= Z_MIN);
    if (large.length > 0) claimed.any ||= claims(participants, conversions);
    for (const own of large) {
      claimed.free ||= claims(participants, [own]);
      claimed.counted ||= claims(participants, [own], own === conversions[0] ? 1 : RATES.length);
    }
  }
  return claimed;
}

function statisticOf([control = 0, treatment = 0]: readonly number[], [xc = 0, xt = 0]: readonly number[]): number {
  return ratePair([{ control: { n: control, x: xc }, treatment: { n: treatment, x: xt } }], [1, 1]).statistic;
}

/** Whether the report says, or hints, that anything differs; the first KPI decides. */
function claims(
  participants: readonly number[],
  conversions: readonly (readonly number[])[],
  chosenAmong = 1,
): boolean {
  const question: ReportInput = {
    arms: [{ name: "a" }, { name: "b" }],
    kpis: conversions.map((_, kpi) => ({ name: `kpi${kpi}`, role: kpi === 0 ? "primary" : "secondary" })),
    epochs: [
      { weights: [1, 1], participants, kpis: conversions.map((own) => own.map((count) => ({ conversions: count }))) },
    ],
    settings: { chosenAmong, tuningSize: 5_000 },
    claimsAlone: true,
  };
  return summarize(question).kpis.some((kpi) => {
    const comparison = kpi.kind === "analysed" ? kpi.rates[1]?.comparison : undefined;
    if (comparison?.kind !== "compared") return false;
    return comparison.conclusion !== "undecided" || comparison.hint !== "undecided";
  });
}
