/**
 * Background work of a server: frees removed lives and links that ran out, begins batches of bandits, takes steps of
 * schedules and percentiles of caps, and watches plans and splits.
 */
import { unreachable } from "../domain/errors.ts";
import { HOUR_MS, MINUTE_MS } from "../lib/time.ts";
import { every, type Recurrent } from "../ops/every.ts";
import type { Logger } from "../ops/log.ts";
import type { Shutdown } from "../ops/shutdown.ts";
import { steadyPast } from "../ops/steady-past.ts";
import { HERALD_INTERVAL_MS, Herald, type HeraldParts } from "../service/alerts/herald.ts";
import { TRAFFIC_INTERVAL_MS, watchTraffic } from "../service/alerts/traffic-watch.ts";
import type { Notice } from "../service/analysis/notebook.ts";
import { addCommonSegments, COMMON_SEGMENTS_INTERVAL_MS } from "../service/common-segments.ts";
import type { ServiceContext } from "../service/context.ts";
import type { Failure } from "../service/each-experiment.ts";
import { SCHEDULES_INTERVAL_MS, scheduleKeeper } from "../service/keep-schedules.ts";
import { REBALANCE_INTERVAL_MS, rebalance } from "../service/rebalance.ts";
import { CAPS_INTERVAL_MS, settleCaps } from "../service/settle-caps.ts";
import { sweepShareLinks } from "../service/share-links.ts";
import { RESTORABLE_MS } from "../store/store.ts";
import type { World } from "./world.ts";

/** How often lives that can no longer be restored are freed, in milliseconds. */
const SWEEP_INTERVAL_MS = HOUR_MS;

/** After the clock was set, schedules wait until it has run steadily for this long, in milliseconds. */
const CLOCK_SETTLES_MS = 10 * MINUTE_MS;

/** How often a process looks whether plans are reached, in milliseconds. */
const PLANS_INTERVAL_MS = 10_000;

/** How often a process looks whether an alternative is better or worse, in milliseconds: each look is a whole report. */
const CONCLUSIONS_INTERVAL_MS = HOUR_MS;

/**
 * How often a process checks the splits, in milliseconds. Experiments that changed meanwhile have their tallies read.
 */
const SPLITS_INTERVAL_MS = MINUTE_MS;

interface Surroundings {
  readonly world: World;
  readonly log: Logger;
  readonly shutdown: Shutdown;
}

/** Who is told what was noticed. */
export type Receivers = Pick<HeraldParts, "webhooks" | "post" | "holder">;

/** Starts all of it; it ends with the shutdown. */
export function startBackground(surroundings: Surroundings, context: ServiceContext, receivers: Receivers): void {
  const { log } = surroundings;
  sweepRemoved(surroundings, context);
  const { holder } = receivers;
  watchAlerts(surroundings, context, receivers);
  watch(surroundings, {
    name: "rebalance",
    intervalMs: REBALANCE_INTERVAL_MS,
    look: () =>
      rebalance(context, holder, ({ name, epochs }) =>
        log.info({ experiment: name, epoch: epochs.length - 1 }, "bandit batch"),
      ),
    trouble: "could not rebalance a bandit",
    mended: "bandits are rebalanced again",
  });
  if (context.settings.dimensions.length > 0) {
    watch(surroundings, {
      name: "segments",
      intervalMs: COMMON_SEGMENTS_INTERVAL_MS,
      look: () => addCommonSegments(context),
      trouble: "could not declare the segments of the configuration",
      mended: "segments of the configuration are declared again",
    });
  }
  watch(surroundings, {
    name: "caps",
    intervalMs: CAPS_INTERVAL_MS,
    look: () => settleCaps(context, holder),
    trouble: "could not take the percentile of a cap",
    mended: "percentiles of caps are taken again",
  });
  keepSchedules(surroundings, context);
  watch(surroundings, {
    name: "watch",
    intervalMs: PLANS_INTERVAL_MS,
    look: () => context.analyst.watchPlans(),
    trouble: "could not look whether a plan is reached",
    mended: "plans are looked at again",
  });
  watch(surroundings, {
    name: "splits",
    intervalMs: SPLITS_INTERVAL_MS,
    look: () => context.analyst.watchSplits(),
    trouble: "could not look for a sample ratio mismatch",
    mended: "splits are looked at again",
  });
  watch(surroundings, {
    name: "conclusions",
    intervalMs: CONCLUSIONS_INTERVAL_MS,
    look: () => context.analyst.watchConclusions(),
    trouble: "could not look for conclusions",
    mended: "conclusions are looked for again",
  });
}

