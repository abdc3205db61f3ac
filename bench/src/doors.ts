/**
 * What the doors for scripts and people cost, in processor time, which a busy neighbour moves least: 500 experiments applied
 * from a file, and once more; the verdict as a pipeline asks for it, with its start; and all that is told of a client who takes
 * part in 1,000 experiments; and the calibration of a million participants, with what calls wait beside it. Ends with 1 where one
 * takes longer than is asked for. Beside it stands what it is in starts of Node, measured by turns with it, which a slow
 * machine and a fast one agree on. Of the built server, on the embedded engine:
 *
 *     npm run bench:doors
 */
import { type ChildProcess, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { calibrated, fillFolder } from "./calibration.ts";
import { median } from "./median.ts";
import { familyCpuMs } from "./process-figures.ts";
import { type Addresses, SIXPACK, served } from "./served.ts";

const APPLIED = 500;
const EXPLAINED = 1_000;
const ROUNDS = 5;
const REQUESTS = 20;
const CLIENT = "alice";
/** In milliseconds of processor time. */
const LIMITS = {
  "apply 500": 2_000,
  "apply 500 again": 2_000,
  "verdict of a dashboard": 250,
  // Reads the folder of 500 itself.
  "verdict of a folder": 500,
  "explain 1,000": 50,
  "calibrate 1,000,000": 5_000,
} as const;

/** What Node takes to start and do nothing. */
const nodeStarts: number[] = [];
const folder = mkdtempSync(join(tmpdir(), "sixpack-doors-"));
const figures: Record<keyof typeof LIMITS, number[]> = {
  "apply 500": [],
  "apply 500 again": [],
  "verdict of a dashboard": [],
  "verdict of a folder": [],
  "explain 1,000": [],
  "calibrate 1,000,000": [],
};
try {
  const file = join(folder, "experiments.yml");
  writeFileSync(file, fileOf(APPLIED));
  for (let round = 0; round < ROUNDS; round++) {
    nodeStarts.push(nodeStart());
    const data = `data_dir=${join(folder, `data-${round}`)}`;
    figures["apply 500"].push(cpuMsOf(["apply", "-f", file, "--set", data], 0));
    figures["apply 500 again"].push(cpuMsOf(["apply", "-f", file, "--set", data], 0));
    // Too early: nobody takes part.
    figures["verdict of a folder"].push(cpuMsOf(["verdict", "experiment-0", "--set", data], 11));
  }
  await served([`data_dir=${join(folder, "data-served")}`], asked);
  const [one, other] = [join(folder, "data-calibrated"), join(folder, "data-calibrated-elsewhere")];
  await fillFolder(one);
  cpSync(one, other, { recursive: true });
  await served([`data_dir=${one}`], async (server, at) => {
    const { cpuMs, ...beside } = await calibrated(server, at, at.api);
    figures["calibrate 1,000,000"].push(cpuMs);
    // What of it is the machine's: the same calls while another server calibrates.
    await served([`data_dir=${other}`], async (elsewhere, there) => {
      const { cpuMs: _, ...besideOther } = await calibrated(elsewhere, there, at.api);
      console.log("Calls beside the calibration, and beside that of another server, in milliseconds:");
      console.table([beside, besideOther]);
    });
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const startMs = median(nodeStarts);
const rows = Object.entries(LIMITS).map(([what, limit]) => {
  const cpuMs = median(figures[what as keyof typeof LIMITS]);
  const starts = Number((cpuMs / startMs).toFixed(1));
  return { what, "cpu ms": Math.round(cpuMs), limit, met: cpuMs < limit, "starts of Node": starts };
});
console.log(`A start of Node takes ${Math.round(startMs)} ms of processor time here.`);
console.table(rows);
process.exitCode = rows.every(({ met }) => met) ? 0 : 1;

function fileOf(count: number): string {
  const entries = Array.from({ length: count }, (_, number) => {
    return `  experiment-${number}:
    alternatives: [old, new]
    weights: [90, 10]
    traffic: 0.5
    kpis: [{ name: revenue, label: Revenue, counts: value }]
    plan:
      primary: { kpi: revenue, decides_on: mean }
      guardrails: [{ kpi: errors, better: lower, margin: 3% }]
    owner: shop team
    tags: [checkout]
    hypothesis: One page instead of three sells more.
`;
  });
  return `experiments:\n${entries.join("")}`;
}

/** Of a command of ours with all its threads, from its start to its end. */
function cpuMsOf(args: readonly string[], expected: number): number {
  return nodeCpuMs([SIXPACK, ...args], expected);
}

function nodeStart(): number {
  return nodeCpuMs(["--eval", "0"], 0);
}

function nodeCpuMs(args: readonly string[], expected: number): number {
  const timed = 'TIMEFORMAT="cpu %U %S"; time "$@"';
  const { status, stderr } = spawnSync("bash", ["-c", timed, "bash", process.execPath, ...args], {
    encoding: "utf8",
  });
  const [, user, system] = /^cpu (\S+) (\S+)$/m.exec(stderr) ?? [];
  if (status !== expected)
    throw new Error(`Expected ${args.join(" ")} to end with ${expected}, got ${status}: ${stderr}`);
  return 1_000 * (Number(user) + Number(system));
}

/** The verdict by the command, with its start, and a client as JSON, per answer. */
async function asked(server: ChildProcess, { api, dashboard }: Addresses): Promise<void> {
  for (let number = 0; number < EXPLAINED; number++) {
    const query = `experiment=e-${number}&alternatives=a&alternatives=b&client_id=${CLIENT}`;
    await answerOf(`${api}/participate?${query}`);
  }
  const ask = async () => {
    const before = familyCpuMs(server);
    for (let request = 0; request < REQUESTS; request++) {
      const { experiments } = (await answerOf(`${dashboard}/clients.json?client_id=${CLIENT}`)) as {
        experiments: unknown[];
      };
      if (experiments.length !== EXPLAINED) throw new Error(`Expected ${EXPLAINED}, got ${experiments.length}`);
    }
    return (familyCpuMs(server) - before) / REQUESTS;
  };
  await ask();
  for (let round = 0; round < ROUNDS; round++) {
    nodeStarts.push(nodeStart());
    figures["explain 1,000"].push(await ask());
    figures["verdict of a dashboard"].push(cpuMsOf(["verdict", "e-0", "--url", dashboard], 11));
  }
}

async function answerOf(url: string): Promise<unknown> {
  const answer = await fetch(url, { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(`Expected an answer of ${url}, got ${answer.status}`);
  return answer.json();
}
