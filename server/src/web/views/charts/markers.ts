/**
 * Moments at which something about the experiment changed, as marks on a chart. Changes by people are numbered and
 * named; those too close together share a mark. A bandit's batches are small ticks, because hundreds of lines would
 * hide the chart.
 */
import { dayOfNote } from "../../../domain/dated-note.ts";
import { isBatch } from "../../../domain/epochs.ts";
import { type Day, dayText } from "../../../domain/period.ts";
import { DAY_MS, HOUR_MS } from "../../../lib/time.ts";
import { logWord } from "../../../service/administer/acts/acts.ts";
import type { ExperimentView } from "../experiment-view.ts";
import { count } from "../ui/format.ts";

/** One or several changes by people, at one place. */
interface ChartMarker {
  /** Position among the labels. */
  readonly at: number;
  /** `2025-03-01`, or from the first to the last of several. */
  readonly date: string;
  readonly text: string;
}

export interface ChartMarkers {
  readonly changes: readonly ChartMarker[];
  /** Positions at which a bandit began a batch, each once. */
  readonly batches: readonly number[];
  /** The batches in a sentence; `null` without any. */
  readonly batchesText: string | null;
}

/** Most numbered marks: as many as a phone has room for. */
const MARKS_MAX = 24;
/** Changes of one mark that are named; the epochs in the JSON have them all. */
const TEXTS_MAX = 3;

interface Moment {
  readonly at: number;
  readonly atMs: number;
  readonly day: Day;
  readonly text: string;
}

/**
 * @param positionOf where among the labels a moment lies; -1 before the first
 * @param labels how many there are
 */
export function markersOf(
  { experiment, activity, dayAt, nowMs }: ExperimentView,
  positionOf: (atMs: number) => number,
  labels: number,
): ChartMarkers {
  const place = (atMs: number, text: string): readonly Moment[] => {
    const at = positionOf(atMs);
    return at === -1 ? [] : [{ at, atMs, day: dayAt(atMs), text }];
  };
  const epochs = experiment.epochs.slice(1);
  const batches = epochs.filter(isBatch).flatMap(({ startedAtMs, reason }) => place(startedAtMs, reason));
  const changes = epochs
    .filter((epoch) => !isBatch(epoch))
    .flatMap(({ startedAtMs, reason }) => place(startedAtMs, reason));
  const acts = activity
    .filter(({ action }) => logWord(action)?.isMarked === true)
    .flatMap(({ atMs, action, after }) =>
      place(atMs, action === "set-winner" && after !== null ? `winner ${after}` : action.replaceAll("-", " ")),
    );
  const notes = (experiment.about?.notes ?? []).flatMap((note) => {
    const atMs = momentIn(dayOfNote(note), dayAt);
    // What is announced for later has no place yet.
    return dayOfNote(note) > dayAt(nowMs) ? [] : place(atMs, note.text);
  });
  const sorted = [...changes, ...acts, ...notes].sort((a, b) => a.atMs - b.atMs);
  return {
    changes: together(sorted, labels / MARKS_MAX).map(markerOf),
    batches: [...new Set(batches.map(({ at }) => at))],
    batchesText: batchesText(batches),
  };
}

/** A moment of that day, wherever in the world the server counts its days. */
function momentIn(day: Day, dayAt: (atMs: number) => Day): number {
  const hours = [12, 2, 22].map((hour) => day * DAY_MS + hour * HOUR_MS);
  return hours.find((atMs) => dayAt(atMs) === day) ?? day * DAY_MS;
}

/** Those nearer to the first of a group than `gap`, and those at its place, belong to it. */
function together(moments: readonly Moment[], gap: number): readonly (readonly Moment[])[] {
  const groups: Moment[][] = [];
  for (const moment of moments) {
    const group = groups.at(-1);
    const [first] = group ?? [];
    if (group !== undefined && first !== undefined && moment.at - first.at < Math.max(1, gap)) group.push(moment);
    else groups.push([moment]);
  }
  return groups;
}

function markerOf(moments: readonly Moment[]): ChartMarker {
  const texts = moments.slice(0, TEXTS_MAX).map(({ text }) => text);
  const more = moments.length - texts.length;
  return {
    at: moments[0]?.at ?? 0,
    date: datesOf(moments),
    text: `${texts.join("; ")}${more === 0 ? "" : `; and ${count(more)} more`}`,
  };
}

function batchesText(batches: readonly Moment[]): string | null {
  if (batches.length === 0) return null;
  const times = batches.length === 1 ? "once" : `${count(batches.length)} times`;
  return `${datesOf(batches)}: the bandit set new weights ${times}`;
}

function datesOf(moments: readonly Moment[]): string {
  const [first = "", last = first] = [moments[0], moments.at(-1)].flatMap((moment) =>
    moment ? dayText(moment.day) : [],
  );
  return first === last ? first : `${first} to ${last}`;
}
