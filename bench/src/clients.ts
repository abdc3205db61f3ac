/**
 * `npm run bench:clients`: what @sixpack/client costs on top of the server, on loopback. Medians.
 *
 *     npm run bench:clients              a table
 *     npm run bench:clients -- --json    only { "rows": [...] } on stdout
 *
 * Calls that are compared take turns, so that a neighbour's noise meets both.
 */
import { participateAll } from "../../clients/typescript/src/batch.ts";
import { Session } from "../../clients/typescript/src/index.ts";
import { LocalAssigner } from "../../clients/typescript/src/local.ts";
import type { Alternatives } from "../../clients/typescript/src/participation.ts";
import { startSixpack } from "./processes.ts";

interface Row {
  readonly name: string;
  readonly medianUs: number;
  /** What the number is to stay below, where there is a target. */
  readonly targetUs?: number;
}

const ROUNDS = 2_000;
const WARM_UP_ROUNDS = 300;
const LOCAL_CLIENTS = 2_000;
const BATCH = 20;
const COLORS: Alternatives = ["red", "green"];
const ADDED_US_MAX = 200;
const LOCAL_US_MAX = 20;

const server = await startSixpack("memory");
const url = `http://127.0.0.1:${server.port}`;
const rows = [...(await local()), ...(await single()), ...(await batch())];
await server.stop();

if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify({ rows }, undefined, 2)}\n`);
else for (const row of rows) process.stdout.write(`${line(row)}\n`);

/** A local participation of a client that was never seen, and of one that was. */
async function local(): Promise<readonly Row[]> {
  const assigner = new LocalAssigner();
  const first: number[] = [];
  const again: number[] = [];
  for (let client = 0; client < LOCAL_CLIENTS; client += 1) {
    const session = new Session(url, { clientId: `local-${client}`, timeoutMs: 5_000 });
    first.push(elapsedUs(() => assigner.participate(session, "bench-local", COLORS)));
    again.push(elapsedUs(() => assigner.participate(session, "bench-local", COLORS)));
    // The reports are the background's affair; they only must not pile up.
    if (client % 50 === 0) await assigner.settled();
  }
  await assigner.settled();
  return [
    {
      name: "local participate, new client, reported in the background",
      medianUs: median(first),
      targetUs: LOCAL_US_MAX,
    },
    { name: "local participate, known client", medianUs: median(again), targetUs: LOCAL_US_MAX },
  ];
}

/** A networked participation, and the bare fetch of the same answer. */
async function single(): Promise<readonly Row[]> {
  const session = new Session(url, { clientId: "bench", timeoutMs: 5_000 });
  const target = `${url}/participate?experiment=bench-single&alternatives=red&alternatives=green&client_id=bench`;
  const bare: number[] = [];
  const ours: number[] = [];
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    const bareUs = await elapsedLaterUs(async () => (await fetch(target)).text());
    const oursUs = await elapsedLaterUs(() => session.participate("bench-single", COLORS));
    if (round < 0) continue;
    bare.push(bareUs);
    ours.push(oursUs);
  }
  return [
    { name: "bare fetch of /participate", medianUs: median(bare) },
    { name: "participate", medianUs: median(ours) },
    { name: "participate adds", medianUs: median(ours) - median(bare), targetUs: ADDED_US_MAX },
  ];
}

/** A batch of 20 participations, and three single ones in a row. */
async function batch(): Promise<readonly Row[]> {
  const session = new Session(url, { clientId: "bench", timeoutMs: 5_000 });
  const experiments = Object.fromEntries(Array.from({ length: BATCH }, (_, index) => [`bench-batch-${index}`, COLORS]));
  const batches: number[] = [];
  const threes: number[] = [];
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    const batchUs = await elapsedLaterUs(() => participateAll(session, experiments));
    const threeUs = await elapsedLaterUs(async () => {
      for (let call = 0; call < 3; call += 1) await session.participate("bench-single", COLORS);
    });
    if (round < 0) continue;
    batches.push(batchUs);
    threes.push(threeUs);
  }
  return [
    { name: "three single calls, one after the other", medianUs: median(threes) },
    { name: `participateAll of ${BATCH}`, medianUs: median(batches), targetUs: median(threes) },
  ];
}

function elapsedUs(work: () => unknown): number {
  const startedMs = performance.now();
  work();
  return (performance.now() - startedMs) * 1_000;
}

async function elapsedLaterUs(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) * 1_000;
}

function line({ name, medianUs, targetUs }: Row): string {
  const target = targetUs === undefined ? "" : `   target below ${targetUs.toFixed(0)} µs`;
  return `${name.padEnd(60)} ${medianUs.toFixed(1).padStart(8)} µs${target}`;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
