/**
 * `npm run bench:list`: what the list of 500 experiments with 60 days costs: reading all tallies, the first list, one
 * after nothing changed, and one after every experiment changed. Embedded engine by default, `--engine redis` for Redis.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { assigned } from "../../server/src/domain/assignment.ts";
import { clientKey, digestOf } from "../../server/src/domain/digest.ts";
import type { Experiment } from "../../server/src/domain/experiment.ts";
import {
  parseAlternativeNames,
  parseClientId,
  parseExperimentName,
  parseKpiName,
} from "../../server/src/domain/names.ts";
import { type Day, dayOf } from "../../server/src/domain/period.ts";
import { analyseList } from "../../server/src/service/analysis/list.ts";
import { LevelStore } from "../../server/src/store/level/level-store.ts";
import { RedisStore } from "../../server/src/store/redis/redis-store.ts";
import type { Store } from "../../server/src/store/store.ts";
import { startRedis } from "./processes.ts";

const EXPERIMENTS = 500;
const DAYS = 60;
const TODAY = dayOf(Date.now());
const ORDER = parseKpiName("order");

const { values } = parseArgs({ options: { engine: { type: "string", default: "embedded" } } });
const folder = mkdtempSync(join(tmpdir(), "sixpack-list-"));
const redis = values.engine === "redis" ? await startRedis(folder) : undefined;
const store: Store =
  redis === undefined
    ? await LevelStore.open({ folder, cacheSlots: 65_536 })
    : await RedisStore.open({ host: "127.0.0.1", port: redis.port });

for (let number = 0; number < EXPERIMENTS; number += 1) await fill(number);
const context = { store, clock: { nowMs: Date.now, today: () => TODAY } };

await timed("all tallies", async () => {
  for (const experiment of await store.listExperiments()) await store.readTallies(experiment);
});
const list = async () => analyseList(context, await store.listExperiments());
await timed("list, first", list);
for (let time = 0; time < 3; time += 1) await timed("list, nothing changed", list);
await Promise.all((await store.listExperiments()).map((experiment) => visit(experiment, "late", 0, TODAY)));
await timed("list, all changed", list);

await store.close();
await redis?.stop();
rmSync(folder, { recursive: true, force: true });

/** Every fifth experiment has four alternatives; each alternative gets two clients a day, who convert. */
async function fill(number: number): Promise<void> {
  const created = await store.createExperiment({
    name: parseExperimentName(`experiment-${number}`),
    alternatives: parseAlternativeNames(["a", "b", "c", "d"].slice(0, number % 5 === 0 ? 4 : 2)),
    trafficFraction: 1,
    weights: null,
    policy: "uniform",
    createdAtMs: Date.now() - DAYS * 86_400_000,
  });
  const outcome = await store.changeExperiment({ ...created, kpis: [ORDER] });
  if (outcome.kind !== "changed") throw new Error("Expected the experiment to change");
  const visits: Promise<void>[] = [];
  for (let day = TODAY - DAYS + 1; day <= TODAY; day += 1) {
    for (const [index] of created.alternatives.entries()) {
      for (const client of ["x", "y"]) visits.push(visit(outcome.experiment, `${client}-${day}-${index}`, index, day));
    }
  }
  await Promise.all(visits);
}

async function visit(experiment: Experiment, id: string, index: number, rawDay: number): Promise<void> {
  const client = clientKey(digestOf(experiment.name, parseClientId(id)));
  const day = rawDay as Day;
  await store.recordParticipation({ experiment, client, proposal: assigned(index), day });
  await store.recordConversion({ experiment, client, kpi: 0, day, value: 0 });
  await store.recordConversion({ experiment, client, kpi: 1, day, value: 2.5 });
}

async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  const elapsedMs = performance.now() - startedMs;
  process.stdout.write(
    `${what.padEnd(24)}${elapsedMs.toFixed(1).padStart(9)} ms${((user + system) / 1000).toFixed(1).padStart(9)} ms of processor\n`,
  );
}
