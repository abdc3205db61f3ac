/**
 * The list as the dashboard shows it: one row per experiment with its figures, filtered, sorted and cut into pages. An
 * experiment that can't be read is a row with its error, never a broken list.
 */
import type { Clock } from "../../domain/clock.ts";
import { stepsOf } from "../../domain/due-steps.ts";
import { reasonOf, unreachable } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { findKpi } from "../../domain/kpi.ts";
import { type ExperimentName, type KpiName, oneOf } from "../../domain/names.ts";
import type { Day } from "../../domain/period.ts";
import type { StepKind } from "../../domain/schedule.ts";
import { gainOf } from "../../stats/direction.ts";
import { each } from "../../stats/steps.ts";
import type { UnreadableExperiment } from "../../store/stored-schema.ts";
import type { Check } from "../analysis/check.ts";
import { concernsOf } from "../analysis/checks.ts";
import type { Listed } from "../analysis/list-board.ts";
import type { ExperimentSummary } from "../analysis/summary.ts";
import type { ServiceContext } from "../context.ts";
import { inTurns } from "../in-turns.ts";
import { PAGE_SIZE, parsePage } from "./listing.ts";
import { labelsOf, type Selection, STATUSES, type Status, selectExperiments } from "./selection.ts";
import { TRIAGES, type Triage, triageOf, urgency } from "./triage.ts";

export const OVERVIEW_SORTS = ["decisions", "newest", "name", "activity", "participants", "uplift", "chance"] as const;
export type OverviewSort = (typeof OVERVIEW_SORTS)[number];

export const ORDERS = ["asc", "desc"] as const;
export type Order = (typeof ORDERS)[number];

export type OverviewContext = Pick<ServiceContext, "store" | "clock" | "analyst">;

export interface OverviewQuery extends Selection {
  /** Only experiments in this state; `null` is all. */
  readonly verdict: Triage | null;
  /** Only experiments that know this KPI, and their figures for it; `null` is all, each with the KPI that decides it. */
  readonly kpi: string | null;
  readonly sort: OverviewSort;
  readonly order: Order;
  /** From 1. */
  readonly page: number;
}

export interface Figures {
  readonly kind: "read";
  readonly summary: ExperimentSummary;
  readonly today: Day;
  /** Checks that ask for something to be done, failures first. */
  readonly concerns: readonly Check[];
  /** The next step of the schedule that has a day; `undefined` without any. */
  readonly next: { readonly step: StepKind; readonly day: Day } | undefined;
}

export interface OverviewRow {
  readonly experiment: Experiment;
  readonly triage: Triage;
  readonly figures: Figures | { readonly kind: "failed"; readonly message: string };
}

export interface Overview {
  /** Of this page. */
  readonly rows: readonly OverviewRow[];
  /** Of all pages, in order. */
  readonly names: readonly ExperimentName[];
  /** How many of the experiments that the other filters select are in each state. */
  readonly triages: Readonly<Record<Triage, number>>;
  /** Whatever is selected: those whose definition can't be read. */
  readonly unreadable: readonly UnreadableExperiment[];
  readonly selected: number;
  readonly pages: number;
  /** KPIs known to any experiment of this status, for the filter. */
  readonly kpis: readonly KpiName[];
  /** Owners and tags of any experiment of this status, for the filters. */
  readonly labels: ReturnType<typeof labelsOf>;
}

export const OVERVIEW_ARGUMENTS = ["q", "status", "owner", "tag", "verdict", "kpi", "sort", "order", "page"] as const;

/** Raw values of a query string. @throws SixpackError invalid-form */
export function parseOverviewQuery(
  status: Status,
  raw: Readonly<Partial<Record<(typeof OVERVIEW_ARGUMENTS)[number], string | undefined>>>,
): OverviewQuery {
  const sort = oneOf("sort", OVERVIEW_SORTS, raw.sort || "decisions");
  return {
    // `/all?status=paused` is the same list as `/paused`; elsewhere the path has said it.
    status: status === "all" ? oneOf("status", STATUSES, raw.status || "all") : status,
    text: raw.q ?? "",
    owner: raw.owner || null,
    tag: raw.tag || null,
    verdict: raw.verdict ? oneOf("verdict", TRIAGES, raw.verdict) : null,
    kpi: raw.kpi || null,
    sort,
    order: oneOf("order", ORDERS, raw.order || naturalOrder(sort)),
    page: parsePage(raw.page || "1"),
  };
}

/** The order in which a sort is first shown. */
export function naturalOrder(sort: OverviewSort): Order {
  return sort === "name" || sort === "decisions" ? "asc" : "desc";
}

/** Rows made in one piece: some tenths of a millisecond. */
const ROWS_PER_PIECE = 100;

