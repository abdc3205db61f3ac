/**
 * What becomes of two ids when it turns out that they are one person's. Decided here, from what lies under them, and carried
 * out by each engine in one atomic step.
 *
 * The record of whoever joined first goes on counting, with what both have done; the other becomes a link to it. So a person
 * counts once, by the alternative of the first exposure, and no conversion is lost whichever id it came under: leaving some
 * out would depend on the alternative where shares are not equal. Where the other one was in another alternative the person
 * has seen both: a conflict, counted as such, and marked in the record that stays.
 *
 * Whoever turns out to have joined still earlier makes the way of all others one link longer. No person goes through that more
 * than a few times, but a script could make a chain without an end, which every look-up would follow; so each record says how
 * long the longest chain to it is, and a longer one than LINK_DEPTH_MAX is refused.
 */
import type { Assignment } from "../domain/assignment.ts";
import type { ClientKey } from "../domain/digest.ts";
import type { ClientId } from "../domain/names.ts";
import { onDay } from "../domain/subset.ts";
import { asTally, type Caps, eventCounts, NOTHING, type Tally, taken, takenOut } from "../domain/tally.ts";
import { LINK_DEPTH_MAX } from "./record-codec.ts";
import { countsOfRecord } from "./tally-sum.ts";
import type { ClientLink, ClientRecord, KpiRecord, LinkTarget, StoredClient } from "./transfer.ts";

/** An id that is linked; in the raw, too, where ids are kept and nothing lies under it yet. */
export interface LinkedClient {
  readonly client: ClientKey;
  readonly id?: ClientId | undefined;
}

export type LinkOutcome =
  /** Both ids stand for one participant, whose assignment this is. */
  | { readonly kind: "linked"; readonly assignment: Assignment }
  /** The same; they were in different alternatives, and the later one was taken out. */
  | { readonly kind: "conflict"; readonly assignment: Assignment }
  | NoLink
  /** The definition is no longer the stored one; nothing was written. Read it again. */
  | { readonly kind: "stale" };

/** Nothing was written. */
export type NoLink =
  /** The life knows neither id. */
  | { readonly kind: "unknown" }
  /** More than LINK_DEPTH_MAX links would follow one another. */
  | { readonly kind: "too-deep" };

/** One of the two ids, with what the store has of it. */
export interface Side {
  readonly client: ClientKey;
  /** The record that counts for it, its own or that of its link. */
  readonly record: ClientRecord | undefined;
  /** The link that lies under it, wherever that leads. */
  readonly link: LinkTarget | undefined;
}

export interface LinkPlan {
  /** Whether the two were in different alternatives. */
  readonly kind: "linked" | "conflict";
  /** That of both from now on. */
  readonly assignment: Assignment;
  /** What lies under these ids afterwards; nothing where all is as it should be already. */
  readonly writes: readonly StoredClient[];
  /** What is added to the tallies; negative quantities take away. */
  readonly tallies: readonly Tally[];
  /**
   * An id that had a record of its own, by which processes may remember it, and has it no more. Of one in another alternative
   * they hear whenever it is said: who wrote it may have died before telling.
   */
  readonly moved: ClientKey | undefined;
}

export function planLink(one: Side, other: Side, caps: Caps): LinkPlan | NoLink {
  if (one.record === undefined) return other.record === undefined ? { kind: "unknown" } : linkTo(other.record, one);
  if (other.record === undefined) return linkTo(one.record, other);
  if (one.record.client === other.record.client) {
    const apart = [one, other].find(({ link }) => link?.conflict !== undefined);
    const { assignment } = one.record;
    const kind = apart === undefined ? "linked" : "conflict";
    return { kind, assignment, writes: [], tallies: [], moved: apart?.client };
  }
  return joinedFirst(one.record, other.record)
    ? merge(one.record, other.record, caps)
    : merge(other.record, one.record, caps);
}

