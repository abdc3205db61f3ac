/** What a crash may cost: nothing that was acknowledged. */
import { beforeEach, expect, test } from "vitest";
import { clientKey, digestOf } from "../../../src/domain/digest.ts";
import type { ClientId, ExperimentName } from "../../../src/domain/names.ts";
import { tallyDifferences } from "../../../src/domain/tally-differences.ts";
import { LocalStore } from "../../../src/store/local/local-store.ts";
import { temporaryFolder } from "../../support/one-test.ts";
import { type Sixpack, startSixpack } from "../../support/sixpack.ts";

const ROUNDS = 20;
/** Callers that send without a pause until the server is gone. */
const CALLERS = 16;
/** Most answers that a round waits for beyond one for each caller. */
const ANSWERS_MAX = 60;
const EXPERIMENT = "crash" as ExperimentName;

let folder: string;

beforeEach(async () => {
  folder = await temporaryFolder();
});

test(`keeps every acknowledged participation and conversion over ${ROUNDS} kills in a storm of writes`, {
  timeout: 600_000,
}, async () => {
  const participations = new Map<string, string>();
  const conversions = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const server = await startSixpack({ SIXPACK_CONFIG_STORAGE: "embedded", SIXPACK_CONFIG_DATA_DIR: folder });
    const storm = Promise.all(
      Array.from({ length: CALLERS }, (_, caller) =>
        storms(server, `r${round}c${caller}-`, participations, conversions),
      ),
    );
    // Somewhere in the storm, counted in answers; every round hits another moment of a flush.
    const enough = participations.size + CALLERS + Math.random() * ANSWERS_MAX;
    await expect.poll(() => participations.size, { interval: 1 }).toBeGreaterThan(enough);
    await server.kill();
    await storm;
    await expectKept(participations, conversions);
  }
  expect(participations.size).toBeGreaterThan(ROUNDS * CALLERS);
});

/** Sends participations and conversions until the server is gone, and notes what was acknowledged. */
async function storms(
  server: Sixpack,
  prefix: string,
  participations: Map<string, string>,
  conversions: Set<string>,
): Promise<void> {
  try {
    for (let number = 0; ; number += 1) {
      const client = `${prefix}${number}`;
      const query = `experiment=${EXPERIMENT}&client_id=${client}`;
      const answer = await get(`${server.url}/participate?${query}&alternatives=a&alternatives=b`);
      participations.set(client, answer.alternative.name);
      await get(`${server.url}/convert?${query}&value=0.5`);
      conversions.add(client);
    }
  } catch {
    // The server was killed: what was under way was not acknowledged.
  }
}

async function get(url: string): Promise<{ alternative: { name: string } }> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`Expected 200, got ${response.status}`);
  return (await response.json()) as { alternative: { name: string } };
}

/** The store as it lies on disk now holds all of it, and its tallies equal its records. */
async function expectKept(
  participations: ReadonlyMap<string, string>,
  conversions: ReadonlySet<string>,
): Promise<void> {
  const store = await LocalStore.open({ folder, cacheSlots: 0 });
  try {
    const experiment = await store.definitions.read(EXPERIMENT);
    if (experiment === undefined) return expect(participations.size).toBe(0);
    for (const [client, alternative] of participations) {
      const key = clientKey(digestOf(EXPERIMENT, client as ClientId));
      const assignment = await store.records.read(experiment, key);
      const index = assignment?.kind === "alternative" ? assignment.index : -1;
      expect(experiment.alternatives[index]?.name).toBe(alternative);
    }
    const tallies = await store.tallies.read(experiment);
    expect(tallyDifferences(tallies, await store.tallies.recount(experiment))).toEqual([]);
    const converted = tallies.filter(({ metric }) => metric === 0).reduce((sum, { clients }) => sum + clients, 0);
    expect(converted).toBeGreaterThanOrEqual(conversions.size);
  } finally {
    await store.close();
  }
}