export async function readOverview(context: OverviewContext, query: OverviewQuery): Promise<Overview> {
  const { definitions } = context.store;
  const [all, unreadable] = await Promise.all([definitions.list(), definitions.listUnreadable()]);
  const ofStatus = selectExperiments(all, { status: query.status, text: "", owner: null, tag: null });
  const selected = selectExperiments(ofStatus, query).filter(
    (experiment) => query.kpi === null || findKpi(experiment, query.kpi) !== undefined,
  );
  const listed = await context.analyst.list.summaries(selected, (experiment) => kpiOf(experiment, query.kpi));
  const rows: OverviewRow[] = [];
  await inTurns(each(listed, (one) => rows.push(rowOf(one, context.clock)), ROWS_PER_PIECE));
  const chosen = rows.filter(({ triage }) => query.verdict === null || triage === query.verdict);
  const direction = query.order === "asc" ? 1 : -1;
  chosen.sort(
    (a, b) =>
      compareBy(query.sort, direction, a, b) ||
      b.experiment.createdAtMs - a.experiment.createdAtMs ||
      (a.experiment.name < b.experiment.name ? -1 : 1),
  );
  return {
    names: chosen.map(({ experiment }) => experiment.name),
    rows: chosen.slice((query.page - 1) * PAGE_SIZE, query.page * PAGE_SIZE),
    triages: countTriages(rows),
    unreadable,
    selected: chosen.length,
    pages: Math.max(1, Math.ceil(chosen.length / PAGE_SIZE)),
    kpis: [...new Set(ofStatus.flatMap(knownKpis))].sort(),
    labels: labelsOf(ofStatus),
  };
}

function countTriages(rows: readonly OverviewRow[]): Overview["triages"] {
  const counts = Object.fromEntries(TRIAGES.map((triage) => [triage, 0])) as Record<Triage, number>;
  for (const { triage } of rows) counts[triage] += 1;
  return counts;
}

/** Dropped ones, too: the list can be filtered by what was counted once. */
function knownKpis({ kpis }: Experiment): readonly KpiName[] {
  return kpis.flatMap(({ name }) => name ?? []);
}

function kpiOf(experiment: Experiment, asked: string | null): KpiName | undefined {
  return asked === null ? undefined : knownKpis(experiment).find((kpi) => kpi === asked);
}

function rowOf(listed: Listed, clock: Clock): OverviewRow {
  if (listed.kind === "failed") {
    const { experiment, error } = listed;
    return { experiment, triage: "broken", figures: { kind: "failed", message: reasonOf(error) } };
  }
  const { summary } = listed;
  // The definition in the summary may be newer, because the analysis may have stored facts in it.
  const figures = figuresOf(summary, clock);
  const triage = triageOf(summary.experiment, summary.verdict.kind, figures.concerns);
  return { experiment: summary.experiment, triage, figures };
}

function nextOf(experiment: Experiment, clock: Clock): Figures["next"] {
  const [next] = stepsOf(experiment, clock.offsetAt)
    .flatMap(({ step, when, done }) => (when.kind === "at" && done === undefined ? [{ step, atMs: when.atMs }] : []))
    .sort((a, b) => a.atMs - b.atMs);
  return next === undefined || experiment.archived ? undefined : { step: next.step, day: clock.dayAt(next.atMs) };
}

function figuresOf(summary: ExperimentSummary, clock: Clock): Figures {
  const today = clock.today();
  const concerns = concernsOf(summary);
  const next = nextOf(summary.experiment, clock);
  return { kind: "read", summary, today, concerns, next };
}

/** Unknown values come last in either order. */
function compareBy(sort: OverviewSort, direction: 1 | -1, a: OverviewRow, b: OverviewRow): number {
  switch (sort) {
    case "decisions":
      return direction * (urgencyOf(a) - urgencyOf(b));
    case "newest":
      return direction * (a.experiment.createdAtMs - b.experiment.createdAtMs);
    case "name":
      return a.experiment.name < b.experiment.name ? -direction : a.experiment.name > b.experiment.name ? direction : 0;
    case "activity":
    case "participants":
    case "uplift":
    case "chance":
      return compareWeights(direction, weight(sort, a), weight(sort, b));
    default:
      return unreachable(sort);
  }
}

function compareWeights(direction: 1 | -1, a: number | null, b: number | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return direction * (a - b);
}

function urgencyOf({ triage, figures }: OverviewRow): number {
  return urgency(triage, figures.kind === "read" ? figures.summary.verdict.kind : undefined);
}

function weight(sort: "activity" | "participants" | "uplift" | "chance", { figures }: OverviewRow): number | null {
  if (figures.kind === "failed") return null;
  switch (sort) {
    case "activity":
      return figures.summary.lastActivityDay;
    case "participants":
      return figures.summary.participants;
    case "uplift":
      return gainIn(figures.summary);
    case "chance":
      return figures.summary.leader?.chanceToBeatControl ?? null;
    default:
      return unreachable(sort);
  }
}

/** The leader's uplift with more being better, so that descending order has the best first. */
function gainIn({ leader, better }: ExperimentSummary): number | null {
  const estimate = leader?.uplift?.estimate ?? null;
  return estimate === null ? null : gainOf(estimate, better);
}
