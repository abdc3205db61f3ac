/** An analysis as the dashboard's JSON shows it: names in snake_case as all of that JSON, days as dates. */
import { decisionOf } from "../../domain/experiment.ts";
import type { Kpi } from "../../domain/kpi.ts";
import { type Day, dayText, parseDay } from "../../domain/period.ts";
import { dimensionNamed } from "../../domain/segments.ts";
import { snakeCased } from "../../lib/snake-case.ts";
import { isEmpty } from "../../lib/text.ts";
import { type Analysis, type AnalysisOptions, rangeOf } from "../analysis/analysis.ts";
import { ofDimension } from "../analysis/segment-report.ts";
import type { ServiceContext } from "../context.ts";
import { type CompatExperiment, compatExperiment } from "./json-2.7.ts";
import { parsePeriod, viewExperiment } from "./kpi-view.ts";

/** The arguments of a query, as text. */
interface RawExperimentQuery {
  readonly kpi?: string | undefined;
  readonly period?: string | undefined;
  readonly baseline?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly segment?: string | undefined;
}

/**
 * The body of `/experiments/<name>.json`: the fields of 2.7, and the report beside them.
 * @throws SixpackError experiment-not-found, unknown-kpi, invalid-period, unknown-alternative, unknown-segment, invalid-datetime
 */
export async function experimentJson(
  context: Pick<ServiceContext, "store" | "analyst">,
  name: string,
  query: RawExperimentQuery,
): Promise<CompatExperiment & { readonly report: object }> {
  const options = parseAnalysisQuery(query);
  const view = await viewExperiment(context, name, query.kpi, parsePeriod(query.period), rangeOf(options));
  const segment = query.segment || undefined;
  if (segment !== undefined) dimensionNamed(view.experiment.dimensions, segment);
  const analysis = await context.analyst.read(view.experiment, { ...options, kpi: view.kpi.name ?? undefined });
  // The analysis may have written down what it noticed.
  const { experiment } = analysis;
  const segments = analysis.segments && ofDimension(analysis.segments, segment);
  return { ...compatExperiment({ ...view, experiment }), report: reportJson({ ...analysis, segments }) };
}

/** Empty and missing are the same, as forms send them. @throws SixpackError invalid-datetime */
export function parseAnalysisQuery({ baseline, from, to }: RawExperimentQuery): AnalysisOptions {
  return {
    ...(isEmpty(baseline) ? {} : { baseline }),
    ...(isEmpty(from) ? {} : { from: parseDay(from, "from") }),
    ...(isEmpty(to) ? {} : { to: parseDay(to, "to") }),
  };
}

/** What `report` holds in `/experiments/<name>.json`; docs/http-api.md says it field by field. */
export function reportJson({ experiment, report, kpis, shown, range, health, ...more }: Analysis): object {
  const { verdict, allocation, bandit, hidden, segments, caps } = more;
  const { verdict: _whole, settings, ...rest } = report;
  const { adaptive, daysComplete, ...levels } = settings;
  // It stands in `report` already.
  const { sampleRatio: _same, ...trust } = health;
  return snakeCased({
    verdict,
    kpi: report.kpis[shown]?.name,
    ...rest,
    kpis: report.kpis.map((outcome, index) => ({ ...outcome, ...termsOf(kpis[index]), cap: caps[index] ?? null })),
    hidden,
    allocation,
    bandit: bandit === null ? null : { ...bandit, kpi: bandit.kpi.name, better: bandit.kpi.better },
    settings: { ...levels, adaptive },
    daysComplete,
    health: { ...trust, firstDay: dateOf(trust.firstDay), lastDay: dateOf(trust.lastDay) },
    planning: experiment.planning,
    kpiSettled: experiment.noticed.decidingKpi,
    decided: decidedJson(experiment),
    range: { from: dateOf(range.from), to: dateOf(range.to) },
    ...(segments === null ? {} : { segments }),
  }) as object;
}

/** What people call a KPI, and what it counts. */
function termsOf(kpi: Kpi | undefined): Partial<Pick<Kpi, "label" | "unit" | "counts">> {
  return kpi === undefined ? {} : { label: kpi.label, unit: kpi.unit, counts: kpi.counts };
}

/** What the data said when the winner was set. */
function decidedJson(experiment: Analysis["experiment"]): object | null {
  const decided = decisionOf(experiment);
  return decided === undefined ? null : { ...decided, day: dayText(decided.day) };
}

function dateOf(day: Day | null): string | null {
  return day === null ? null : dayText(day);
}
