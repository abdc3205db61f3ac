/** A stop under load: whoever was let in is answered. */
import { Agent } from "node:http";
import { expect, it } from "vitest";
import { createLog } from "../../src/ops/log.ts";
import { drainable, drainDelay, Shutdown } from "../../src/ops/shutdown.ts";
import { ModelStore } from "../store/model/model-store.ts";
import { startApi } from "../support/api.ts";
import { call, keepCalling, type Outcome } from "../support/callers.ts";

const CALLERS = 16;
const STORE_DELAY_MS = 15;

class DelayedStore extends ModelStore {
  constructor() {
    super();
    const { participate } = this.records;
    this.records.participate = async (participation) => {
      await new Promise((resolve) => setTimeout(resolve, STORE_DELAY_MS));
      return participate(participation);
    };
  }
}

it("drops no request, sends callers away first, and closes the store last", async () => {
  const log = createLog({ level: "silent", readable: false, write: () => {} });
  const shutdown = new Shutdown(log);
  const store = new DelayedStore();
  const api = await startApi({ store, draining: () => shutdown.begun });
  let participantsAtClose = -1;
  shutdown.add("store", async () => {
    const stored = (await store.definitions.list())[0];
    const tallies = stored === undefined ? [] : await store.tallies.read(stored);
    participantsAtClose = tallies.reduce((sum, { clients }) => sum + clients, 0);
  });
  shutdown.add("api", drainable(api.server));
  // As long as the busiest machine lets a caller be silent.
  shutdown.add("load balancers", drainDelay(3_000));
  const outcomes: Outcome[] = [];
  const callers = Array.from({ length: CALLERS }, (_, caller) => keepCalling(api.url, caller, outcomes));
  await expect.poll(() => outcomes.length).toBeGreaterThan(CALLERS);
  shutdown.begin("test");
  expect(await call(`${api.url}/readyz`, new Agent())).toMatchObject({ status: 503, close: true });
  expect(await shutdown.finished).toBe(true);
  await Promise.all(callers);
  for (const outcome of outcomes) expect(outcome).toMatchObject({ kind: "answered", status: 200 });
  expect(outcomes.filter((outcome) => "close" in outcome && outcome.close)).toHaveLength(CALLERS);
  expect(participantsAtClose).toBe(outcomes.length);
});
