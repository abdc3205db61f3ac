/** Two ids of one person in the model, written apart from what the engines go by. */
import type { Assignment } from "../../../src/domain/assignment.ts";
import type { ClientKey } from "../../../src/domain/digest.ts";
import { joinedOn, onDay } from "../../../src/domain/subset.ts";
import type { LinkedClient, LinkOutcome } from "../../../src/store/link-plan.ts";
import {
  type Client,
  capsIn,
  count,
  dropLink,
  type Life,
  type Link,
  moreOf,
  NOTHING_DONE,
  negative,
  partsOf,
  productOf,
  takenOutBy,
  talliesOf,
  wayOf,
} from "./model-life.ts";

/** Two ids of one person: whoever joined first goes on, with what both did. */
export function linkIn(life: Life, one: LinkedClient, other: LinkedClient): LinkOutcome {
  const rootOf = ({ client }: LinkedClient) => wayOf(life, client).at(-1) ?? client;
  const [a, b] = [rootOf(one), rootOf(other)];
  const [known, its] = [life.clients.get(a), life.clients.get(b)];
  if (known === undefined) return its === undefined ? { kind: "unknown" } : linkTo(life, one, b, its);
  if (its === undefined) return linkTo(life, other, a, known);
  if (a === b) {
    const isConflict = [one, other].some(({ client }) => life.links.get(client)?.conflict !== undefined);
    return { kind: isConflict ? "conflict" : "linked", assignment: known.assignment };
  }
  const order = known.epoch - its.epoch || known.day - its.day || (a < b ? -1 : 1);
  return order < 0 ? unite(life, [a, known], [b, its]) : unite(life, [b, its], [a, known]);
}

/** An id that nobody counts for leads to the one that counts. */
function linkTo(life: Life, { client, id }: LinkedClient, to: ClientKey, record: Client): LinkOutcome {
  const kept = life.links.has(client) ? life.links.get(client)?.id : id;
  dropLink(life, client);
  life.links.set(client, { to, ...(kept !== undefined && { id: kept }) });
  life.clients.set(to, { ...record, linkDepth: record.linkDepth ?? 1 });
  return { kind: "linked", assignment: record.assignment };
}

function unite(life: Life, [firstId, first]: [ClientKey, Client], [laterId, later]: [ClientKey, Client]): LinkOutcome {
  const { assignment, day, epoch, id } = later;
  const linkDepth = Math.max((later.linkDepth ?? 0) + 1, first.linkDepth ?? 0);
  if (linkDepth > 7) return { kind: "too-deep" };
  const isConflict = alternativeIn(first.assignment) !== alternativeIn(assignment);
  for (const tally of talliesOf(later, capsIn(life))) count(life, negative(tally));
  const next: Client = isConflict || later.conflict ? { ...first, conflict: true } : first;
  if (next !== first && first.conflict === undefined) {
    for (const tally of talliesOf(next, capsIn(life))) if (tally.subset.kind === "conflict") count(life, tally);
  }
  for (const [kpi, added] of first.assignment.kind === "excluded" ? [] : later.conversions) {
    const before = next.conversions.get(kpi);
    const total = (before?.total ?? 0) + added.total;
    const squares = total ** 2 - (before?.total ?? 0) ** 2;
    const counted = { clients: before === undefined ? 1 : 0, events: added.events, sum: added.total, squares };
    const cell = { epoch: next.epoch, assignment: next.assignment, metric: kpi };
    for (const subset of [onDay(added.day), joinedOn(next.day), ...partsOf(next)]) {
      count(life, { ...cell, subset, ...counted });
    }
    for (const tally of productOf(next, kpi, counted.clients, added.total)) count(life, tally);
    const did = [before ?? NOTHING_DONE, { events: (before?.events ?? 0) + added.events, total }] as const;
    for (const tally of moreOf(next, capsIn(life), kpi, added.day, did)) count(life, tally);
    if (before !== undefined && added.day < before.day) {
      const one = { events: 0, sum: 0, squares: 0 };
      count(life, { ...cell, subset: onDay(before.day), clients: -1, ...one });
      count(life, { ...cell, subset: onDay(added.day), clients: 1, ...one });
    }
    const first = before === undefined || added.day < before.day ? added.day : before.day;
    next.conversions.set(kpi, { day: first, events: (before?.events ?? 0) + added.events, total });
  }
  life.clients.set(firstId, { ...next, linkDepth });
  life.clients.delete(laterId);
  const conflict = { kept: first.assignment, takenOut: { assignment, day, epoch } };
  const link: Link = { to: firstId, ...(isConflict && { conflict }), ...(id !== undefined && { id }) };
  life.links.set(laterId, link);
  for (const tally of takenOutBy(link)) count(life, tally);
  return { kind: isConflict ? "conflict" : "linked", assignment: first.assignment };
}

function alternativeIn(assignment: Assignment): number | null {
  return assignment.kind === "excluded" ? null : assignment.index;
}
