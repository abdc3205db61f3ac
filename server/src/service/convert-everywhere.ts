/** `/convert` without an experiment: one goal reached, counted in every experiment that the client takes part in. */
import { clientKey, digestOf } from "../domain/digest.ts";
import { SixpackError } from "../domain/errors.ts";
import type { Experiment } from "../domain/experiment.ts";
import type { AlternativeName } from "../domain/names.ts";
import type { ServiceContext } from "./context.ts";
import { type ConvertAnswer, type ConvertRequest, convert } from "./convert.ts";

export interface ConvertEverywhereAnswer {
  /** `filtered` for robots and ignored addresses: answered, never counted. */
  readonly kind: "converted" | "filtered";
  readonly conversions: readonly { readonly experiment: Experiment; readonly alternative: AlternativeName }[];
}

/**
 * Paused and archived experiments are passed over.
 * @throws SixpackError not-participating: in no running experiment; and those of `convert`
 */
export async function convertEverywhere(
  context: ServiceContext,
  request: Omit<ConvertRequest, "experiment">,
): Promise<ConvertEverywhereAnswer> {
  const running = (await context.store.listExperiments()).filter(({ paused, archived }) => !paused && !archived);
  const participating = await Promise.all(running.map((experiment) => takesPart(context, experiment, request)));
  const answers = await Promise.all(
    running
      .filter((_, index) => participating[index])
      .map((experiment) => convert(context, { ...request, experiment: experiment.name })),
  );
  if (answers.length === 0) throw new SixpackError("not-participating");
  const conversions = answers.filter(
    (answer): answer is ConvertAnswer & { kind: "converted" } => answer.kind === "converted",
  );
  return { kind: conversions.length === 0 ? "filtered" : "converted", conversions };
}

async function takesPart(
  { store }: ServiceContext,
  experiment: Experiment,
  { client }: Pick<ConvertRequest, "client">,
): Promise<boolean> {
  const key = clientKey(digestOf(experiment.name, client));
  const assignment = store.peekAssignment(experiment, key) ?? (await store.readAssignment(experiment, key));
  return assignment?.kind === "alternative";
}
