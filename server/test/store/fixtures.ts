/** Clients for tests of stores, and the stores' own readings in a form that compares. */
import { assignmentText } from "../../src/domain/assignment.ts";
import { type ClientKey, clientKey, digestOf } from "../../src/domain/digest.ts";
import type { Experiment } from "../../src/domain/experiment.ts";
import { type ClientId, type ExperimentName, parseExperimentName } from "../../src/domain/names.ts";
import { subsetKey } from "../../src/domain/subset.ts";
import { PARTICIPATION, type Tally } from "../../src/domain/tally.ts";
import type { Store } from "../../src/store/store.ts";

/** Names as the store takes them: it never checks, since one that was stored under an older rule keeps working. */
export function named(name: string): ExperimentName {
  return name as ExperimentName;
}

const CLIENTS_OF = parseExperimentName("clients");

/** The key of client number n. */
export function client(number: number): ClientKey {
  return clientKey(digestOf(CLIENTS_OF, `client-${number}` as ClientId));
}

/** Tallies in one order, so that two readings compare. */
export function sorted(tallies: readonly Tally[]): readonly Tally[] {
  const key = ({ epoch, assignment, metric, subset }: Tally) =>
    `${epoch}:${assignmentText(assignment)}:${metric}:${subsetKey(subset)}`;
  return tallies.toSorted((left, right) => (key(left) < key(right) ? -1 : 1));
}

export async function talliesOf(store: Store, experiment: Experiment): Promise<readonly Tally[]> {
  return sorted(await store.tallies.read(experiment));
}

/** Tallies of the day on which events came. */
export function ofDays(tallies: readonly Tally[]): readonly Tally[] {
  return tallies.filter(({ subset }) => subset.kind === "day");
}

/** Clients taken in, over all cells. */
export async function participantsOf(store: Store, experiment: Experiment): Promise<number> {
  const tallies = await store.tallies.read(experiment);
  return tallies
    .filter(({ metric, subset }) => metric === PARTICIPATION && subset.kind === "day")
    .reduce((sum, { clients }) => sum + clients, 0);
}
