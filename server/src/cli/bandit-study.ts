/** `sixpack simulate --policy thompson`: what a bandit would earn on the operator's numbers, and how far to trust it. */
import { aligned } from "../lib/columns.ts";
import { floorFor } from "../stats/bandit.ts";
import type { Random } from "../stats/random.ts";
import type { Progress } from "../stats/simulate.ts";
import { type BanditSimulationResult, simulateBandit } from "../stats/simulate-bandit.ts";
import { heading, margin, percent, type Study, whole } from "./study-text.ts";

interface BanditStudyResult extends BanditSimulationResult {
  /** Claims where all arms are alike. */
  readonly falsePositives: BanditSimulationResult["claims"];
}

/** The runs with the uplift, then as many without. */
export function* banditSteps(study: Study, random: Random): Generator<Progress, BanditStudyResult, void> {
  const { baseline, uplift, arms, runs } = study;
  const alike = new Array<number>(arms).fill(baseline);
  const total = 2 * runs;
  const found = yield* counted(study, alike.with(-1, baseline * (1 + uplift)), 0, random);
  const { claims: falsePositives } = yield* counted(study, alike, runs, random);
  yield { done: total, total };
  return { ...found, falsePositives };
}

function* counted(
  { users, batches, runs, arms, goal = "earn", drift = 0 }: Study,
  rates: readonly number[],
  before: number,
  random: Random,
): Generator<Progress, BanditSimulationResult, void> {
  const input = {
    ...{ rates, users, batches, runs, goal, floor: floorFor(arms), adjusted: true },
    compared: arms - 1,
    drift: (time: number) => 1 + drift * (2 * time - 1),
  };
  const steps = simulateBandit(input, random);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    yield { done: before + step.value.done, total: 2 * runs };
  }
}

export function banditTable(study: Study, result: BanditStudyResult): string {
  const { regret, regretUniform, lockIn, bestShare, claims, falsePositives } = result;
  const { goal = "earn", drift = 0, arms, uplift, batches } = study;
  const best = uplift > 0 ? 1 : arms - 1;
  const rates = drift === 0 ? "" : `, rates from ${percent(1 - drift)} to ${percent(1 + drift)} of these`;
  const cuts = typeof batches === "number" ? "batches" : "batches as a server begins them";
  return [
    `${heading(study, cuts)}, to ${goal}${rates}`,
    "",
    ...aligned([
      ["", "bandit", "equal shares"],
      ["conversions lost", whole(regret), whole(regretUniform)],
      [`free traffic to the best ${best === 1 ? "arm" : "arms"}, at the end`, percent(bestShare), percent(best / arms)],
      ["ended on a worse arm", percent(lockIn), "–"],
    ]),
    "",
    ...aligned([
      ["a difference is claimed", "false positives", "power"],
      ["on all clients together (hidden on the pages)", percent(falsePositives.pooled), percent(claims.pooled)],
      ["within batches", percent(falsePositives.stratified), percent(claims.stratified)],
      ["on the evenly drawn clients", percent(falsePositives.explore), percent(claims.explore)],
    ]),
    "",
    "Conversions lost: the mean, against sending everybody to the best arm from the first client on.",
    "Ended on a worse arm: it had over 95% of the free traffic at the end, which is what lies above the floors.",
    "False positives: share of experiments without any difference in which one was claimed at the end, at a level",
    `of 5%. Power: the same with the uplift. Shares are within ${margin(study)} (95%).`,
    "",
  ].join("\n");
}
