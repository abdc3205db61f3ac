/**
 * An agent that looks again and again, may choose among ten KPIs, and reports the first good news that a tool tells it of any:
 * `get_verdict` as `stats/claims.ts` makes it. Alternatives don't differ on any KPI, so all good news is false.
 */
import { claimsOf } from "../../server/src/stats/claims.ts";
import type { KpiSpec, ReportInput } from "../../server/src/stats/input.ts";
import { binomialFrom, type Random, seededRandom } from "../../server/src/stats/random.ts";
import { summarize } from "../../server/src/stats/summarize.ts";
import { atLeast, notAbove, type Target } from "./target.ts";

const RUNS = 400;
const ALPHA = 0.05;
/** Every two hours for 28 days. */
const LOOKS = 28 * 12;
const CLIENTS_PER_LOOK = 30;
/** Below it no rule at any time finds a difference: they ask for more than one look does, and the tool tells of none then. */
const Z_MIN = 1.9;
/** p < .05 at one look. */
const Z_FIXED = 1.96;
const RATES = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.15, 0.25, 0.35];
const KPIS: readonly KpiSpec[] = RATES.map((_, index) => ({
  name: `kpi${index}`,
  role: index === 0 ? "primary" : "secondary",
}));

interface Heard {
  /** The tool said of some KPI that an arm is better. */
  readonly claimed: boolean;
  /** Some KPI's p-value for a single look was below alpha. */
  readonly naive: boolean;
}

export function agent(): Target[] {
  const random = seededRandom(43);
  const heard = Array.from({ length: RUNS }, () => listen(random));
  const count = (of: (run: Heard) => boolean): number => heard.filter(of).length;
  return [
    notAbove(
      "2 equal arms, 10 KPIs, false good news of get_verdict at any look",
      count(({ claimed }) => claimed),
      RUNS,
      ALPHA,
    ),
    atLeast(
      "the same by p-values for a single look",
      count(({ naive }) => naive),
      RUNS,
      0.5,
    ),
  ];
}

function listen(random: Random): Heard {
  const reached = RATES.map(() => [0, 0]);
  const participants = [0, 0];
  let heard: Heard = { claimed: false, naive: false };
  for (let look = 1; look <= LOOKS; look++) {
    const first = binomialFrom(CLIENTS_PER_LOOK, 0.5, random);
    for (const [arm, came] of [first, CLIENTS_PER_LOOK - first].entries()) {
      participants[arm] = (participants[arm] ?? 0) + came;
      for (const [kpi, rate] of RATES.entries()) {
        const cells = reached[kpi];
        if (cells !== undefined) cells[arm] = (cells[arm] ?? 0) + binomialFrom(came, rate, random);
      }
    }
    const scores = reached.map(([a = 0, b = 0]) => scoreOf(a, b, participants));
    const naive = scores.some((z) => Math.abs(z) > Z_FIXED);
    const claimed = Math.abs(scores[0] ?? 0) > Z_MIN && isToldOf(participants, reached, (28 * look) / LOOKS);
    heard = { claimed: heard.claimed || claimed, naive: heard.naive || naive };
  }
  return heard;
}

/** The usual test of one look. */
function scoreOf(a: number, b: number, [left = 0, right = 0]: readonly number[]): number {
  const rate = (a + b) / (left + right);
  const spread = Math.sqrt(rate * (1 - rate) * (1 / left + 1 / right));
  return spread > 0 ? (b / right - a / left) / spread : 0;
}

function isToldOf(participants: readonly number[], reached: readonly number[][], days: number): boolean {
  const claims = claimsOf(summarize(inputOf(participants, reached, days)));
  return claims.some(({ arms }) => arms.some(({ says }) => says === "better"));
}

function inputOf(participants: readonly number[], reached: readonly number[][], days: number): ReportInput {
  const kpis = reached.map((cells) => cells.map((conversions) => ({ conversions })));
  return {
    arms: [{ name: "a" }, { name: "b" }],
    kpis: KPIS,
    epochs: [{ weights: [1, 1], participants: [...participants], kpis }],
    settings: { daysComplete: Math.floor(days) },
  };
}
