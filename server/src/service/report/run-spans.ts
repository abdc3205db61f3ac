/** Which experiments ran when, on one axis, and which of them at the same time. */
import { SixpackError } from "../../domain/errors.ts";
import { decisionOf, type Experiment, stateOf } from "../../domain/experiment.ts";
import type { Day } from "../../domain/period.ts";
import { type Allowance, AWAITED_MAX } from "../analysis/list-board.ts";
import { mapConcurrently } from "../map-concurrently.ts";
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
  /** The first to begin first. */
  readonly spans: readonly Span[];
  /** The axis; `null` where nothing ran. */
  readonly from: Day | null;
  readonly to: Day;
  /** Most that ran on one day, and the first such day. */
  readonly busiest: { readonly day: Day; readonly running: number } | null;
  /** How many can't be drawn: nobody has taken part, or they can't be read. */
  readonly without: number;
  readonly labels: ReturnType<typeof labelsOf>;
}

const READ_AT_ONCE_MAX = 8;

/** @param beside only this experiment and those that ran at the same time; `null` is all */
export async function readTimeline(
  context: OverviewContext,
  selection: Selection,
  beside: string | null,
): Promise<Timeline> {
  const all = await context.store.definitions.list();
  const selected = selectExperiments(all, selection);
  const today = context.clock.today();
  const allowance: Allowance = { awaited: AWAITED_MAX };
  const read = await mapConcurrently(selected, READ_AT_ONCE_MAX, async (experiment) => {
    const summary = await context.analyst.list.summary(experiment, undefined, allowance).catch(unlessGone);
    if (summary === undefined || summary.firstDay === null) return undefined;
    return spanOf(experiment, summary.firstDay, summary.lastActivityDay ?? today, context);
  });
  void context.analyst.list.refresh();
  const every = read.filter((span) => span !== undefined).sort((a, b) => a.from - b.from || a.to - b.to);
  const withOverlaps = every.map((span): Span => ({ ...span, overlaps: overlapsOf(span, every) }));
  const spans = withOverlaps.filter(
    ({ experiment, overlaps }) => beside === null || experiment.name === beside || overlaps.includes(beside),
  );
  return {
    spans,
    from: spans[0]?.from ?? null,
    to: spans.reduce<Day>((latest, { to }) => (to > latest ? to : latest), spans[0]?.to ?? today),
    busiest: busiestOf(spans),
    without: selected.length - every.length,
    labels: labelsOf(all),
  };
}

/** A store that is gone is no fault of one experiment. */
function unlessGone(error: unknown): undefined {
  if (error instanceof SixpackError && error.code === "store-unavailable") throw error;
  return undefined;
}

type Bare = Omit<Span, "overlaps">;

/** It ends where it was archived or decided, or, paused, with the last that was counted. */
function spanOf(experiment: Experiment, from: Day, lastActivity: Day, { clock }: Pick<OverviewContext, "clock">): Bare {
  const { archivedAtMs, winner } = experiment;
  const decided = decisionOf(experiment)?.day;
  const isOpen = stateOf(experiment) === "active" && winner === null;
  const archived = archivedAtMs === undefined ? undefined : clock.dayAt(archivedAtMs);
  const to = isOpen ? clock.today() : (decided ?? archived ?? lastActivity);
  return { experiment, from, to: to < from ? from : to, isOpen };
}

function overlapsOf(span: Bare, all: readonly Bare[]): readonly string[] {
  return all
    .filter((other) => other !== span && other.from <= span.to && span.from <= other.to)
    .map(({ experiment }) => experiment.name);
}

/** Most run where one begins. */
function busiestOf(spans: readonly Bare[]): Timeline["busiest"] {
  let busiest: Timeline["busiest"] = null;
  for (const { from: day } of spans) {
    const running = spans.filter(({ from, to }) => from <= day && day <= to).length;
    if (running > (busiest?.running ?? 0)) busiest = { day, running };
  }
  return busiest;
}
