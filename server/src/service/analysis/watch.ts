/**
 * What must not wait until somebody opens a page. The planned look is due when the plan is reached, and a wrong split is
 * an alarm when it happens: later clients may hide it. A process looks now and then, and compare-and-set lets one of
 * them write it down.
 */
import { hasFinalLook } from "../../domain/plan.ts";
import { EVIDENCE_ALARM, sampleRatioEvidence } from "../../stats/sample-ratio.ts";
import { eachExperiment, type Round } from "../each-experiment.ts";
import { type AnalysisContext, analyse, isDue, latched, memoryOf } from "./analysis.ts";
import { epochCounts } from "./fold.ts";

/** How often a process looks, in milliseconds. */
export const WATCH_INTERVAL_MS = 10_000;

/** Changed are the experiments whose planned look is made now. @throws SixpackError store-unavailable: not listed */
export function freezeDueLooks(context: AnalysisContext): Promise<Round> {
  return eachExperiment(context.store, async (experiment) => {
    const { planning } = experiment;
    if (planning.finalLook !== null || !hasFinalLook(planning)) return undefined;
    // Kept by the store's mark: an experiment that nobody visits costs one number.
    const { folded } = await memoryOf(context.store).folds.read(experiment);
    if (!isDue(experiment, folded.participants)) return undefined;
    const analysis = await analyse(context, experiment);
    return analysis.experiment.planning.finalLook === null ? undefined : analysis.experiment;
  });
}

/** How often a process looks at the splits, in milliseconds: whatever changed meanwhile has its tallies read. */
export const SPLITS_INTERVAL_MS = 60_000;

/** Changed are the experiments whose sample ratio alarm sounds now. @throws SixpackError store-unavailable: not listed */
export function latchMismatches(context: AnalysisContext): Promise<Round> {
  const { folds, turns } = memoryOf(context.store);
  return eachExperiment(context.store, async (experiment) => {
    if (experiment.planning.sampleRatioLatchedAtMs !== null || experiment.alternatives.length < 2) return undefined;
    const { folded } = await folds.read(experiment);
    // The evidence alone, not a report: microseconds for an experiment without changes.
    const evidence = await turns.run(() =>
      sampleRatioEvidence(
        epochCounts(experiment, folded.cells, [], []).map(({ participants, weights }) => {
          return { observed: participants, weights };
        }),
      ),
    );
    if (evidence < Math.log(EVIDENCE_ALARM)) return undefined;
    const stored = await latched(context, experiment);
    return stored.planning.sampleRatioLatchedAtMs === null ? undefined : stored;
  });
}
