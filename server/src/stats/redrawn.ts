/**
 * One experiment played again: everybody draws an arm anew by the weights of their epoch, and does on the same days what they
 * did. Whatever a report then says of the arms is said of chance alone.
 */
import { type Groups, NEVER } from "./crowd.ts";
import type { EpochCounts, KpiCell } from "./input.ts";
import { binomialFrom, type Random } from "./random.ts";

/** A difference put in: conversions of some arms are lost, each by itself. */
export interface Planted {
  /** Position of the KPI in the report. */
  readonly kpi: number;
  /** Per arm the chance that a conversion of it is lost, with its value. */
  readonly lost: readonly number[];
}

interface Redrawn {
  readonly epochs: readonly Pick<EpochCounts, "weights" | "trafficFraction">[];
  /** Per KPI, whether its values are counted. */
  readonly valued: readonly boolean[];
  readonly looks: number;
  readonly groups: Groups;
  readonly planted?: Planted;
}

/** Rows of a table: what is new at a look, by epoch and arm. */
interface Table {
  readonly participants: Float64Array;
  readonly conversions: readonly Float64Array[];
  readonly sums: readonly Float64Array[];
  readonly squares: readonly Float64Array[];
}

/** The counts at one look after the other, each with all that came before. */
export function* redraw(experiment: Redrawn, random: Random): Generator<readonly EpochCounts[], void, void> {
  const { epochs, valued, looks } = experiment;
  const arms = epochs[0]?.weights.length ?? 0;
  const perLook = epochs.length * arms;
  const table = drawn(experiment, arms, random);
  const columns = [table.participants, ...table.conversions, ...table.sums, ...table.squares];
  for (let look = 0; look < looks; look++) {
    const start = look * perLook;
    if (look > 0) {
      for (const column of columns) {
        for (let at = start; at < start + perLook; at++) column[at] = (column[at] ?? 0) + (column[at - perLook] ?? 0);
      }
    }
    yield epochs.map((epoch, index) => {
      const of = (column: Float64Array | undefined, arm: number) => column?.[start + index * arms + arm] ?? 0;
      return {
        ...epoch,
        participants: epoch.weights.map((_, arm) => of(table.participants, arm)),
        kpis: valued.map((hasValues, kpi) =>
          epoch.weights.map((_, arm): KpiCell => {
            const conversions = of(table.conversions[kpi], arm);
            if (!hasValues) return { conversions };
            const [sum, sumSquares] = [of(table.sums[kpi], arm), of(table.squares[kpi], arm)];
            return { conversions, values: { sum, sumSquares } };
          }),
        ),
      };
    });
  }
}

function drawn({ epochs, valued, looks, groups, planted }: Redrawn, arms: number, random: Random): Table {
  const length = looks * epochs.length * arms;
  const column = () => new Float64Array(length);
  const table: Table = {
    participants: column(),
    conversions: valued.map(column),
    sums: valued.map(column),
    squares: valued.map(column),
  };
  // A constant of another module is looked up there each time, and this runs a hundred million times.
  const never = NEVER;
  const shares = epochs.map(({ weights }) => sharesOf(weights));
  const { kpis, size, reached, totals } = groups;
  const take = (group: number, arm: number, taken: number, start: number): void => {
    add(table.participants, (groups.joined[group] ?? 0) * epochs.length * arms + start + arm, taken);
    for (let kpi = 0; kpi < kpis; kpi++) {
      const look = reached[group * kpis + kpi] ?? never;
      if (look === never) continue;
      const lost = planted?.kpi === kpi ? (planted.lost[arm] ?? 0) : 0;
      const kept = lost === 0 ? taken : taken - drawOf(taken, lost, random);
      if (kept === 0) continue;
      const at = look * epochs.length * arms + start + arm;
      const total = totals[group * kpis + kpi] ?? 0;
      add(table.conversions[kpi], at, kept);
      if (total === 0) continue;
      add(table.sums[kpi], at, kept * total);
      add(table.squares[kpi], at, kept * total * total);
    }
  };
  for (let group = 0; group < groups.length; group++) {
    const epoch = groups.epoch[group] ?? 0;
    const own = shares[epoch];
    if (own === undefined) continue;
    let left = size[group] ?? 0;
    for (let arm = 0; arm < arms && left > 0; arm++) {
      const taken = drawOf(left, own[arm] ?? 0, random);
      if (taken === 0) continue;
      left -= taken;
      take(group, arm, taken, epoch * arms);
    }
  }
  return table;
}

/** Most groups are of one. */
function drawOf(size: number, share: number, random: Random): number {
  return size === 1 ? Number(random() < share) : binomialFrom(size, share, random);
}

function add(column: Float64Array | undefined, at: number, amount: number): void {
  if (column !== undefined) column[at] = (column[at] ?? 0) + amount;
}

/** Per arm its share of what the arms before it left. */
function sharesOf(weights: readonly number[]): readonly number[] {
  let left = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => {
    const share = left > 0 ? weight / left : 0;
    left -= weight;
    // Rounding must leave nobody without an arm.
    return left <= 1e-12 ? 1 : share;
  });
}
