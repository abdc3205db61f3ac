/**
 * `npm run bench -- --policy`: what a request costs under weights, under a bandit, and under equal shares with a value in
 * three segments or as many bytes that nobody reads, as a fraction of what it costs under equal shares alone: processor time
 * of the server, of all its threads, which a busy neighbour moves less than the requests per second beside it. All are
 * experiments of one server that take turns in short stretches, in another order each round, so that what noise is left meets
 * all of them alike.
 */
import { batchReason, withEpoch } from "../../server/src/domain/epochs.ts";
import { parseAlternativeNames, parseExperimentName } from "../../server/src/domain/names.ts";
import { parseDimensions } from "../../server/src/domain/segments.ts";
import { LocalStore } from "../../server/src/store/local/local-store.ts";
import { RedisStore } from "../../server/src/store/redis/redis-store.ts";
import type { Order } from "./generator.ts";
import { median } from "./median.ts";
import { load, type Prepare, startSixpack } from "./processes.ts";
import { LOADS, type LoadName, orderFor, turned } from "./workload.ts";

const POLICIES = ["uniform", "weighted", "thompson", "segments", "longer"] as const;
type Policy = (typeof POLICIES)[number];

const ALTERNATIVES = parseAlternativeNames(["red", "green", "blue"]);
const WEIGHTS = [0.1, 0.2, 0.7];
const FLOOR = 0.05;
/** Three of eight values, all in turns, sent with every call, as a client does that can't know whether it is the first. */
const EIGHT = ["a", "b", "c", "d", "e", "f", "g", "h"].join("|");
const DIMENSIONS = parseDimensions(["country", "plan", "source"].map((name) => `${name}=${EIGHT}`));
const SENT = "&segment.country={value}&segment.plan={value}&segment.source={value}";
const SENT_LENGTH = SENT.replaceAll("{value}", "a").length;
/** The arguments of a policy beyond those that all have. */
const MORE: Partial<Record<Policy, string>> = {
  segments: SENT,
  longer: `&unread=${"x".repeat(SENT_LENGTH - "&unread=".length)}`,
};

export interface PolicyRow {
  readonly policy: Policy;
  readonly load: LoadName;
  /** Processor time of a request, to that under equal shares in the same round; the median over rounds. */
  readonly ratio: number;
  readonly cpuMicroseconds: number;
  readonly perSecond: number;
}

export async function policyRows(
  engine: "embedded" | "redis",
  rounds: number,
  seconds: number,
): Promise<readonly PolicyRow[]> {
  const server = await startSixpack(engine, define);
  try {
    const alternatives = ALTERNATIVES.join("&alternatives=");
    const orderOf = (policy: Policy): Order => {
      const path = `/participate?experiment=${policy}&alternatives=${alternatives}&client_id={client}${MORE[policy] ?? ""}`;
      return orderFor(server, { seconds, path, prefix: "" });
    };
    for (const policy of POLICIES) {
      await load({ ...orderOf(policy), warmUp: true });
      // A stretch without counting, for the compiler.
      await load({ ...orderOf(policy), newShare: 0.5, prefix: "warm" });
    }
    const rows: PolicyRow[] = [];
    for (const [mix, newShare] of Object.entries(LOADS) as [LoadName, number][]) {
      const costs: Record<Policy, number>[] = [];
      const speeds: Record<Policy, number>[] = [];
      for (let round = 0; round < rounds; round += 1) {
        process.stderr.write(`round ${round + 1} of ${rounds}: ${mix}\n`);
        const [cost, speed] = [
          { uniform: 0, weighted: 0, thompson: 0, segments: 0, longer: 0 },
          { uniform: 0, weighted: 0, thompson: 0, segments: 0, longer: 0 },
        ];
        for (const policy of turned(POLICIES, round)) {
          const beforeMs = server.cpuMs();
          const { requests, perSecond } = await load({ ...orderOf(policy), newShare, prefix: `${newShare}r${round}` });
          cost[policy] = ((server.cpuMs() - beforeMs) * 1000) / requests;
          speed[policy] = perSecond;
        }
        costs.push(cost);
        speeds.push(speed);
      }
      for (const policy of POLICIES) {
        rows.push({
          policy,
          load: mix,
          ratio: median(costs.map((cost) => cost[policy] / cost.uniform)),
          cpuMicroseconds: median(costs.map((cost) => cost[policy])),
          perSecond: median(speeds.map((speed) => speed[policy])),
        });
      }
    }
    return rows;
  } finally {
    await server.stop();
  }
}

const POLICY_OF = {
  uniform: { kind: "uniform" },
  weighted: { kind: "weighted" },
  thompson: { kind: "thompson", goal: "earn", floor: 0 },
  segments: { kind: "uniform" },
  longer: { kind: "uniform" },
} as const;

/** An experiment of each, of which one is in the middle of a bandit: no call makes such a one. */
const define: Prepare = async (environment) => {
  const port = environment["SIXPACK_CONFIG_REDIS_PORT"];
  const folder = environment["SIXPACK_CONFIG_DATA_DIR"] ?? "";
  const store = await (port === undefined
    ? LocalStore.open({ folder, cacheSlots: 1024 })
    : RedisStore.open({ port: Number(port), cacheSlots: 1024 }));
  const createdAtMs = Date.now();
  for (const kind of POLICIES) {
    const { experiment: created } = await store.definitions.create({
      name: parseExperimentName(kind),
      alternatives: ALTERNATIVES,
      weights: kind === "weighted" ? WEIGHTS : null,
      policy: POLICY_OF[kind],
      dimensions: kind === "segments" ? DIMENSIONS : undefined,
      createdAtMs,
    });
    if (kind !== "thompson") continue;
    const batch = withEpoch(
      created,
      { weights: WEIGHTS, policy: { kind, goal: "earn", floor: FLOOR } },
      batchReason({ kind }),
      createdAtMs,
    );
    await store.definitions.change(batch);
  }
  await store.close();
};

export function policyTable(rows: readonly PolicyRow[]): string {
  const lines = ["policy     load     of uniform   CPU µs  requests/s"];
  for (const { policy, load: mix, ratio, cpuMicroseconds, perSecond } of rows) {
    const figures = [
      ratio.toFixed(2).padStart(10),
      cpuMicroseconds.toFixed(1).padStart(9),
      perSecond.toFixed(0).padStart(12),
    ];
    lines.push(policy.padEnd(11) + mix.padEnd(9) + figures.join(""));
  }
  return `${lines.join("\n")}\n`;
}
