/**
 * A chart before it has a size: which lines, over which periods, in which unit, with which marks. The same model becomes
 * the picture, its table, and the file.
 */
import { max, quantile } from "d3-array";
import { unreachable } from "../../../domain/errors.ts";
import { kpiWords } from "../../../domain/kpi.ts";
import type { Day } from "../../../domain/period.ts";
import { shownName } from "../../../lib/shown-name.ts";
import { grouped } from "../../../lib/text.ts";
import { DAY_MS } from "../../../lib/time.ts";
import type { ArmSeries, BandPoint } from "../../../service/report/series.ts";
import { CHART_KINDS, type ChartKind, type ExperimentView } from "../experiment-view.ts";
import {
  amount,
  date,
  decimal,
  moment,
  rate,
  share,
  shortCount,
  shortMoment,
  uplift,
  upliftRange,
} from "../ui/format.ts";
import { type ChartMarkers, markersOf } from "./markers.ts";

/** Days up to which an axis of moments says hours. */
const DAYS_WITH_HOURS = 4;
/** Of the first periods a band is as wide as the whole chart; the axis is fitted to what comes after this part. */
const EARLY_PART = 0.25;
/** Smallest reach of an uplift axis, so that no difference is blown up into one. */
const UPLIFT_REACH_MIN = 0.02;

export interface ChartLine {
  readonly name: string;
  /** Position of the alternative: its colour and dashes. */
  readonly index: number;
  readonly points: readonly BandPoint[];
}

export interface ChartModel {
  readonly kind: ChartKind;
  readonly title: string;
  /** What a label is: the head of their column. */
  readonly unit: string;
  readonly labels: readonly string[];
  /** The same, short enough for the axis. */
  readonly shortLabels: readonly string[];
  /** Positions among the labels that the axis may name. */
  readonly nameable: readonly number[];
  readonly lines: readonly ChartLine[];
  /** Also those that were switched off. */
  readonly all: readonly Pick<ChartLine, "name" | "index">[];
  readonly markers: ChartMarkers;
  /** For the axis. */
  readonly tick: (value: number) => string;
  /** For the table and the crosshair. */
  readonly cell: (point: BandPoint) => string;
  /** Whether a value holds until the next one, or the line goes straight there. */
  readonly curve: "step" | "straight";
  /** Whether lines have a band. */
  readonly hasBand: boolean;
  /** Whether values go below zero, with a thick line there. */
  readonly isSigned: boolean;
  /** What the axis is fitted to, in whatever size the chart is drawn. */
  readonly domain: readonly [number, number];
}

const CHART_TITLES: Readonly<Record<ChartKind, string>> = {
  cumulative: "Cumulative rate",
  rate: "Rate per period",
  uplift: "Uplift over time",
  participants: "Visitors",
  allocation: "Allocation",
};

/** Of a KPI that decides on its mean; the others are called the same. */
const MEAN_TITLES: Partial<Readonly<Record<ChartKind, string>>> = {
  cumulative: "Cumulative mean",
  rate: "Mean per period",
  uplift: "Uplift of the mean over time",
};

export function chartTitle(kind: ChartKind, { figure, analysis }: ExperimentView): string {
  const title = (figure === "means" ? MEAN_TITLES[kind] : undefined) ?? CHART_TITLES[kind];
  return kind === "cumulative" && analysis.hidden !== null ? `Pooled ${title.toLowerCase()}` : title;
}

export function chartOf(view: ExperimentView): ChartModel {
  const kind = view.chart;
  const drawn = kind === "allocation" ? momentsOf(view) : periodsOf(view, kind);
  const model = {
    kind,
    title: titleOf(view),
    ...drawn,
    lines: drawn.lines.filter(({ index }) => view.query.show?.includes(index) ?? true),
    all: drawn.lines.map(({ name, index }) => ({ name, index })),
    tick: kind === "participants" ? shortCount : kind === "uplift" ? uplift : view.figure === "means" ? decimal : rate,
    cell: cellText(kind, figureText(view)),
    // A loss is a value below nothing.
    isSigned: kind === "uplift" || (view.figure === "means" && view.series.arms.some(hasLoss)),
  };
  return { ...model, domain: domainOf(model) };
}

/** The least and the largest value of the axis. */
function domainOf({ kind, lines, labels, isSigned, curve }: Omit<ChartModel, "domain">): ChartModel["domain"] {
  if (curve === "step") {
    // Every step counts, the first ones too; and a line shall not lie on the frame.
    const highest = max(lines.flatMap(({ points }) => points.map(({ value }) => value ?? 0))) || 1;
    return [0, Math.min(1, highest * 1.05)];
  }
  const from = Math.floor(labels.length * EARLY_PART);
  const late = lines.flatMap(({ points }) => points.slice(from));
  const values = late.flatMap(({ value }) => value ?? []);
  const limits = late.flatMap(({ lower, upper }) => [lower, upper].flatMap((limit) => limit ?? []));
  if (!isSigned) return [0, max([...values, quantile(limits, 0.97) ?? 0]) || 1];
  const reach = max([...values.map(Math.abs), quantile(limits.map(Math.abs), 0.85) ?? 0, UPLIFT_REACH_MIN]) ?? 1;
  // Nobody loses more than all, unless a mean was negative.
  const isAllLost = kind === "uplift" && [...values, ...limits].every((value) => value >= -1);
  return [isAllLost ? Math.max(-1, -reach) : -reach, reach];
}

