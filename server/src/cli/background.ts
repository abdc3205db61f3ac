/** What a server does beside answering: frees what was removed, begins batches of bandits, and watches plans and splits. */

import { unreachable } from "../domain/errors.ts";
import { HOUR_MS } from "../lib/time.ts";
import { every } from "../ops/every.ts";
import type { Logger } from "../ops/log.ts";
import type { Shutdown } from "../ops/shutdown.ts";
import { steadyPast } from "../ops/steady-past.ts";
import type { Notice } from "../service/analysis/analyst.ts";
import type { ServiceContext } from "../service/context.ts";
import type { Failure } from "../service/each-experiment.ts";
import { REBALANCE_INTERVAL_MS, rebalance } from "../service/rebalance.ts";
import { RESTORABLE_MS } from "../store/store.ts";
import type { World } from "./world.ts";

/** How often lives that can no longer be restored are freed, in milliseconds. */
const SWEEP_INTERVAL_MS = HOUR_MS;

/** How often a process looks whether plans are reached, in milliseconds. */
const PLANS_INTERVAL_MS = 10_000;

/** How often a process looks at the splits, in milliseconds: whatever changed meanwhile has its tallies read. */
const SPLITS_INTERVAL_MS = 60_000;

/** Most experiments that a round tells to have failed: a store that breaks away fails them all. */
const FAILURES_TOLD_MAX = 10;

interface Surroundings {
  readonly world: World;
  readonly log: Logger;
  readonly shutdown: Shutdown;
}

/** Starts all of it; it ends with the shutdown. */
export function startBackground(surroundings: Surroundings, context: ServiceContext): void {
  const { world, log } = surroundings;
  sweepRemoved(surroundings, context);
  const holder = world.randomBytes(8).toString("hex");
  watch(surroundings, {
    name: "rebalance",
    intervalMs: REBALANCE_INTERVAL_MS,
    look: () =>
      rebalance(context, holder, ({ name, epochs }) =>
        log.info({ experiment: name, epoch: epochs.length - 1 }, "bandit batch"),
      ),
    trouble: "could not rebalance a bandit",
  });
  watch(surroundings, {
    name: "watch",
    intervalMs: PLANS_INTERVAL_MS,
    look: () => context.analyst.watchPlans(),
    trouble: "could not look whether a plan is reached",
  });
  watch(surroundings, {
    name: "splits",
    intervalMs: SPLITS_INTERVAL_MS,
    look: () => context.analyst.watchSplits(),
    trouble: "could not look for a sample ratio mismatch",
  });
}

/** The one place where what the server noticed leaves it, whoever looked: a page, a program, or the watch. */
export function tellNoticed(log: Logger, { kind, experiment: { name } }: Notice): void {
  switch (kind) {
    case "planned-size-reached":
      log.info({ experiment: name }, "planned size reached");
      return;
    case "sample-ratio-mismatch":
      log.warn({ experiment: name }, "sample ratio mismatch");
      return;
    default:
      unreachable(kind);
  }
}

interface Watch {
  readonly name: string;
  readonly intervalMs: number;
  readonly look: () => Promise<readonly Failure[]>;
  /** What the log says of an experiment that failed, or of all when they can't be listed. */
  readonly trouble: string;
}

function watch({ log, shutdown }: Surroundings, { name, intervalMs, look, trouble }: Watch): void {
  const work = async () => {
    const failed = await look();
    for (const { experiment, error } of failed.slice(0, FAILURES_TOLD_MAX)) {
      log.warn({ experiment: experiment.name, err: error, failed: failed.length }, trouble);
    }
  };
  every({ log, shutdown }, { name, intervalMs, work, trouble });
}

function sweepRemoved({ world, log, shutdown }: Surroundings, { store }: ServiceContext): void {
  // Nobody can take a sweep back: one turn on a clock that is a week ahead would free all that can be restored.
  const pastMs = steadyPast(world.nowMs);
  const work = async () => {
    const dueMs = pastMs();
    if (dueMs === undefined) return log.info("the clock was set; removed experiments are freed an hour later");
    const lives = await store.sweepRemoved(dueMs - RESTORABLE_MS);
    if (lives > 0) log.info({ lives }, "freed experiments removed for good");
  };
  const trouble = "could not free removed experiments";
  every({ log, shutdown }, { name: "sweep", intervalMs: SWEEP_INTERVAL_MS, work, trouble });
}
