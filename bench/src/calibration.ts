/**
 * `sixpack calibrate` of a million participants on the embedded engine, in processor time from the question to the answer, and
 * what API calls wait beside it: their 99th percentile against that of as many calls just before, since both mean the same
 * machine. A part of `npm run bench:doors`.
 */
import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { assigned } from "../../server/src/domain/assignment.ts";
import { clientKey, digestOf } from "../../server/src/domain/digest.ts";
import { createdExperiment } from "../../server/src/domain/draft.ts";
import { parseAlternativeNames, parseClientId, parseExperimentName } from "../../server/src/domain/names.ts";
import { type Day, dayOf } from "../../server/src/domain/period.ts";
import { seededRandom } from "../../server/src/stats/random.ts";
import { openStore } from "../../server/src/store/open.ts";
import { TallySum } from "../../server/src/store/tally-sum.ts";
import { type ClientRecord, RECORDS_PER_LOAD_MAX } from "../../server/src/store/transfer.ts";
import { loadFlags } from "../../server/test/support/config.ts";
import { Latencies } from "./latencies.ts";
import { familyCpuMs } from "./process-figures.ts";
import type { Addresses } from "./served.ts";

const PARTICIPANTS = 1_000_000;
const DAYS = 28;
const RATE = 0.3;
const NAME = parseExperimentName("calibrated");
const SEED = 19;
/** Calls beside it, one after the other, and the pause between two of them. */
const PAUSE_MS = 4;
const CALLS_BEFORE = 500;
const ASK_EVERY_MS = 50;

/** Puts the participants into a folder that no server has open, over the days before today. */
export async function fillFolder(folder: string): Promise<void> {
  const { config } = loadFlags({ data_dir: folder }, {});
  const store = await openStore(config, () => {}, true);
  const random = seededRandom(SEED);
  const createdAtMs = Date.now() - DAYS * 86_400_000;
  const alternatives = parseAlternativeNames(["old", "new"]);
  const { life: _, version: __, ...definition } = createdExperiment({ name: NAME, alternatives, createdAtMs }, 1, 1);
  const staged = await store.transfer.stage(definition, createdAtMs);
  const first = dayOf(createdAtMs);
  const tallies = new TallySum();
  const record = (number: number): ClientRecord => {
    const day = (first + Math.floor(random() * DAYS)) as Day;
    const reached = {
      kpi: 0,
      day: Math.min(first + DAYS - 1, day + Math.floor(random() * 3)) as Day,
      events: 1,
      total: 0,
    };
    return {
      client: clientKey(digestOf(NAME, parseClientId(`c${number}`))),
      ...{ assignment: assigned(Math.floor(random() * 2)), epoch: 0, day },
      conversions: random() < RATE ? [reached] : [],
    };
  };
  for (let from = 0; from < PARTICIPANTS; from += RECORDS_PER_LOAD_MAX) {
    const length = Math.min(RECORDS_PER_LOAD_MAX, PARTICIPANTS - from);
    const records = Array.from({ length }, (_, at) => record(from + at));
    for (const one of records) tallies.addRecord(one);
    await store.transfer.loadRecords(staged, records);
  }
  await store.transfer.loadTallies(staged, tallies.tallies(), []);
  await store.transfer.publish(staged, createdAtMs, true);
  await store.close();
}

export interface CalibrationFigures {
  readonly cpuMs: number;
  readonly elapsedMs: number;
  readonly p99BeforeMs: number;
  readonly p99BesideMs: number;
  readonly calls: number;
}

/**
 * Of a server that has the folder open.
 * @param api of the server that is called meanwhile
 */
export async function calibrated(
  server: { readonly pid?: number | undefined },
  { dashboard }: Pick<Addresses, "dashboard">,
  api: string,
): Promise<CalibrationFigures> {
  const url = `${dashboard}/experiments/${NAME}/calibration`;
  // Clients of their own: those of a run before are known.
  const { port } = new URL(dashboard);
  // By node:http: what fetch leaves behind is collected in this process for as long as a slow call takes.
  const agent = new Agent({ keepAlive: true });
  let [number, cpuOfCallsMs] = [0, 0];
  const call = async (latencies: Latencies) => {
    number += 1;
    const beganMs = performance.now();
    const path = `/participate?experiment=beside&alternatives=a&alternatives=b&client_id=${port}-${number}`;
    const [answer] = (await once(get(api + path, { agent }), "response")) as [IncomingMessage];
    if (answer.statusCode !== 200) throw new Error(`Expected an answer, got ${answer.statusCode}`);
    await once(answer.resume(), "end");
    latencies.add(performance.now() - beganMs);
    await sleep(PAUSE_MS);
  };
  const [warm, before, beside] = [new Latencies(), new Latencies(), new Latencies()];
  for (let calls = 0; calls < CALLS_BEFORE; calls += 1) await call(warm);
  const cpuBeforeMs = familyCpuMs(server);
  for (let calls = 0; calls < CALLS_BEFORE; calls += 1) await call(before);
  cpuOfCallsMs = (familyCpuMs(server) - cpuBeforeMs) / CALLS_BEFORE;
  const [cpuStartMs, startMs] = [familyCpuMs(server), performance.now()];
  const headers = { accept: "application/json" };
  const asked = fetch(url, { method: "POST", headers });
  let isDone = false;
  const waited = (async () => {
    const begun = await asked;
    if (!begun.ok) throw new Error(`Expected a calibration, got ${begun.status}: ${await begun.text()}`);
    for (;;) {
      const { status } = (await (await fetch(url, { headers })).json()) as { readonly status: string };
      if (status === "done") break;
      if (status !== "running") throw new Error(`Expected a calibration, got ${status}`);
      await sleep(ASK_EVERY_MS);
    }
    isDone = true;
  })();
  while (!isDone) await Promise.race([call(beside), waited.then(() => {})]);
  await waited;
  agent.destroy();
  return {
    cpuMs: familyCpuMs(server) - cpuStartMs - beside.count * cpuOfCallsMs,
    elapsedMs: performance.now() - startMs,
    p99BeforeMs: before.quantileMs(0.99),
    p99BesideMs: beside.quantileMs(0.99),
    calls: beside.count,
  };
}
