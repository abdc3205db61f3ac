/**
 * The segments of the configuration, in every experiment: new ones have them from their first visitor, and a round in the
 * background adds them to those that ran before, were imported or came back.
 */
import { MINUTE_MS } from "../lib/time.ts";
import { addCommonDimensions } from "./administer/acts/segment-acts.ts";
import type { ServiceContext } from "./context.ts";
import { eachExperiment, type Failure } from "./each-experiment.ts";

/** How often a process looks, in milliseconds. */
export const COMMON_SEGMENTS_INTERVAL_MS = MINUTE_MS;

/** One round. @throws SixpackError store-unavailable: the experiments could not be listed */
export function addCommonSegments(
  context: Pick<ServiceContext, "store" | "clock" | "settings">,
): Promise<readonly Failure[]> {
  const { store, settings } = context;
  return eachExperiment(store, async (experiment) => {
    if (!experiment.archived) await addCommonDimensions(context, experiment, settings.dimensions);
  });
}
