/**
 * The planned look is due when the plan is reached, not when somebody opens a page: a process that looks now and then
 * freezes it soon after, and compare-and-set lets one of them do it.
 */
import type { Experiment } from "../domain/experiment.ts";
import { hasFinalLook } from "../domain/plan.ts";
import { type AnalysisContext, analyse, isDue, memoryOf } from "./analysis.ts";

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
