/** Everything the page of one experiment shows, read once; its charts and files take from the same. */
import type { Experiment } from "../../domain/experiment.ts";
import { defaultKpi, type Kpi } from "../../domain/kpi.ts";
import { oneOf } from "../../domain/names.ts";
import { type Day, type Period, parseDay } from "../../domain/period.ts";
import { dimensionNamed } from "../../domain/segments.ts";
import type { OffsetAt } from "../../domain/wall-time.ts";
import { type LogLine, withWaysBack } from "../../service/administer/ways-back.ts";
import { type AllocationSeries, allocationOverTime } from "../../service/analysis/allocation-series.ts";
import { type Analysis, countsByJoining } from "../../service/analysis/analysis.ts";
import type { Check } from "../../service/analysis/check.ts";
import { checksOf } from "../../service/analysis/checks.ts";
import { type PlanOutlook, planOutlook } from "../../service/analysis/plan-outlook.ts";
import type { ServiceContext } from "../../service/context.ts";
import { findExperiment } from "../../service/find-experiment.ts";
import { countKpiSteps, type KpiCounts } from "../../service/report/kpi-counts.ts";
import { parseKpi, parsePeriod } from "../../service/report/kpi-view.ts";
import { type Series, seriesOf } from "../../service/report/series.ts";
import type { ComparisonOutcome, KpiOutcome, KpiReport } from "../../stats/report.ts";
import { decidingArms } from "../../stats/shown.ts";
import { experimentUrl } from "../http/urls.ts";

export const CHART_KINDS = ["uplift", "cumulative", "rate", "participants", "allocation"] as const;
export type ChartKind = (typeof CHART_KINDS)[number];

/** Differences as a share of the baseline's figure, or in the unit of the figure. */
export const DIFFS = ["relative", "absolute"] as const;
export type Diff = (typeof DIFFS)[number];

/** Columns of the results that one has to ask for, in their order. */
export const COLUMNS = ["chance", "p", "label"] as const;
export type Column = (typeof COLUMNS)[number];

export const EXPERIMENT_ARGUMENTS = [
  "kpi",
  "period",
  "baseline",
  "from",
  "to",
  "diff",
  "chart",
  "columns",
  "show",
  "segment",
] as const;

interface ExperimentQuery {
  /** As it stands in the address; `undefined` is the KPI that decides. */
  readonly kpi: string | undefined;
  readonly period: Period;
  /** `undefined` is the control. */
  readonly baseline: string | undefined;
  readonly from: Day | undefined;
  readonly to: Day | undefined;
  readonly diff: Diff;
  /** `undefined` is the one that fits best. */
  readonly chart: ChartKind | undefined;
  /** Positions of the alternatives that are drawn; `undefined` is all of them. */
  readonly show: readonly number[] | undefined;
  readonly columns: readonly Column[];
  /** Name of the dimension that is shown; `undefined` is all. */
  readonly segment: string | undefined;
}

export interface ExperimentView {
  /** Address of its page, under which its other views lie. */
  readonly root: string;
  readonly query: ExperimentQuery;
  readonly analysis: Analysis;
  readonly experiment: Experiment;
  /** The KPI shown. */
  readonly kpi: Kpi;
  readonly outcome: KpiOutcome | undefined;
  readonly counts: KpiCounts;
  /** Of a range of days: whether conversions of the KPI count on the day their clients joined. */
  readonly byJoining: boolean;
  readonly series: Series;
  /** The chart drawn. */
  readonly chart: ChartKind;
  /** Which figure of the KPI decides, and is drawn. */
  readonly figure: KpiReport["decidesOn"];
  readonly allocation: AllocationSeries;
  readonly checks: readonly Check[];
  readonly activity: readonly LogLine[];
  /** Whether ids of new clients are kept, and a file of clients is worth offering. */
  readonly keepsClientIds: boolean;
  readonly nowMs: number;
  /** The day of a moment in the server's calendar, as clients are counted. */
  readonly dayAt: (atMs: number) => Day;
  readonly offsetAt: OffsetAt;
}

/** Entries of the activity log on the page of the experiment. */
const ACTIVITY_SHOWN_MAX = 20;

