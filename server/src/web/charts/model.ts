/**
 * A chart before it has a size: which lines, over which periods, in which unit, with which marks. The same model becomes
 * the picture, its table, and the file.
 */
import { unreachable } from "../../domain/errors.ts";
import { dayOf, dayText, type Period } from "../../domain/period.ts";
import type { ArmSeries, BandPoint, Series } from "../../service/series.ts";
import type { ChartKind, ExperimentView } from "../experiment-view.ts";
import { rate, rateRange, share, shortCount, uplift, upliftRange } from "../ui/format.ts";

export interface ChartLine {
  readonly name: string;
  /** Position of the alternative: its colour and dashes. */
  readonly index: number;
  readonly points: readonly BandPoint[];
}

/** A moment at which something about the experiment changed. */
export interface ChartMarker {
  /** Position among the periods. */
  readonly at: number;
  readonly date: string;
  readonly text: string;
}

export interface ChartModel {
  readonly kind: ChartKind;
  readonly title: string;
  readonly period: Period;
  readonly labels: readonly string[];
  readonly lines: readonly ChartLine[];
  readonly markers: readonly ChartMarker[];
  /** For the axis. */
  readonly tick: (value: number) => string;
  /** For the table and the crosshair. */
  readonly cell: (point: BandPoint) => string;
  /** Whether lines have a band. */
  readonly hasBand: boolean;
  /** Whether values go below zero, with a thick line there. */
  readonly isSigned: boolean;
}

export const CHART_TITLES: Readonly<Record<ChartKind, string>> = {
  cumulative: "Cumulative rate",
  rate: "Rate per period",
  uplift: "Uplift over time",
  participants: "Participants",
  allocation: "Allocation",
};

export function chartOf(view: ExperimentView): ChartModel {
  const { series, query } = view;
  const { labels, period } = series;
  const lines = series.arms
    .map((arm): ChartLine => ({ name: arm.name, index: arm.index, points: pointsOf(arm, query.chart) }))
    .filter(({ points }) => points.length > 0);
  const kind = query.chart;
  return {
    kind,
    title: titleOf(view),
    period,
    labels,
    lines,
    markers: markersOf(view, series),
    tick: kind === "participants" ? shortCount : kind === "uplift" ? uplift : rate,
    cell: cellText(kind),
    hasBand: kind === "cumulative" || kind === "uplift",
    isSigned: kind === "uplift",
  };
}

function titleOf({ query, experiment, analysis, kpi }: ExperimentView): string {
  const title = CHART_TITLES[query.chart];
  const of = query.chart === "participants" || query.chart === "allocation" ? "" : ` of ${kpi ?? "the default KPI"}`;
  const over = query.chart === "uplift" ? ` over ${analysis.report.arms[analysis.report.baseline]?.name ?? ""}` : "";
  return `${title}${of}${over}, ${experiment.name}`;
}

function pointsOf(arm: ArmSeries, kind: ChartKind): readonly BandPoint[] {
  switch (kind) {
    case "cumulative":
      return arm.cumulative;
    case "rate":
      return arm.rates.map(bare);
    case "uplift":
      return arm.uplift;
    case "participants":
      return arm.participants.map(bare);
    case "allocation":
      return arm.shares.map(bare);
    default:
      return unreachable(kind);
  }
}

function bare(value: number | null): BandPoint {
  return { value, lower: null, upper: null };
}

function cellText(kind: ChartKind): ChartModel["cell"] {
  return ({ value, lower, upper }) => {
    if (value === null) return "–";
    switch (kind) {
      case "cumulative":
        return `${rate(value)} (${rateRange({ lower, upper })})`;
      case "uplift":
        return `${uplift(value)} (${upliftRange({ lower, upper })})`;
      case "rate":
        return rate(value);
      case "participants":
        return value.toLocaleString("en");
      case "allocation":
        return share(value);
      default:
        return unreachable(kind);
    }
  };
}

/** Acts that change what clients get; a new description is no reason for a bend in a line. */
const MARKED_ACTIONS: ReadonlySet<string> = new Set([
  "pause",
  "resume",
  "archive",
  "unarchive",
  "set-winner",
  "reset-winner",
]);

function markersOf({ experiment, activity }: ExperimentView, { starts }: Series): readonly ChartMarker[] {
  const changes = experiment.epochs.slice(1).map(({ startedAtMs, reason }) => ({ atMs: startedAtMs, text: reason }));
  const acts = activity
    .filter(({ action }) => MARKED_ACTIONS.has(action))
    .map(({ atMs, action, after }) => ({
      atMs,
      text: action === "set-winner" && after !== null ? `winner ${after}` : action.replaceAll("-", " "),
    }));
  const [first] = starts;
  return [...changes, ...acts]
    .sort((a, b) => a.atMs - b.atMs)
    .flatMap(({ atMs, text }) => {
      const day = dayOf(atMs);
      if (first === undefined || day < first) return [];
      const at = starts.findLastIndex((start) => start <= day);
      return [{ at, date: dayText(day), text }];
    });
}
