/** What is claimed of segments: nothing where there is nothing, and what there is soon enough. 3 dimensions of 8 values, 28 daily looks. */
import { seededRandom } from "../../server/src/stats/random.ts";
import { mismatchCause, type SegmentCells, segmentFindings } from "../../server/src/stats/segment-findings.ts";
import { atLeast, atMost, type Target } from "./target.ts";

const DIMENSIONS = 3;
const VALUES = 8;
const DAYS = 28;
const PER_DAY = 1_000;
const RATE = 0.1;
/** Shares of the values of a dimension, from large to small; the hurt one is the sixth, of 9 %. */
const SHARES = [0.28, 0.17, 0.13, 0.11, 0.1, 0.09, 0.07, 0.05];
const HURT = 5;

export function segments(): Target[] {
  const even = Array.from({ length: 2_000 }, (_, run) => play(seededRandom(2_026_112_800 + run), "none"));
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
  ];
}

interface Played {
  readonly claimed: boolean;
  readonly foundBy: number;
  /** Whether the first cause that was named was the right one. */
  readonly named: boolean;
}

function play(random: () => number, what: "none" | "hurt" | "lost"): Played {
  const counts = Array.from({ length: DIMENSIONS * VALUES }, () => [0, 0, 0, 0]);
  let claimed = false;
  let foundBy = Number.POSITIVE_INFINITY;
  for (let day = 1; day <= DAYS; day += 1) {
    for (let client = 0; client < PER_DAY; client += 1) {
      const arm = random() < 0.5 ? 0 : 1;
      const values = Array.from({ length: DIMENSIONS }, () => drawnValue(random()));
      if (what === "lost" && arm === 1 && values[0] === HURT && random() < 1 / 3) continue;
      const converts = !(what === "hurt" && arm === 1 && values[0] === HURT) && random() < RATE;
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
    const question = { cells, weights: [[0.5, 0.5]], baseline: 0, better: "higher", tuningSize: 10_000 } as const;
    const findings = segmentFindings(question);
    claimed ||= findings.some(({ mismatch, comparisons }) => mismatch || comparisons.some(({ says }) => says !== null));
    if (findings[HURT]?.comparisons[0]?.says === "hurts") foundBy = Math.min(foundBy, day);
    const cause = what === "lost" ? mismatchCause(question, cells, findings) : undefined;
    if (cause !== undefined) {
      return { claimed, foundBy, named: cause.dimension === 0 && cause.value === HURT && cause.alternative === 1 };
    }
  }
  return { claimed, foundBy, named: false };
}

function drawnValue(position: number): number {
  let left = position;
  const value = SHARES.findIndex((share) => {
    left -= share;
    return left < 0;
  });
  return value === -1 ? 0 : value;
}