/** The charts to offer. The one of shares is left out if they never changed, unless it was asked for. */
export function chartKindsOf({ analysis, chart }: ExperimentView): readonly ChartKind[] {
  const [first, ...later] = analysis.allocation;
  const changed = later.some(({ shares }) => shares.some((share, arm) => share !== first?.shares[arm]));
  const hasAllocation = changed || chart === "allocation" || analysis.hidden !== null;
  return CHART_KINDS.filter((kind) => kind !== "allocation" || hasAllocation);
}

type Drawn = Pick<
  ChartModel,
  "unit" | "labels" | "shortLabels" | "nameable" | "lines" | "markers" | "curve" | "hasBand"
>;

function periodsOf(view: ExperimentView, kind: Exclude<ChartKind, "allocation">): Drawn {
  const { labels, starts, period, arms } = view.series;
  const [first] = starts;
  const positionOf = (atMs: number) => {
    const day = view.dayAt(atMs);
    return first === undefined || day < first ? -1 : starts.findLastIndex((start) => start <= day);
  };
  return {
    unit: period,
    labels,
    nameable: labels.map((_, at) => at),
    shortLabels: period === "day" ? dayLabels(starts) : labels,
    lines: arms
      .map((arm): ChartLine => ({ name: arm.name, index: arm.index, points: pointsOf(arm, kind) }))
      .filter(({ points }) => points.length > 0),
    markers: markersOf(view, positionOf, labels.length),
    curve: "straight",
    hasBand: kind === "uplift",
  };
}

/** With the year where there is more than one. */
function dayLabels(starts: readonly Day[]): readonly string[] {
  const texts = starts.map((day) => shortMoment(day * DAY_MS, "day"));
  const years = starts.map((day) => date(day * DAY_MS).slice(0, 4));
  return years[0] === years.at(-1) ? texts : texts.map((text, at) => `${text}, ${years[at]}`);
}

function momentsOf(view: ExperimentView): Drawn {
  const { momentsMs, stepMs, shares } = view.allocation;
  const spanMs = (momentsMs.at(-1) ?? 0) - (momentsMs[0] ?? 0);
  // Where the line takes its step: at the first moment that knows of the change. What came after the traffic ends it.
  const positionOf = (atMs: number) => {
    if (atMs < (momentsMs[0] ?? 0)) return -1;
    const at = momentsMs.findIndex((start) => start >= atMs);
    return at === -1 ? momentsMs.length - 1 : at;
  };
  const grain = spanMs <= DAY_MS ? "minute" : spanMs <= DAYS_WITH_HOURS * DAY_MS ? "hour" : "day";
  return {
    unit: "moment",
    labels: momentsMs.map(stepMs < DAY_MS ? moment : date),
    // A date alone names the beginning of its day.
    nameable: momentsMs.flatMap((atMs, at) => (grain !== "day" || atMs % DAY_MS === 0 ? at : [])),
    shortLabels: momentsMs.map((atMs) => shortMoment(atMs, grain)),
    lines: view.experiment.alternatives.map(({ name }, index) => ({
      name,
      index,
      points: (shares[index] ?? []).map(bare),
    })),
    markers: markersOf(view, positionOf, momentsMs.length),
    curve: "step",
    hasBand: false,
  };
}

function titleOf(view: ExperimentView): string {
  const { chart, experiment, analysis, kpi } = view;
  const title = chartTitle(chart, view);
  const of = chart === "participants" || chart === "allocation" ? "" : ` of ${kpiWords(kpi)}`;
  const over = chart === "uplift" ? ` over ${analysis.report.arms[analysis.report.baseline]?.name ?? ""}` : "";
  return `${title}${of}${over}, ${shownName(experiment.name)}`;
}

function pointsOf(arm: ArmSeries, kind: Exclude<ChartKind, "allocation">): readonly BandPoint[] {
  switch (kind) {
    case "cumulative":
      return arm.cumulative.map(bare);
    case "rate":
      return arm.figures.map(bare);
    case "uplift":
      return arm.uplift;
    case "participants":
      return arm.participants.map(bare);
    default:
      return unreachable(kind);
  }
}

function bare(value: number | null): BandPoint {
  return { value, lower: null, upper: null };
}

function hasLoss({ cumulative, figures }: ArmSeries): boolean {
  return [...cumulative, ...figures].some((value) => (value ?? 0) < 0);
}

/** How a figure of the KPI is written. */
function figureText({ figure, kpi }: ExperimentView): (value: number) => string {
  return figure === "means" ? (value) => amount(value, kpi.unit) : rate;
}

function cellText(kind: ChartKind, figure: (value: number) => string): ChartModel["cell"] {
  return ({ value, lower, upper }) => {
    if (value === null) return "–";
    switch (kind) {
      case "cumulative":
      case "rate":
        return figure(value);
      case "uplift":
        return `${uplift(value, { lower, upper })} (${upliftRange({ lower, upper })})`;
      case "participants":
        return grouped(value);
      case "allocation":
        return share(value);
      default:
        return unreachable(kind);
    }
  };
}
