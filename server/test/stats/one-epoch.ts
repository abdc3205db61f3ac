import type { ReportInput } from "../../src/stats/input.ts";

/** The commonest input: one epoch, one KPI, equal weights. */
export function oneEpoch(
  arms: readonly { readonly name: string; readonly participants: number; readonly conversions: number }[],
  more: Omit<Partial<ReportInput>, "arms" | "epochs"> = {},
): ReportInput {
  return {
    kpis: [{ name: "conversion", role: "primary" }],
    ...more,
    arms: arms.map(({ name }) => ({ name })),
    epochs: [
      {
        weights: arms.map(() => 1),
        participants: arms.map((arm) => arm.participants),
        kpis: [arms.map(({ conversions }) => ({ conversions }))],
      },
    ],
  };
}
