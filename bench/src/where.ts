/**
 * Where the main thread's time goes, in percent of the time in which it works: what would be left if all of ours were free.
 *
 *     node --import tsx bench/src/where.ts --seconds 5
 *
 * Each server runs under V8's profiler. `sockets` is what Node.js does in C++ and the kernel for it (reading, `writev`,
 * timers), `Node.js` its JavaScript, mostly of HTTP, `collector` the collection of garbage, `store` the libraries of LevelDB
 * and Redis. `µs` is the processor time of a call with all threads, profiled, so a little more than in `main.ts`.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { load, type Running, startBare, startSixpack } from "./processes.ts";
import { LOADS, orderFor, warmCode, warmUp } from "./workload.ts";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "5" } } });
const seconds = Number(values.seconds);

const PARTS = ["sockets", "Node.js", "collector", "store", "ours"] as const;
type Part = (typeof PARTS)[number];

const PROFILED = new URL("profiled.mjs", import.meta.url).href;

/** What is read of a profile. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  /** Ids of nodes, one for each of `timeDeltas`. */
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

function partOf({ functionName, url }: Profile["nodes"][number]["callFrame"]): Part | undefined {
  if (functionName === "(idle)") return undefined;
  if (functionName === "(garbage collector)") return "collector";
  if (url === "") return "sockets";
  if (url.startsWith("node:")) return "Node.js";
  return url.includes("/node_modules/") ? "store" : "ours";
}

/** Milliseconds of the main thread by part, while the load ran: it ends shortly before the process does. */
function sharesOf(profile: Profile): Map<Part, number> {
  const parts = new Map(profile.nodes.map(({ id, callFrame }) => [id, partOf(callFrame)]));
  const spent = new Map<Part, number>();
  let leftMs = seconds * 1000;
  for (let at = profile.samples.length - 1; at >= 0 && leftMs > 0; at -= 1) {
    const deltaMs = (profile.timeDeltas[at] ?? 0) / 1000;
    leftMs -= deltaMs;
    const part = parts.get(profile.samples[at] ?? -1);
    if (part !== undefined) spent.set(part, (spent.get(part) ?? 0) + deltaMs);
  }
  return spent;
}

async function where(start: () => Promise<Running>, newShare: number, warm: typeof warmUp): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "sixpack-where-"));
  Object.assign(process.env, { PROFILE_FOLDER: folder, NODE_OPTIONS: `--import ${PROFILED}` });
  const server = await start().finally(() => delete process.env["NODE_OPTIONS"]);
  const order = orderFor(server, { seconds, newShare });
  let spentMs = 0;
  let requests = 1;
  try {
    await warm(order);
    const beforeMs = server.cpuMs();
    ({ requests } = await load(order));
    spentMs = server.cpuMs() - beforeMs;
  } finally {
    await server.stop();
  }
  const profiles = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  rmSync(folder, { recursive: true });
  // The largest: the process that served.
  const shares = sharesOf(JSON.parse(profiles.sort((one, other) => other.length - one.length)[0] ?? "{}"));
  const busyMs = [...shares.values()].reduce((sum, each) => sum + each, 0);
  const cells = PARTS.map((part) => `${((100 * (shares.get(part) ?? 0)) / busyMs).toFixed(0)} %`.padStart(11));
  return `${cells.join("")}${((spentMs * 1000) / requests).toFixed(0).padStart(11)}\n`;
}

process.stdout.write(`${" ".repeat(18)}${[...PARTS, "µs"].map((name) => name.padStart(11)).join("")}\n`);
process.stdout.write("bare".padEnd(18) + (await where(startBare, 0, warmCode)));
for (const engine of ["embedded", "redis"] as const) {
  for (const [name, share] of Object.entries(LOADS)) {
    process.stdout.write(`${engine} ${name}`.padEnd(18) + (await where(() => startSixpack(engine), share, warmUp)));
  }
}
