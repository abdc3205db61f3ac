/** Making an experiment of a draft, all of it in one write: no visitor, and no crash, meets half of it. */
import type { ExperimentDraft } from "../../domain/draft.ts";
import type { Experiment, LayerSlice } from "../../domain/experiment.ts";
import { logDone } from "../logged-change.ts";
import type { AdministerContext, Target } from "./act.ts";
import { holding } from "./layers.ts";

/**
 * @returns what is stored under the name now, and whether it is this draft: somebody may have been faster
 * @throws SixpackError slice-taken, experiment-busy
 */
export async function makeOf(
  context: AdministerContext,
  target: Target,
  draft: ExperimentDraft,
): Promise<{ readonly experiment: Experiment; readonly isMade: boolean }> {
  const make = () => context.store.definitions.create(draft);
  const { kind, experiment } = await holding(context, draft.name, slicesOf(draft), make);
  const isMade = kind === "made";
  const after = draft.alternatives.join(", ");
  if (isMade) await logDone(context, target, draft.name, { action: "declare", before: null, after });
  return { experiment, isMade };
}

/** What a draft takes of a layer. */
export function slicesOf({ slice }: ExperimentDraft): readonly LayerSlice[] {
  return slice === undefined ? [] : [slice];
}
