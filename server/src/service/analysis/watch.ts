/**
 * What must not wait until somebody opens a page. The planned look is due when the plan is reached, and a wrong split is
 * an alarm when it happens: later clients may hide it. A process looks now and then, and compare-and-set lets one of
 * them write it down.
 */
import type { Experiment } from "../../domain/experiment.ts";
import { hasFinalLook } from "../../domain/plan.ts";
import { EVIDENCE_ALARM, sampleRatioEvidence } from "../../stats/sample-ratio.ts";
import { type AnalysisContext, analyse, isDue, latched, memoryOf } from "./analysis.ts";
import { epochCounts } from "./fold.ts";

/** How often a process looks, in milliseconds. */
export const WATCH_INTERVAL_MS = 10_000;

/** @returns the experiments whose planned look is made now */
export async function freezeDueLooks(context: AnalysisContext): Promise<readonly Experiment[]> {
  const frozen: Experiment[] = [];
  for (const experiment of await context.store.listExperiments()) {
    const { planning } = experiment;
    if (planning.finalLook !== null || !hasFinalLook(planning)) continue;
    // Kept by the store's mark: an experiment that nobody visits costs one number.
    const { folded } = await memoryOf(context.store).folds.read(experiment);
    if (!isDue(experiment, folded.participants)) continue;
    const analysis = await analyse(context, experiment);
    if (analysis.experiment.planning.finalLook !== null) frozen.push(analysis.experiment);
  }
  return frozen;
}

/** How often a process looks at the splits, in milliseconds: whatever changed meanwhile has its tallies read. */
export const SPLITS_INTERVAL_MS = 60_000;

/** @returns the experiments whose sample ratio alarm sounds now */
export async function latchMismatches(context: AnalysisContext): Promise<readonly Experiment[]> {
  const { folds, turns } = memoryOf(context.store);
  const alarmed: Experiment[] = [];
  for (const experiment of await context.store.listExperiments()) {
    if (experiment.planning.sampleRatioLatchedAtMs !== null || experiment.alternatives.length < 2) continue;
    const { folded } = await folds.read(experiment);
    // The evidence alone, not a report: microseconds for an experiment without changes.
    const evidence = await turns.run(() =>
      sampleRatioEvidence(
        epochCounts(experiment, folded.cells, [], []).map(({ participants, weights }) => {
          return { observed: participants, weights };
        }),
      ),
    );
    if (evidence < Math.log(EVIDENCE_ALARM)) continue;
    const stored = await latched(context, experiment);
    if (stored.planning.sampleRatioLatchedAtMs !== null) alarmed.push(stored);
  }
  return alarmed;
}