function keepSchedules(surroundings: Surroundings, context: ServiceContext): void {
  const keep = scheduleKeeper(context);
  // A step of a schedule can be undone, but nobody should have to do that because a clock was wrong for a while.
  const pastMs = steadyPast(surroundings.world.nowMs, CLOCK_SETTLES_MS);
  watch(surroundings, {
    name: "schedules",
    intervalMs: SCHEDULES_INTERVAL_MS,
    look: async () => {
      const dueMs = pastMs();
      return dueMs === undefined ? [] : keep(dueMs);
    },
    trouble: "could not keep a schedule",
    mended: "schedules are kept again",
  });
}

function watchAlerts(surroundings: Surroundings, context: ServiceContext, receivers: Receivers): void {
  const { store, clock } = context;
  const onRefused: HeraldParts["onRefused"] = ({ id, webhook, tries }, reason) =>
    surroundings.log.warn({ id, webhook, tries, reason }, "a webhook did not take a message");
  const herald = new Herald({ ...receivers, store, clock, onRefused });
  watch(surroundings, {
    name: "alerts",
    intervalMs: HERALD_INTERVAL_MS,
    look: () => herald.round(),
    trouble: "could not tell what was noticed",
    mended: "what was noticed is told again",
  });
  watch(surroundings, {
    name: "traffic",
    intervalMs: TRAFFIC_INTERVAL_MS,
    look: () => watchTraffic(context),
    trouble: "could not look whether traffic comes",
    mended: "traffic is looked at again",
  });
}

/** Reports what the server noticed, whoever made it look: a page, a program, or the watch. */
export function tellNoticed(log: Logger, { kind, experiment: { name, noticed, alternatives, kpis } }: Notice): void {
  switch (kind) {
    case "planned-size-reached":
      log.info({ experiment: name }, "planned size reached");
      return;
    case "sample-ratio-mismatch":
      log.warn({ experiment: name }, "sample ratio mismatch");
      return;
    case "values-found":
      log.info(
        { experiment: name, kpis: kpis.filter(({ counts }) => counts === "value").map((kpi) => kpi.name) },
        "KPIs with values are shown by their mean",
      );
      return;
    case "kpi-settled":
      log.info({ experiment: name, kpi: noticed.decidingKpi?.name ?? null }, "the KPI that decides is settled");
      return;
    case "conclusion-reached":
      for (const { alternative, kpi, says, atMs } of noticed.conclusions) {
        // Those of this look were added last, together.
        if (atMs !== noticed.conclusions.at(-1)?.atMs) continue;
        log.info({ experiment: name, kpi, alternative: alternatives[alternative]?.name, says }, "conclusion reached");
      }
      return;
    case "facts":
      for (const { kind: fact, sentence, atMs } of noticed.facts ?? []) {
        if (atMs === noticed.facts?.at(-1)?.atMs) log.info({ experiment: name, fact }, sentence);
      }
      return;
    default:
      unreachable(kind);
  }
}

interface Watch extends Omit<Recurrent, "work"> {
  readonly look: () => Promise<readonly Failure[]>;
}

function watch(surroundings: Surroundings, { look, ...recurrent }: Watch): void {
  const work = async () => (await look()).map(({ experiment: { name }, error }) => ({ experiment: name, error }));
  every(surroundings, { ...recurrent, work });
}

function sweepRemoved({ world, log, shutdown }: Surroundings, { store }: ServiceContext): void {
  // A sweep can't be undone: a single one with a clock that is a week ahead would free everything that can be restored.
  const pastMs = steadyPast(world.nowMs);
  const work = async () => {
    const dueMs = pastMs();
    if (dueMs === undefined) {
      log.info("the clock was set; removed experiments are freed an hour later");
      return [];
    }
    const lives = await store.lives.sweep(dueMs - RESTORABLE_MS);
    if (lives > 0) log.info({ lives }, "freed experiments removed for good");
    // They open nothing since that long. A clock that was ahead from the start has most likely been noticed by then.
    await sweepShareLinks(store, dueMs - RESTORABLE_MS);
    return [];
  };
  const texts = { trouble: "could not free removed experiments", mended: "removed experiments are freed again" };
  every({ log, shutdown }, { name: "sweep", intervalMs: SWEEP_INTERVAL_MS, work, ...texts });
}
