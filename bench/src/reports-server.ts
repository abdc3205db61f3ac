/**
 * The API and the reports in one process, as `sixpack start` has them. On `turns` it analyses 300 experiments over and
 * over, with counts that always changed, as a dashboard would after a busy minute; on `thread` it does the same with the
 * statistics in a worker thread, which the server does not have; on `rest` it says how long they took.
 */
import { Worker } from "node:worker_threads";
import { Gate } from "../../server/src/api/gate.ts";
import { createApiServer } from "../../server/src/api/server.ts";
import type { Experiment } from "../../server/src/domain/experiment.ts";
import { parseAlternativeNames, parseExperimentName } from "../../server/src/domain/names.ts";
import { type Day, dayOf } from "../../server/src/domain/period.ts";
import { PARTICIPATION, type Tally } from "../../server/src/domain/tally.ts";
import { analyse, memoryOf } from "../../server/src/service/analysis/analysis.ts";
import { foldTallies } from "../../server/src/service/analysis/fold.ts";
import { reportInput } from "../../server/src/service/analysis/input.ts";
import { MemoryStore } from "../../server/src/store/memory.ts";
import { contextOf } from "../../server/test/support/context.ts";

/** What the server tells when it rests. */
export interface ReportTimes {
  /** From the question to the answer, 300 questions at once, in milliseconds each. */
  readonly latenciesMs: readonly number[];
  readonly rounds: number;
}

const EXPERIMENTS = 300;
const DAYS = 28;
const BUTTON = "button";

/** Tallies as a busy month leaves them; `round` makes each round's counts differ from all before. */
class BusyStore extends MemoryStore {
  round = 0;

  override async readTallies(experiment: Experiment): Promise<readonly Tally[]> {
    if (experiment.name === BUTTON) return super.readTallies(experiment);
    const tallies: Tally[] = [];
    const seed = experiment.incarnation;
    for (let day = 0; day < DAYS; day += 1) {
      for (const [assignment] of experiment.alternatives.entries()) {
        const participants = 1_000 + ((seed * 31 + day * 17 + assignment * 7 + this.round) % 50);
        const conversions = 50 + ((seed + day + assignment * 3) % 9);
        const cell = { epoch: 0, assignment, day: (TODAY - day) as Day, sum: 0, squares: 0 };
        tallies.push({ ...cell, metric: PARTICIPATION, clients: participants, events: participants });
        tallies.push({ ...cell, metric: 0, clients: conversions, events: conversions });
      }
    }
    return tallies;
  }

  override async readTallyMark(): Promise<number> {
    return this.round;
  }
}

const TODAY = dayOf(Date.now());
const store = new BusyStore();
const context = contextOf({ store, clock: { nowMs: Date.now, today: () => TODAY } });
const experiments: Experiment[] = [];
for (let number = 0; number < EXPERIMENTS; number += 1) {
  experiments.push(
    await store.createExperiment({
      name: parseExperimentName(`experiment-${number}`),
      // Most experiments have two alternatives, every tenth has four.
      alternatives: parseAlternativeNames(["a", "b", "c", "d"].slice(0, number % 10 === 0 ? 4 : 2)),
      trafficFraction: 1,
      weights: null,
      policy: "uniform",
      createdAtMs: Date.now() - DAYS * 86_400_000,
    }),
  );
}

let working = false;
let times: { latenciesMs: number[]; rounds: number } = { latenciesMs: [], rounds: 0 };

/** `--import tsx` does not reach a worker's loader on Node 20, so the worker asks for it itself. */
const START =
  "import('tsx/esm/api').then(({ register }) => (register(), import(require('worker_threads').workerData)))";
const workerUrl = new URL("reports-worker.ts", import.meta.url).href;
const thread = new Worker(START, { eval: true, workerData: workerUrl, execArgv: [] });
const waiting = new Map<number, () => void>();
let asked = 0;
thread.on("message", ({ id }: { readonly id: number }) => waiting.get(id)?.());
thread.unref();

/** As `analyse` does, with the engine elsewhere. */
async function analyseInThread(experiment: Experiment): Promise<void> {
  const tallies = await store.readTallies(experiment);
  const { turns } = memoryOf(store);
  const now = { nowMs: Date.now(), today: TODAY };
  const { input } = await turns.run(() => {
    const folded = foldTallies(tallies, { from: null, to: null });
    return reportInput(experiment, folded, { baseline: 0, kpi: undefined, whole: true }, now);
  });
  const id = asked++;
  await new Promise<void>((resolve) => {
    waiting.set(id, resolve);
    thread.postMessage({ id, input });
  });
  waiting.delete(id);
}

async function work(inThread: boolean): Promise<void> {
  while (working) {
    store.round += 1;
    await Promise.all(
      experiments.map(async (experiment) => {
        const startedMs = performance.now();
        await (inThread ? analyseInThread(experiment) : analyse(context, experiment));
        times.latenciesMs.push(performance.now() - startedMs);
      }),
    );
    times.rounds += 1;
  }
}

process.on("message", (order) => {
  if (order === "turns" || order === "thread") {
    times = { latenciesMs: [], rounds: 0 };
    working = true;
    void work(order === "thread");
  } else {
    working = false;
    process.send?.(times satisfies ReportTimes);
  }
});

const server = createApiServer(context, {
  cors: { origin: "*", headers: "", credentials: false, methods: "", exposeHeaders: "" },
  debug: false,
  operations: {
    draining: () => false,
    charge: () => {},
    metrics: async () => ({ contentType: "text/plain", body: "" }),
    onDefect: () => {},
  },
  onAnswer: undefined,
  gate: new Gate(1_000),
  basePath: "",
  callerOf: undefined,
});
server.listen(Number(process.argv[2]), "127.0.0.1");
