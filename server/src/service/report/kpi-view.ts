/** What the dashboard reads: definitions with their counts, one experiment or a selection of all. */
import { SixpackError } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { findKpi, type Kpi, kpiOf, kpisOf } from "../../domain/kpi.ts";
import { quote } from "../../domain/names.ts";
import { PERIODS, type Period } from "../../domain/period.ts";
import { plannedKpis } from "../../domain/plan.ts";
import { type DayRange, isWhole, WHOLE, withinSteps } from "../analysis/analysis.ts";
import type { ServiceContext } from "../context.ts";
import { findExperiment } from "../find-experiment.ts";
import { inTurns } from "../in-turns.ts";
import { countKpiSteps, type KpiCounts } from "./kpi-counts.ts";

/** Why a range of days has no label of 2.7. */
const RANGE_REASON = "A range of days that was chosen after looking describes.";

export type ReportContext = Pick<ServiceContext, "store">;

/** One experiment, seen through one KPI. */
export interface KpiView {
  readonly experiment: Experiment;
  readonly kpi: Kpi;
  readonly period: Period;
  readonly counts: KpiCounts;
}

/** The `period` of a query; left out it is `day`. @throws SixpackError invalid-period */
export function parsePeriod(raw: string | undefined): Period {
  const period = PERIODS.find((candidate) => candidate === (raw ?? "day"));
  if (period === undefined) {
    throw new SixpackError(
      "invalid-period",
      `Expected \`period\` as one of ${PERIODS.join(", ")}, got ${quote(raw ?? "")}`,
    );
  }
  return period;
}

/**
 * @param kpi as in the query; `undefined` or empty is the default KPI
 * @throws SixpackError experiment-not-found, unknown-kpi
 */
export async function viewExperiment(
  context: ReportContext,
  name: string,
  kpi: string | undefined,
  period: Period,
  range: DayRange = WHOLE,
): Promise<KpiView> {
  const experiment = await findExperiment(context, name);
  return viewKpi(context, experiment, parseKpi(experiment, kpi), period, range);
}

/** The KPI of a query. @throws SixpackError unknown-kpi */
export function parseKpi(experiment: Experiment, raw: string | undefined): Kpi {
  const kpi = findKpi(experiment, raw || null) ?? plannedKpi(experiment, raw);
  if (kpi === undefined) {
    const [, ...named] = kpisOf(experiment);
    const known = named.length === 0 ? "no KPI" : `one of ${named.map(({ name }) => name).join(", ")}`;
    throw new SixpackError("unknown-kpi", `Expected ${known}, got ${quote(raw ?? "")}`);
  }
  return kpi;
}

/** One of the plan, which the report has before anybody reached it. */
function plannedKpi({ planning, kpis }: Experiment, raw: string | undefined): Kpi | undefined {
  const name = plannedKpis(planning.plan).find(({ kpi }) => kpi === raw)?.kpi;
  return name === undefined ? undefined : kpiOf({ planning, kpis }, name);
}

export async function viewKpi(
  { store }: ReportContext,
  experiment: Experiment,
  kpi: Kpi,
  period: Period,
  range: DayRange = WHOLE,
): Promise<KpiView> {
  const tallies = await inTurns(withinSteps(await store.tallies.read(experiment), range));
  const counts = await inTurns(countKpiSteps(experiment, tallies, kpi.number, period));
  return { experiment, kpi, period, counts: isWhole(range) ? counts : { ...counts, hidden: RANGE_REASON } };
}
