import type { KpiCell, KpiSpec, ReportInput } from "../../src/stats/input.ts";

/** An arm whose participants' totals have this mean and deviation; `conversions` defaults to everybody. */
export interface Totals {
  readonly n: number;
  readonly mean: number;
  readonly deviation: number;
  readonly conversions?: number;
}

export function totals({ n, mean, deviation, conversions = n }: Totals): KpiCell {
  return { conversions, values: { sum: n * mean, sumSquares: (n - 1) * deviation ** 2 + n * mean ** 2 } };
}

/** A week of two arms that decide on a mean, and further KPIs with their cells. */
export function meansInput(
  arms: readonly [Totals, Totals],
  spec: Partial<KpiSpec> = {},
  more: readonly { readonly spec: KpiSpec; readonly cells: readonly KpiCell[] }[] = [],
): ReportInput {
  return {
    arms: [{ name: "a" }, { name: "b" }],
    kpis: [{ name: "profit", role: "primary", decidesOn: "mean", ...spec }, ...more.map((kpi) => kpi.spec)],
    epochs: [
      {
        weights: [1, 1],
        participants: arms.map(({ n }) => n),
        kpis: [arms.map(totals), ...more.map(({ cells }) => cells)],
      },
    ],
    settings: { daysComplete: 7 },
  };
}
