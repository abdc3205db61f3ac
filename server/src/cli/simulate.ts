/**
 * `sixpack simulate`: what would happen on the operator's own numbers, if people look at an experiment again and again.
 * The usual test stands beside the ones of this server, on the same simulated clients.
 */
import { setImmediate as turn } from "node:timers/promises";
import { floorFor } from "../stats/bandit.ts";
import { POWER_DEFAULT } from "../stats/input.ts";
import { planSize } from "../stats/plan.ts";
import { type Random, seededRandom } from "../stats/random.ts";
import { type Progress, type RuleName, type SimulationResult, simulate } from "../stats/simulate.ts";
import { type BanditSimulationResult, simulateBandit } from "../stats/simulate-bandit.ts";
import { progressBar } from "./progress.ts";
import { CliError, type World } from "./world.ts";

export interface SimulateArguments {
  /** Rate of the control, in (0, 1). */
  readonly baseline: number;
  /** True uplift of one alternative, as a fraction. */
  readonly uplift: number;
  readonly arms: number;
  /** Participants of all arms; left out as many as a plan for 80 % power needs. */
  readonly users?: number;
  readonly looks: number;
  readonly runs: number;
  readonly seed: number;
  readonly policy: "uniform" | "thompson";
  readonly json?: boolean;
}

/** How long the computation may go on between two looks at timers, in milliseconds: the bar is drawn by one. */
const TURN_MS = 50;

/** Error level of a planned look, by which the size is chosen. */
const FINAL_ALPHA = 0.04;

type Study = SimulateArguments & { readonly users: number };

/** @throws CliError: the numbers can't be */
export async function simulateCommand(world: World, args: SimulateArguments): Promise<void> {
  const reached = args.baseline * (1 + args.uplift);
  if (!(reached > 0 && reached < 1)) {
    throw new CliError(`Expected an uplift that leads to a rate between 0 and 1, got ${percent(reached)}.`, 2);
  }
  if (args.uplift === 0) throw new CliError("Expected an uplift other than 0: without it there is nothing to find.", 2);
  const study: Study = { ...args, users: args.users ?? usersNeeded(args) };
  const random = seededRandom(study.seed);
  if (study.policy === "thompson") {
    const result = await played(world, study, simulateBandit(banditInput(study), random));
    world.out.write(args.json === true ? json(study, result) : banditTable(study, result));
  } else {
    const result = await played(world, study, rules(study, random));
    world.out.write(args.json === true ? json(study, result) : table(study, result));
  }
}

function usersNeeded({ baseline, uplift, arms }: SimulateArguments): number {
  const question = { baseline, relativeMde: uplift, alpha: FINAL_ALPHA, power: POWER_DEFAULT };
  return planSize(question, new Array<number>(arms).fill(1)).participants;
}

function rules({ baseline, uplift, arms, users, looks, runs }: Study, random: Random) {
  return simulate({ baseline, uplift, arms, users, looks, runs }, random);
}

function banditInput({ baseline, uplift, arms, users, looks, runs }: Study) {
  const rates = Array.from({ length: arms }, (_, arm) => (arm === arms - 1 ? baseline * (1 + uplift) : baseline));
  return { rates, users, batches: looks, runs, goal: "earn" as const, floor: floorFor(arms), adjusted: true };
}

async function played<R>(world: World, { runs }: Study, steps: Generator<Progress, R, void>): Promise<R> {
  const bar = progressBar(world, "runs");
  bar.start(runs, 0);
  try {
    let turnMs = world.nowMs();
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      bar.update(step.value.done);
      if (world.nowMs() - turnMs < TURN_MS) continue;
      await turn();
      turnMs = world.nowMs();
    }
  } finally {
    bar.stop();
  }
}

const RULE_NAMES: Readonly<Record<RuleName, string>> = {
  naive: "z test at every look",
  fixed: "z test once, at the end",
  alwaysValid: "always valid, at every look",
  hybrid: "hybrid, with this size planned",
};

function table(study: Study, result: SimulationResult): string {
  const rows = Object.entries(RULE_NAMES).map(([rule, name]) => {
    const { falsePositiveRate, power, expectedUsers } = result[rule as RuleName];
    return [name, percent(falsePositiveRate), percent(power), whole(expectedUsers)];
  });
  return [
    heading(study, "looks"),
    "",
    ...aligned([["", "false positives", "power", "participants"], ...rows]),
    "",
    "False positives: share of experiments without any difference in which one was claimed.",
    `Participants: the mean until a claim or the end, with the uplift. Shares are within ${margin(study)} (95 %).`,
    "",
  ].join("\n");
}

function banditTable(study: Study, result: BanditSimulationResult): string {
  const { regret, regretUniform, lockIn, bestShare, claims } = result;
  return [
    heading(study, "batches"),
    "",
    ...aligned([
      ["conversions lost, bandit", whole(regret)],
      ["conversions lost, equal shares", whole(regretUniform)],
      ["share of the best arm at the end", percent(bestShare)],
      ["ended on a worse arm", percent(lockIn)],
      ["claims a difference, pooled", percent(claims.pooled)],
      ["claims a difference, within batches", percent(claims.stratified)],
      ["claims a difference, exploring slice", percent(claims.explore)],
    ]),
    "",
    `Shares are within ${margin(study)} (95 %).`,
    "",
  ].join("\n");
}

function heading({ arms, baseline, uplift, users, looks, runs, seed }: Study, cuts: string): string {
  const effect = `${uplift > 0 ? "+" : ""}${percent(uplift)}`;
  return `${arms} arms at ${percent(baseline)}, one of them with ${effect}; ${whole(users)} participants in all, ${looks} ${cuts}, ${whole(runs)} runs, seed ${seed}`;
}

/** First column to the left, numbers to the right. */
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart((widths[column] ?? 0) + 3)))
      .join("")
      .trimEnd(),
  );
}

/** Largest half width of a 95 % interval of a share over these runs. */
function margin({ runs }: Study): string {
  return `±${(98 / Math.sqrt(runs)).toFixed(1)} points`;
}

function json({ json: _flag, ...study }: Study, result: object): string {
  return `${JSON.stringify({ ...study, result }, null, 2)}\n`;
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}
