/** Which experiments ran when, on one axis, and which of them at the same time. */
import { decisionOf, type Experiment, stateOf } from "../../domain/experiment.ts";
import type { Day } from "../../domain/period.ts";
import type { ExperimentSummary } from "../analysis/summary.ts";
import type { OverviewContext } from "./overview.ts";
import { labelsOf, type Selection, selectExperiments } from "./selection.ts";

/** Days on which an experiment measured, both ends with it. */
export interface Span {
  readonly experiment: Experiment;
  readonly from: Day;
  readonly to: Day;
  /** Whether it goes on. */
  readonly isOpen: boolean;
  /** Names of the others that ran on one of these days. */
  readonly overlaps: readonly string[];
}

export interface Timeline {
  /** The first to begin first; at most SPANS_MAX. */
  readonly spans: readonly Span[];
  /** How many more there are. */
  readonly more: number;
  /** The axis; `null` where nothing ran. */
  readonly from: Day | null;
  readonly to: Day;
  /** Most that ran on one day, and the first such day. */
  readonly busiest: { readonly day: Day; readonly running: number } | null;
  /** How many can't be drawn: nobody has taken part, or they can't be read. */
  readonly without: number;
  readonly labels: ReturnType<typeof labelsOf>;
}

/** Most bars of one timeline: whom each overlaps is asked of all, so all of them would cost the square of their number. */
const SPANS_MAX = 200;

/** @param beside only this experiment and those that ran at the same time; `null` is all */
export async function readTimeline(
  context: OverviewContext,
  selection: Selection,
  beside: string | null,
): Promise<Timeline> {
  const all = await context.store.definitions.list();
  const selected = selectExperiments(all, selection);
  const today = context.clock.today();
  const every = (await context.analyst.list.summaries(selected))
    .flatMap((listed) => (listed.kind === "read" ? spanOf(listed.summary, context) : []))
    .sort((a, b) => a.from - b.from || a.to - b.to);
  const centre = every.find(({ experiment }) => experiment.name === beside);
  const chosen = every.filter((span) => beside === null || (centre !== undefined && meet(span, centre)));
  return {
    spans: chosen.slice(0, SPANS_MAX).map((span): Span => ({ ...span, overlaps: overlapsOf(span, every) })),
    more: Math.max(0, chosen.length - SPANS_MAX),
    from: chosen[0]?.from ?? null,
    to: chosen.reduce<Day>((latest, { to }) => (to > latest ? to : latest), chosen[0]?.to ?? today),
    busiest: busiestOf(chosen),
    without: selected.length - every.length,
    labels: labelsOf(all),
  };
}

type Bare = Omit<Span, "overlaps">;

/**
 * It ends where it was archived or decided, whichever came first, or, paused, with the last that was counted. Nothing where
 * nobody took part.
 */
function spanOf(
  { experiment, firstDay: from, lastActivityDay }: ExperimentSummary,
  { clock }: Pick<OverviewContext, "clock">,
): readonly Bare[] {
  if (from === null) return [];
  const { archivedAtMs, winner } = experiment;
  const decided = decisionOf(experiment)?.day;
  const isOpen = stateOf(experiment) === "active" && winner === null;
  const archived = archivedAtMs === undefined ? undefined : clock.dayAt(archivedAtMs);
  const [ended = lastActivityDay ?? clock.today()] = [decided, archived]
    .flatMap((day) => day ?? [])
    .sort((a, b) => a - b);
  const to = isOpen ? clock.today() : ended;
  return [{ experiment, from, to: to < from ? from : to, isOpen }];
}

function overlapsOf(span: Bare, all: readonly Bare[]): readonly string[] {
  return all.filter((other) => other !== span && meet(span, other)).map(({ experiment }) => experiment.name);
}

/** Whether they ran on one day; each does with itself. */
function meet(one: Bare, other: Bare): boolean {
  return one.from <= other.to && other.from <= one.to;
}

/**
 * Most run where one begins.
 * @param spans the first to begin first
 */
function busiestOf(spans: readonly Bare[]): Timeline["busiest"] {
  const ends = spans.map(({ to }) => to).sort((a, b) => a - b);
  let busiest: Timeline["busiest"] = null;
  let [begun, ended] = [0, 0];
  for (const { from: day } of spans) {
    while ((spans[begun]?.from ?? Number.POSITIVE_INFINITY) <= day) begun += 1;
    while ((ends[ended] ?? Number.POSITIVE_INFINITY) < day) ended += 1;
    const running = begun - ended;
    if (running > (busiest?.running ?? 0)) busiest = { day, running };
  }
  return busiest;
}
