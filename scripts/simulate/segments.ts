/**
 * What is claimed of segments: nothing where there is nothing, and what there is soon enough. 3 dimensions of 8 values,
 * 28 daily looks.
 */
import { seededRandom } from "../../server/src/stats/random.ts";
import { EVIDENCE_ALARM, sampleRatioEvidence } from "../../server/src/stats/sample-ratio.ts";
import { mismatchCause, type SegmentCells, segmentFindings } from "../../server/src/stats/segment-findings.ts";
import { atLeast, atMost, below, type Target } from "./target.ts";

const DIMENSIONS = 3;
const VALUES = 8;
const DAYS = 28;
const EVEN: Traffic = { share: 0.5, rate: 0.1, perDay: 1_000 };
/** An alternative of 5 % and a rate of 1 %: in most values fewer than ten of its conversions are to be expected. */
const SMALL: Traffic = { share: 0.05, rate: 0.01, perDay: 5_000 };
const RUNS_SMALL = 300;
/** Shares of the values of a dimension, from large to small; the hurt one is the sixth, of 9 %. */
const SHARES = [0.28, 0.17, 0.13, 0.11, 0.1, 0.09, 0.07, 0.05];
const HURT = 5;

export function segments(): Target[] {
  const even = Array.from({ length: 2_000 }, (_, run) => play(seededRandom(2_026_112_800 + run), "none"));
  const small = Array.from({ length: RUNS_SMALL }, (_, run) => play(seededRandom(2_026_113_000 + run), "none", SMALL));
  const hurt = Array.from({ length: 400 }, (_, run) => play(seededRandom(2_026_113_800 + run), "hurt"));
  const lost = Array.from({ length: 400 }, (_, run) => play(seededRandom(2_026_114_800 + run), "lost"));
  const count = (runs: readonly Played[], is: (run: Played) => boolean) => runs.filter(is).length;
  return [
    atMost(
      "A/A: anything claimed of any segment at any of 28 looks",
      count(even, ({ claimed }) => claimed),
      2_000,
      0.05,
    ),
    atMost(
      "  … the same with an alternative of 5 % and a rate of 1 %",
      count(small, ({ claimed }) => claimed),
      RUNS_SMALL,
      0.05,
    ),
    atLeast(
      "a segment of 9 % that loses its conversions: found by day 14",
      count(hurt, ({ foundBy }) => foundBy <= 14),
      400,
      0.95,
    ),
    atLeast(
      "a segment of 9 % that loses a third of its clients: named as cause",
      count(lost, ({ named }) => named),
      400,
      0.95,
    ),
    below(
      "  … median day of the cause, against that of the alarm of the whole",
      median(lost.map(({ namedBy }) => namedBy)),
      median(lost.map(({ alarmBy }) => alarmBy)),
      (day) => (Number.isFinite(day) ? String(day) : `none in ${DAYS}`),
    ),
  ];
}

interface Traffic {
  /** Of the alternative. */
  readonly share: number;
  readonly rate: number;
  readonly perDay: number;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

interface Played {
  readonly claimed: boolean;
  readonly foundBy: number;
  /** Whether the first cause that was named was the right one. */
  readonly named: boolean;
  /** Days of that cause, and of the alarm of the whole split; infinite for never. */
  readonly namedBy: number;
  readonly alarmBy: number;
}

function play(random: () => number, what: "none" | "hurt" | "lost", { share, rate, perDay } = EVEN): Played {
  const weights = [1 - share, share];
  const counts = Array.from({ length: DIMENSIONS * VALUES }, () => [0, 0, 0, 0]);
  let claimed = false;
  let foundBy = Number.POSITIVE_INFINITY;
  let named = false;
  let namedBy = Number.POSITIVE_INFINITY;
  let alarmBy = Number.POSITIVE_INFINITY;
  const split = [0, 0];
  for (let day = 1; day <= DAYS; day += 1) {
    for (let client = 0; client < perDay; client += 1) {
      const arm = random() < 1 - share ? 0 : 1;
      const values = Array.from({ length: DIMENSIONS }, () => drawnValue(random()));
      if (what === "lost" && arm === 1 && values[0] === HURT && random() < 1 / 3) continue;
      const converts = !(what === "hurt" && arm === 1 && values[0] === HURT) && random() < rate;
      split[arm] = (split[arm] ?? 0) + 1;
      for (const [dimension, value] of values.entries()) {
        const cell = counts[dimension * VALUES + value] ?? [];
        cell[2 * arm] = (cell[2 * arm] ?? 0) + 1;
        if (converts) cell[2 * arm + 1] = (cell[2 * arm + 1] ?? 0) + 1;
      }
    }
    const cells = counts.map(
      ([n0 = 0, c0 = 0, n1 = 0, c1 = 0], at): SegmentCells => ({
        dimension: Math.floor(at / VALUES),
        value: at % VALUES,
        stretches: [
          [
            { participants: n0, conversions: c0 },
            { participants: n1, conversions: c1 },
          ],
        ],
      }),
    );
    const question = { cells, weights: [weights], baseline: 0, better: "higher", tuningSize: 10_000 } as const;
    const findings = segmentFindings(question);
    claimed ||= findings.some(({ mismatch, comparisons }) => mismatch || comparisons.some(({ says }) => says !== null));
    if (findings[HURT]?.comparisons[0]?.says === "hurts") foundBy = Math.min(foundBy, day);
    if (what !== "lost") continue;
    const cause = namedBy <= day ? undefined : mismatchCause(question, cells, findings);
    if (cause !== undefined) {
      named = cause.dimension === 0 && cause.value === HURT && cause.alternative === 1;
      namedBy = day;
    }
    const evidence = sampleRatioEvidence([{ observed: split, weights }]);
    if (evidence >= Math.log(EVIDENCE_ALARM)) alarmBy = Math.min(alarmBy, day);
  }
  return { claimed, foundBy, named, namedBy, alarmBy };
}

function drawnValue(position: number): number {
  let left = position;
  const value = SHARES.findIndex((share) => {
    left -= share;
    return left < 0;
  });
  return value === -1 ? 0 : value;
}
