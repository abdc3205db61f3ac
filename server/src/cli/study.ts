/**
 * `sixpack simulate`: what would happen on the operator's own numbers, if people look at an experiment again and again.
 * The usual test stands beside the ones of this server, on the same simulated clients.
 */
import { setImmediate as turn } from "node:timers/promises";
import { FINAL_ALPHA } from "../domain/plan.ts";
import { batchSizes } from "../domain/policy/batches.ts";
import { aligned } from "../lib/columns.ts";
import { POWER_DEFAULT } from "../stats/input.ts";
import { type Random, seededRandom } from "../stats/random.ts";
import { type Progress, type RuleName, type SimulationResult, simulate } from "../stats/simulate.ts";
import { planSize } from "../stats/size.ts";
import { banditSteps, banditTable } from "./bandit-study.ts";
import { progressBar } from "./progress-bar.ts";
import { heading, margin, percent, RUNS_DEFAULT, type SimulateArguments, type Study, whole } from "./study-text.ts";
import { CliError, type World } from "./world.ts";

/** Once a day for four weeks. */
const LOOKS_DEFAULT = 28;

/** How long the computation may go on between two looks at timers, in milliseconds: the bar is drawn by one. */
const TURN_MS = 50;

/** @throws CliError: the numbers can't be */
export async function simulateCommand(world: World, args: SimulateArguments): Promise<void> {
  const reached = args.baseline * (1 + args.uplift);
  if (!(reached > 0 && reached < 1)) {
    throw new CliError(`Expected an uplift that leads to a rate between 0 and 1, got ${percent(reached)}.`, 2);
  }
  if (args.uplift === 0) throw new CliError("Expected an uplift other than 0: without it there is nothing to find.", 2);
  checkBanditArguments(args, Math.max(reached, args.baseline));
  const users = args.users ?? usersNeeded(args);
  const study: Study = {
    ...args,
    users,
    looks: args.looks ?? (args.policy === "thompson" ? batchSizes(users).length : LOOKS_DEFAULT),
    runs: args.runs ?? RUNS_DEFAULT[args.policy],
    batches: args.looks ?? batchSizes(users),
  };
  const random = seededRandom(study.seed);
  if (study.policy === "thompson") {
    const result = await played(world, banditSteps(study, random));
    world.out.write(args.json === true ? json(study, result) : banditTable(study, result));
  } else {
    const result = await played(world, rules(study, random));
    world.out.write(args.json === true ? json(study, result) : table(study, result));
  }
}

/** @throws CliError */
function checkBanditArguments({ policy, goal, drift = 0 }: SimulateArguments, highest: number): void {
  for (const [option, value] of Object.entries({ goal, drift: drift === 0 ? undefined : drift })) {
    if (value !== undefined && policy !== "thompson") {
      throw new CliError(`Expected --${option} only with --policy thompson.`, 2);
    }
  }
  if (highest * (1 + drift) > 1) {
    throw new CliError(`Expected a drift that leads to rates up to 1, got ${percent(highest * (1 + drift))}.`, 2);
  }
}

function usersNeeded({ baseline, uplift, arms }: SimulateArguments): number {
  const question = { baseline: { rate: baseline }, relativeMde: uplift, alpha: FINAL_ALPHA, power: POWER_DEFAULT };
  return planSize(question, new Array<number>(arms).fill(1)).participants;
}

function rules({ baseline, uplift, arms, users, looks, runs }: Study, random: Random) {
  return simulate({ baseline, uplift, arms, users, looks, runs }, random);
}

async function played<R>(world: World, steps: Generator<Progress, R, void>): Promise<R> {
  const bar = progressBar(world, "runs");
  let isStarted = false;
  try {
    let turnMs = performance.now();
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      const { done, total } = step.value;
      if (!isStarted) bar.start(total, 0);
      isStarted = true;
      bar.update(done);
      if (performance.now() - turnMs < TURN_MS) continue;
      await turn();
      turnMs = performance.now();
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
    ...aligned([["", "false positives", "power", "visitors"], ...rows]),
    "",
    "False positives: share of experiments without any difference in which one was claimed.",
    `Visitors: the mean until a claim or the end, with the uplift. Shares are within ${margin(study)} (95%).`,
    "",
  ].join("\n");
}

function json({ json: _flag, batches: _batches, ...study }: Study, result: object): string {
  return `${JSON.stringify({ ...study, result }, null, 2)}\n`;
}
