/** A stop under load: whoever was let in is answered. */
import { Agent, get } from "node:http";
import { expect, it } from "vitest";
import { createLog } from "../../src/ops/log.ts";
import { drainDelay, drainServer, Shutdown } from "../../src/ops/shutdown.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { Participation, ParticipationOutcome } from "../../src/store/store.ts";
import { type Api, startApi } from "../support/api.ts";

const CALLERS = 16;
const STORE_DELAY_MS = 15;

class DelayedStore extends MemoryStore {
  override async recordParticipation(participation: Participation): Promise<ParticipationOutcome> {
    await new Promise((resolve) => setTimeout(resolve, STORE_DELAY_MS));
    return super.recordParticipation(participation);
  }
}

type Outcome = { readonly kind: "answered"; readonly status: number; readonly close: boolean } | { kind: string };

function call(url: string, agent: Agent): Promise<Outcome> {
  return new Promise((resolve) => {
    get(url, { agent }, (response) => {
      const { statusCode: status = 0, headers } = response;
      response.resume().once("end", () => resolve({ kind: "answered", status, close: headers.connection === "close" }));
      response.once("error", () => resolve({ kind: "cut" }));
    }).once("error", (error: NodeJS.ErrnoException) => resolve({ kind: error.code ?? error.message }));
  });
}

/** Calls one after the other on a kept connection until it is sent away, as a load balancer that then asks others. */
async function keepCalling(api: Api, caller: number, outcomes: Outcome[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let n = 0; ; n += 1) {
    const path = `/participate?experiment=drain&alternatives=a&alternatives=b&client_id=${caller}-${n}`;
    const outcome = await call(api.url + path, agent);
    outcomes.push(outcome);
    if (!("close" in outcome) || outcome.close) break;
  }
  agent.destroy();
}

it("drops no request, sends callers away first, and closes the store last", async () => {
  const log = createLog({ level: "silent", readable: false, write: () => {} });
  const shutdown = new Shutdown(log);
  const store = new DelayedStore();
  const api = await startApi({ store, operations: { draining: () => shutdown.begun } });
  let participantsAtClose = -1;
  shutdown.add("store", async () => {
    const stored = (await store.listExperiments())[0];
    const tallies = stored === undefined ? [] : await store.readTallies(stored);
    participantsAtClose = tallies.reduce((sum, { clients }) => sum + clients, 0);
  });
  shutdown.add("api", () => drainServer(api.server));
  shutdown.add("load balancers", drainDelay(100));
  const outcomes: Outcome[] = [];
  const callers = Array.from({ length: CALLERS }, (_, caller) => keepCalling(api, caller, outcomes));
  await expect.poll(() => outcomes.length).toBeGreaterThan(CALLERS);
  shutdown.begin("test");
  expect(await call(`${api.url}/readyz`, new Agent())).toMatchObject({ status: 503, close: true });
  expect(await shutdown.finished).toBe(true);
  await Promise.all(callers);
  for (const outcome of outcomes) expect(outcome).toMatchObject({ kind: "answered", status: 200 });
  expect(outcomes.filter((outcome) => "close" in outcome && outcome.close)).toHaveLength(CALLERS);
  expect(participantsAtClose).toBe(outcomes.length);
});