/** @throws SixpackError invalid-form, invalid-period, invalid-datetime */
export function parseExperimentQuery(
  raw: Readonly<Partial<Record<(typeof EXPERIMENT_ARGUMENTS)[number], string | undefined>>>,
): ExperimentQuery {
  return {
    kpi: raw.kpi,
    period: parsePeriod(raw.period || undefined),
    baseline: raw.baseline || undefined,
    from: raw.from ? parseDay(raw.from) : undefined,
    to: raw.to ? parseDay(raw.to) : undefined,
    diff: oneOf("diff", DIFFS, raw.diff || "relative"),
    chart: raw.chart ? oneOf("chart", CHART_KINDS, raw.chart) : undefined,
    show: parseShow(raw.show),
    columns: parseColumns(raw.columns),
    segment: raw.segment || undefined,
  };
}

/** What is no position draws nothing, so a hand-made address shows fewer lines and no error. */
function parseShow(raw = ""): readonly number[] | undefined {
  return raw === "" ? undefined : raw.split(",").map(Number);
}

function parseColumns(raw = ""): readonly Column[] {
  const asked = raw.split(",").filter((column) => column !== "");
  const known = asked.map((column) => oneOf("columns", COLUMNS, column));
  return COLUMNS.filter((column) => known.includes(column));
}

/**
 * @param root left out: its page for people with a login
 * @throws SixpackError experiment-not-found, unknown-kpi, unknown-alternative, unknown-segment
 */
export async function readExperimentView(
  context: ServiceContext,
  name: string,
  query: ExperimentQuery,
  root?: string,
): Promise<ExperimentView> {
  const found = await findExperiment(context, name);
  if (query.segment !== undefined) dimensionNamed(found.dimensions, query.segment);
  const asked = query.kpi === undefined ? undefined : parseKpi(found, query.kpi).name;
  const options = { baseline: query.baseline, kpi: asked, from: query.from, to: query.to };
  const { analysis, tallies } = await context.analyst.readDetailed(found, options);
  const { experiment, report } = analysis;
  const kpi = analysis.kpis[analysis.shown] ?? defaultKpi(experiment);
  const outcome = report.kpis[analysis.shown];
  const chart = query.chart ?? fittingChart(analysis, outcome);
  const log = await context.store.activity.read({ experiment: experiment.name, limit: ACTIVITY_SHOWN_MAX });
  return {
    root: root ?? experimentUrl(experiment.name),
    query,
    analysis,
    experiment,
    kpi,
    outcome,
    chart,
    figure: figureOf(outcome),
    byJoining: countsByJoining(tallies, kpi.number),
    counts: await context.analyst.compute(countKpiSteps(experiment, tallies, kpi.number, query.period)),
    series: await context.analyst.compute(
      seriesOf(
        {
          experiment,
          tallies,
          days: analysis.days,
          report,
          kpi,
          figure: figureOf(outcome),
          comparisons: comparisonsOf(outcome),
          widening: outcome?.kind === "analysed" ? outcome.lateness : 1,
          isGoal: outcome?.kind === "analysed" && outcome.family === "goal",
          withUplift: chart === "uplift",
        },
        query.period,
      ),
    ),
    allocation: allocationOverTime(experiment, analysis.days, context.clock),
    checks: checksOf(analysis, outcome, context.visitors?.of(experiment)),
    activity: await withWaysBack(context, log, log),
    keepsClientIds: context.settings.keepClientIds,
    nowMs: context.clock.nowMs(),
    dayAt: (atMs) => context.clock.dayAt(atMs),
    offsetAt: (atMs) => context.clock.offsetAt(atMs),
  };
}

/** The uplift is what decides. Under a bandit each of its points is a sum over hundreds of epochs, so one asks for it. */
function fittingChart({ bandit }: Analysis, outcome: KpiOutcome | undefined): ChartKind {
  if (bandit !== null || outcome?.kind !== "analysed") return "cumulative";
  const isOpen = comparisonsOf(outcome).some((one) => one.kind === "compared" && one.gate.kind === "open");
  return isOpen ? "uplift" : "cumulative";
}

/** By position of the alternative. */
export function comparisonsOf(outcome: KpiOutcome | undefined): readonly ComparisonOutcome[] {
  if (outcome?.kind !== "analysed") return [];
  return decidingArms(outcome).map(({ comparison }) => comparison);
}

/** For the form of a plan alone: it costs half a millisecond. */
export function outlookOf({ experiment, outcome, analysis }: ExperimentView): PlanOutlook | undefined {
  return planOutlook(experiment, outcome, analysis.days);
}

function figureOf(outcome: KpiOutcome | undefined): KpiReport["decidesOn"] {
  return outcome?.kind === "analysed" ? outcome.decidesOn : "rates";
}
