/**
 * Power of a rule that looks again and again, without drawing anything: the density of the statistic among experiments
 * that have not stopped yet is carried from look to look. A second way to the figures of `simulate`, sharing no code with
 * it but the boundaries.
 * Reference: Armitage, McPherson & Rowe (1969), "Repeated significance tests on accumulating data".
 */
import { normalDensity } from "../../server/src/stats/distributions.ts";

interface Monitored {
  /** Rates of the two arms; they share participants evenly. */
  readonly rates: readonly [number, number];
  /** Participants of both arms at each look, equally spaced. */
  readonly looks: Float64Array;
  /** |z| that stops at each look. */
  readonly critical: Float64Array;
}

export interface Crossing {
  /** Chance to stop at any look. */
  readonly power: number;
  /** Mean participants at the stop, or at the last look. */
  readonly expectedUsers: number;
}

/** Points per standard deviation of what one look adds. With 1,600 looks twice as many move the power by 1e-4. */
const POINTS_PER_SPREAD = 4;
const SPREADS = 7;

/** S = z √n has independent increments with variance `spacing` and a drift of half the difference in units of sd. */
export function crossing(
  { rates: [control, treatment], looks, critical }: Monitored,
  pointsPerSpread = POINTS_PER_SPREAD,
): Crossing {
  const pooled = (control + treatment) / 2;
  const drift = (treatment - control) / 2 / Math.sqrt(pooled * (1 - pooled));
  const spacing = looks[0] ?? 1;
  const step = Math.sqrt(spacing) / pointsPerSpread;
  const kernel = kernelOf(drift * spacing, Math.sqrt(spacing), step);
  let alive: Density = { first: 0, mass: Float64Array.of(1) };
  let stoppedUsers = 0;
  let left = 1;
  for (const [look, n] of looks.entries()) {
    const next = kept(convolved(alive, kernel), (critical[look] ?? Infinity) * Math.sqrt(n), step);
    const remaining = next.mass.reduce((sum, part) => sum + part, 0);
    stoppedUsers += (left - remaining) * n;
    [left, alive] = [remaining, next];
  }
  return { power: 1 - left, expectedUsers: stoppedUsers + left * (looks.at(-1) ?? 0) };
}

/** Probability of each grid cell; cell i is centred on (first + i) · step. */
interface Density {
  readonly first: number;
  readonly mass: Float64Array;
}

function kernelOf(mean: number, deviation: number, step: number): Density {
  const reach = Math.ceil((SPREADS * deviation + Math.abs(mean)) / step);
  const mass = Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
    normalDensity(((i - reach) * step - mean) / deviation),
  );
  const total = mass.reduce((sum, part) => sum + part, 0);
  return { first: -reach, mass: mass.map((part) => part / total) };
}

function convolved(density: Density, kernel: Density): Density {
  const mass = new Float64Array(density.mass.length + kernel.mass.length - 1);
  for (const [i, part] of density.mass.entries()) {
    if (part < NEGLIGIBLE) continue;
    for (let j = 0; j < kernel.mass.length; j++) mass[i + j] = (mass[i + j] ?? 0) + part * (kernel.mass[j] ?? 0);
  }
  return { first: density.first + kernel.first, mass };
}

const NEGLIGIBLE = 1e-15;

/** What lies within ±limit; a cell that the limit cuts keeps the part inside. */
function kept({ first, mass }: Density, limit: number, step: number): Density {
  const cells = Math.min(limit / step + 0.5, Number.MAX_SAFE_INTEGER);
  const inside = (cell: number): number => Math.min(1, Math.max(0, cells - Math.abs(cell)));
  const from = Math.max(0, -Math.ceil(cells) - first);
  const until = Math.min(mass.length, Math.ceil(cells) - first + 1);
  return { first: first + from, mass: mass.slice(from, until).map((part, i) => part * inside(first + from + i)) };
}
