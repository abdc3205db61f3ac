/**
 * How often the product claims what is not there, over settings drawn at random in which nothing differs between the arms:
 * each claim of its own `summarize` is an error. Measured on every processor.
 */
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { ALPHA, CONFIDENCE, type Outcome, SETTINGS } from "./hostile-measure.ts";
import { describe, drawn } from "./hostile-setting.ts";
import { percent, type Target } from "./target.ts";

/** Most lines of the table: the worst settings; all others are counted. */
const SHOWN = 20;

export async function hostile(): Promise<Target[]> {
  const seeds = Array.from({ length: SETTINGS }, (_, seed) => seed);
  const outcomes: Outcome[] = [];
  await Promise.all(Array.from({ length: availableParallelism() }, () => measuredBy(seeds, outcomes)));
  outcomes.sort((a, b) => b.errors / b.runs - a.errors / a.runs);
  const missed = outcomes.filter(({ limit }) => limit > ALPHA);
  const runs = outcomes.reduce((sum, outcome) => sum + outcome.runs, 0);
  const all: Target = {
    name: `hostile, ${SETTINGS} settings, ${runs} experiments, error of any claim`,
    expected: `limit <= ${percent(ALPHA, 2)} in each`,
    measured: `${SETTINGS - missed.length} of ${SETTINGS}, at ${percent(CONFIDENCE, 5)} each, 99 % for all`,
    met: missed.length === 0,
  };
  const shown = outcomes.filter(({ limit }, rank) => rank < SHOWN || limit > ALPHA);
  return [all, ...shown.map(targetOf)];
}

/** One process, fed until nothing is left. */
function measuredBy(seeds: number[], outcomes: Outcome[]): Promise<void> {
  const child = fork(new URL("./hostile-measure.ts", import.meta.url));
  return new Promise((resolve, reject) => {
    const feed = (): void => {
      const seed = seeds.pop();
      if (seed === undefined) child.disconnect();
      else child.send(seed);
    };
    child.on("message", (outcome: Outcome) => {
      outcomes.push(outcome);
      feed();
    });
    child.on("error", reject);
    child.on("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`Expected the settings played, got ${code}`)),
    );
    feed();
  });
}

function targetOf({ seed, runs, errors, limit, example, seconds }: Outcome): Target {
  return {
    name: `${describe(drawn(seed))}${limit > ALPHA ? `; last: ${example}` : ""}`,
    expected: `limit <= ${percent(ALPHA, 2)}`,
    measured: `${percent(errors / runs, 2)} of ${runs} (limit ${percent(limit, 2)}; ${seconds.toFixed(1)} s)`,
    met: limit <= ALPHA,
  };
}