/** An id without a record stands for the one that has one. */
function linkTo(record: ClientRecord, { client, link }: Side): LinkPlan {
  // It may have led to somebody who was forgotten meanwhile.
  const left = link?.conflict === undefined ? [] : [taken(takenOut(link.conflict.kept, link.conflict.takenOut))];
  const { assignment, linkDepth = 0 } = record;
  const counted = linkDepth === 0 ? [{ ...record, linkDepth: 1 }] : [];
  const writes = [...counted, { client, to: record.client }];
  return { kind: "linked", assignment, writes, tallies: left, moved: undefined };
}

/** By when they joined; on one day by their digests, so that it is the same whoever asks, and whoever asks first. */
export function joinedFirst(one: ClientRecord, other: ClientRecord): boolean {
  if (one.epoch !== other.epoch) return one.epoch < other.epoch;
  if (one.day !== other.day) return one.day < other.day;
  return one.client < other.client;
}

function merge(first: ClientRecord, later: ClientRecord, caps: Caps): LinkPlan | NoLink {
  const linkDepth = Math.max(first.linkDepth ?? 0, (later.linkDepth ?? 0) + 1);
  if (linkDepth > LINK_DEPTH_MAX) return { kind: "too-deep" };
  const isConflict = !sameAlternative(first.assignment, later.assignment);
  const joint = { ...first, linkDepth };
  const marked = isConflict || later.conflict ? { ...joint, conflict: true as const } : joint;
  const tallies = [
    ...countsOfRecord(later, caps).map(taken),
    // What it has done so far is what somebody in conflict has done, too.
    ...(marked.conflict && !first.conflict
      ? countsOfRecord(marked, caps).filter(({ subset }) => subset.kind === "conflict")
      : []),
  ];
  const conversions = new Map(marked.conversions.map((conversion) => [conversion.kpi, conversion]));
  // Conversions of excluded clients are not counted, whoever sends them.
  for (const added of marked.assignment.kind === "excluded" ? [] : later.conversions) {
    const before = conversions.get(added.kpi);
    const after = before === undefined ? added : joined(before, added);
    conversions.set(added.kpi, after);
    tallies.push(...addedCounts(marked, before, added, after, caps));
  }
  if (isConflict) tallies.push(takenOut(first.assignment, later));
  return {
    kind: isConflict ? "conflict" : "linked",
    assignment: first.assignment,
    writes: [{ ...marked, conversions: [...conversions.values()] }, linkFrom(later, first, isConflict)],
    tallies,
    moved: later.client,
  };
}

/** Clients who were drawn to explore saw the same as the others. */
function sameAlternative(one: Assignment, other: Assignment): boolean {
  return one.kind === "alternative" && other.kind === "alternative"
    ? one.index === other.index
    : one.kind === other.kind;
}

function linkFrom(
  { client, id, assignment, day, epoch }: ClientRecord,
  first: ClientRecord,
  isConflict: boolean,
): ClientLink {
  const conflict = { kept: first.assignment, takenOut: { assignment, day, epoch } };
  return { client, to: first.client, ...(isConflict ? { conflict } : {}), ...(id === undefined ? {} : { id }) };
}

function joined(before: KpiRecord, added: KpiRecord): KpiRecord {
  return {
    kpi: before.kpi,
    day: added.day < before.day ? added.day : before.day,
    events: before.events + added.events,
    total: before.total + added.total,
  };
}

/** What the conversions of another id add to those of a record. */
function addedCounts(
  record: ClientRecord,
  before: KpiRecord | undefined,
  added: KpiRecord,
  after: KpiRecord,
  caps: Caps,
): Tally[] {
  const { kpi, day } = added;
  const counts = eventCounts(record, { kpi, day, before, after }, caps).map((counted) => asTally(record, counted));
  if (before === undefined || before.day <= day) return counts;
  // The first one came earlier than was known.
  return [
    ...counts,
    asTally(record, { ...NOTHING, metric: kpi, subset: onDay(before.day), clients: -1 }),
    asTally(record, { ...NOTHING, metric: kpi, subset: onDay(day), clients: 1 }),
  ];
}
