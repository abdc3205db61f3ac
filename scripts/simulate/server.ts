/**
 * Section A on the real thing: random clients through HTTP, a built `sixpack start`, and what its own report says after
 * every hundred of them. No alternative differs from another, so every claim is a false one.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { listening } from "../../bench/src/processes.ts";
import { type Random, seededRandom } from "../../server/src/stats/random.ts";
import { freePort } from "../../server/test/support/sixpack.ts";
import { endsWithUs } from "./children.ts";
import { Pipeline } from "./pipeline.ts";
import { atLeast, atMost, near, notAbove, type Target } from "./target.ts";

const SEED = 31;
const ALPHA = 0.05;
/** Half of them without a plan, half with one. */
const RUNS = 400;
/** Runs under way at once, each on its own connections. */
const CONNECTIONS = 6;
const LOOKS = 12;
const CLIENTS_PER_LOOK = 100;
/** Conversion rates, one pair of runs after the other. */
const RATES = [0.05, 0.2, 0.5];
/** Planned after the first look, so that the planned look counts (decision 0015), and reached two looks before the end. */
const PLANNED = CLIENTS_PER_LOOK * (LOOKS - 2);

/** What one run showed at any of its looks. */
interface Run {
  readonly planned: boolean;
  /** The report concluded that something is better or worse. */
  readonly claimed: boolean;
  readonly naive: boolean;
  readonly naiveAtEnd: boolean;
  readonly finalLook: boolean;
  readonly mismatch: boolean;
}

export async function server(): Promise<Target[]> {
  const [apiPort, webPort] = [await freePort(), await freePort()];
  const child = startServer(apiPort, webPort);
  try {
    await listening(apiPort, child);
    await listening(webPort, child);
    const runs: Run[] = [];
    let next = 0;
    const drive = async (): Promise<void> => {
      const [api, web] = [new Pipeline(apiPort), new Pipeline(webPort)];
      for (let number = next++; number < RUNS; number = next++) runs.push(await play(number, api, web));
      api.close();
      web.close();
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, drive));
    return targetsOf(runs);
  } finally {
    child.kill("SIGTERM");
    if (child.exitCode === null) await once(child, "exit");
  }
}

function targetsOf(runs: readonly Run[]): Target[] {
  const count = (of: (run: Run) => boolean, among = runs): number => among.filter(of).length;
  const free = runs.filter(({ planned }) => !planned);
  const planned = runs.filter((run) => run.planned);
  const claimed = (run: Run): boolean => run.claimed;
  const lookedOnce = count(({ naiveAtEnd }) => naiveAtEnd) / RUNS;
  return [
    atMost("A/A through HTTP, claims of the report at any look", count(claimed, free), free.length, ALPHA),
    // The hybrid rule is meant to spend nearly all of alpha: 4.1 % (computed error of the power part).
    notAbove("the same with a plan and its final look", count(claimed, planned), planned.length, ALPHA),
    near("planned looks that were made", count((run) => run.finalLook) / planned.length, 1, 0),
    // Three standard errors at 5 % and 400 runs: a test that never claims would be as wrong as one that always does.
    near("the usual test of the same reports, looked at once", lookedOnce, ALPHA, 0.033),
    // Peeking is there to be caught: about .2 at twelve looks (repeated looks).
    atLeast(
      "the usual test, looked at every time",
      count(({ naive }) => naive),
      RUNS,
      ALPHA,
    ),
    notAbove(
      "sample ratio alarms that were latched",
      count(({ mismatch }) => mismatch),
      RUNS,
      0.001,
    ),
  ];
}

/** The built server, as an operator runs it. */
function startServer(apiPort: number, webPort: number): ChildProcess {
  const bin = fileURLToPath(new URL("../../server/bin/sixpack.js", import.meta.url));
  const settings = {
    SIXPACK_PORT: String(apiPort),
    SIXPACK_WEB_PORT: String(webPort),
    // Plans are made by POST, from here and nowhere else.
    SIXPACK_CONFIG_AUTH: "open",
    SIXPACK_CONFIG_CSRF_DISABLE: "true",
  };
  const child = spawn(process.execPath, [bin, "start", "--storage", "memory"], {
    detached: true,
    stdio: ["ignore", "ignore", "ignore"],
    env: { ...process.env, ...settings },
  });
  return endsWithUs(child);
}

/** One experiment of two equal alternatives; its clients are drawn from a seed of its own. */
async function play(number: number, api: Pipeline, web: Pipeline): Promise<Run> {
  const random = seededRandom(SEED + 1000 * number);
  const rate = RATES[(number >> 1) % RATES.length] ?? ALPHA;
  const experiment = `aa-${number}`;
  const planned = number % 2 === 1;
  const never = { claimed: false, naive: false, naiveAtEnd: false, finalLook: false, mismatch: false };
  let run: Run = { ...never, planned };
  for (let look = 0; look < LOOKS; look++) {
    const clients = Array.from({ length: CLIENTS_PER_LOOK }, () => clientId(random));
    await api.get(
      clients.map((id) => `/participate?experiment=${experiment}&alternatives=a&alternatives=b&client_id=${id}`),
    );
    const converted = clients.filter(() => random() < rate);
    await api.get(converted.map((id) => `/convert?experiment=${experiment}&client_id=${id}`));
    const [body = "{}"] = await web.get([`/experiments/${experiment}.json`]);
    run = withLook(run, body, CLIENTS_PER_LOOK * (look + 1));
    if (planned && look === 0) {
      const plan = { baseline_rate: String(rate), minimum_uplift: "20%", participants: String(PLANNED) };
      await web.post(`/experiments/${experiment}/plan`, plan);
    }
  }
  return run;
}

function clientId(random: Random): string {
  return Math.floor(random() * 2 ** 32).toString(16) + Math.floor(random() * 2 ** 32).toString(16);
}

/** The fields of `/experiments/<name>.json` that are read here; docs/http-api.md has them all. */
interface Answer {
  readonly report: {
    readonly sample_ratio: { readonly latched: boolean };
    readonly arms: readonly { readonly participants: number }[];
    readonly kpis: readonly {
      readonly rates: readonly {
        readonly comparison: {
          readonly kind: string;
          readonly p_fixed: number;
          readonly conclusion: string;
          readonly final_look: object | null;
        };
      }[];
    }[];
  };
}

function withLook(run: Run, body: string, clients: number): Run {
  const { report }: Answer = JSON.parse(body);
  const participants = report.arms.reduce((sum, arm) => sum + arm.participants, 0);
  // A report of other clients than were sent would make every figure of this study a guess.
  if (participants !== clients) throw new Error(`Expected ${clients} participants in the report, got ${participants}`);
  const comparison = report.kpis[0]?.rates[1]?.comparison;
  if (comparison?.kind !== "compared") throw new Error(`Expected a comparison, got ${JSON.stringify(comparison)}`);
  const naive = comparison.p_fixed < ALPHA;
  return {
    planned: run.planned,
    claimed: run.claimed || comparison.conclusion !== "undecided",
    naive: run.naive || naive,
    naiveAtEnd: naive,
    finalLook: run.finalLook || comparison.final_look !== null,
    mismatch: run.mismatch || report.sample_ratio.latched,
  };
}
