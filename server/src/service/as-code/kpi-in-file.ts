/** KPIs as a file for a repository writes them. */
import { type Static, Type } from "typebox";
import {
  BETTER,
  COUNTED,
  type KpiDefinition,
  P99,
  type RawKpiSettings,
  WINDOW_DAYS_MAX,
} from "../../domain/kpi-definition.ts";

const Text = Type.String();

export const KPI_IN_FILE = Type.Object(
  {
    name: Type.Union([Text, Type.Null()], { description: "`null` is the default KPI" }),
    label: Type.Optional(Type.Union([Text, Type.Null()])),
    counts: Type.Optional(Type.Enum([...COUNTED, ""])),
    better: Type.Optional(Type.Enum([...BETTER, ""])),
    cap: Type.Optional(
      Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Enum([P99]), Type.Null()], {
        description: "The most that one client's total counts for",
      }),
    ),
    window_days: Type.Optional(
      Type.Union([Type.Integer({ minimum: 0, maximum: WINDOW_DAYS_MAX }), Type.Null()], {
        description: "A conversion counts up to so many days after its client joined",
      }),
    ),
  },
  { additionalProperties: false },
);

/** As people write it: a percentile by its name, whatever it came to here. */
export function kpiInFile({ cap, windowDays, dropped: _, ...kpi }: KpiDefinition): Static<typeof KPI_IN_FILE> {
  return {
    ...kpi,
    ...(cap === undefined ? {} : { cap: cap.p99 === true ? P99 : (cap.amount ?? null) }),
    ...(windowDays === undefined ? {} : { window_days: windowDays }),
  };
}

/** What is written as `null` is taken back. */
export function settingsInFile({
  window_days: windowDays,
  ...settings
}: Omit<Static<typeof KPI_IN_FILE>, "name">): RawKpiSettings {
  const texts = Object.entries({ ...settings, windowDays }).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value === null ? "" : String(value)]],
  );
  return Object.fromEntries(texts);
}
