/** What must be true of what is stored after a fault, whatever it was. */
import { expect } from "vitest";
import type { ExperimentName } from "../../src/domain/names.ts";
import { PARTICIPATION, type Tally } from "../../src/domain/tally.ts";
import { tallyDifferences } from "../../src/domain/tally-differences.ts";
import type { Store } from "../../src/store/store.ts";
import { ofDays } from "../store/fixtures.ts";
import type { Report } from "./load.ts";

const FAULT = "fault" as ExperimentName;

/** Whether everything that was acknowledged must be there; on Redis that depends on what Redis promises. */
export interface Expected {
  readonly nothingLost: boolean;
}

/**
 * Tallies and records agree, so no participation is counted twice: a client has one record. Nobody is counted who did not
 * ask, no conversion more than once.
 */
export async function expectSound(store: Store, report: Report, { nothingLost }: Expected): Promise<void> {
  // Opened a moment ago, perhaps by way of a node that is gone.
  await expect.poll(() => store.definitions.read(FAULT).catch(() => undefined)).toBeDefined();
  const experiment = await store.definitions.read(FAULT);
  if (experiment === undefined) throw new Error("Expected the experiment to be there, got none");
  const tallies = await store.tallies.read(experiment);
  expect(tallyDifferences(tallies, await store.tallies.recount(experiment))).toEqual([]);
  const counted = ofDays(tallies);
  const participants = sum(counted, ({ metric, clients }) => (metric === PARTICIPATION ? clients : 0));
  const conversions = sum(counted, ({ metric, clients }) => (metric === PARTICIPATION ? 0 : clients));
  const events = sum(counted, ({ metric, events: count }) => (metric === PARTICIPATION ? 0 : count));
  expect(participants).toBeLessThanOrEqual(report.asked);
  expect(conversions).toBeLessThanOrEqual(participants);
  expect(events).toBe(conversions);
  if (!nothingLost) return;
  expect(participants).toBeGreaterThanOrEqual(report.clients.size);
  expect(conversions).toBeGreaterThanOrEqual(report.converted.size);
}

function sum(tallies: readonly Tally[], quantity: (tally: Tally) => number): number {
  return tallies.reduce((total, tally) => total + quantity(tally), 0);
}
