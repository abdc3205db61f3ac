/** `/convert` without an experiment: one goal reached, counted in every experiment that the client takes part in. */
import { clientKey, digestOf } from "../domain/digest.ts";
import { isOfExperiment, SixpackError } from "../domain/errors.ts";
import type { Experiment } from "../domain/experiment.ts";
import type { AlternativeName } from "../domain/names.ts";
import { isFiltered } from "../domain/visitor.ts";
import type { ServiceContext } from "./context.ts";
import { type ConvertRequest, convert } from "./convert.ts";
import { unlessUnreadable } from "./unless-unreadable.ts";

export interface ConvertEverywhereAnswer {
  /** `filtered` for robots and ignored addresses: answered, never counted. */
  readonly kind: "converted" | "filtered";
  readonly conversions: readonly { readonly experiment: Experiment; readonly alternative: AlternativeName }[];
}

/**
 * Paused and archived experiments are passed over, and so is one that can't count it (paused meanwhile, too many KPIs)
 * while another one can. @param onTouched called with the number of experiments that are asked
 * @throws SixpackError not-participating: in no running experiment; and those of `convert`
 */
export async function convertEverywhere(
  context: ServiceContext,
  request: Omit<ConvertRequest, "experiment">,
  onTouched: (experiments: number) => void = () => {},
): Promise<ConvertEverywhereAnswer> {
  const { settings, store } = context;
  if (isFiltered(settings.visitorFilter, request.userAgent, request.address)) {
    return { kind: "filtered", conversions: [] };
  }
  const running = (await store.definitions.list()).filter(({ paused, archived }) => !paused && !archived);
  onTouched(running.length);
  const joined = await Promise.all(running.map((experiment) => takesPart(context, experiment, request)));
  const outcomes = await Promise.allSettled(
    running
      .filter((_, index) => joined[index])
      .map((experiment) => convert(context, { experiment: experiment.name, ...request })),
  );
  const conversions = outcomes
    .map((outcome) => (outcome.status === "fulfilled" ? outcome.value : undefined))
    .filter((answer) => answer?.kind === "converted");
  for (const outcome of outcomes) {
    if (outcome.status === "rejected" && (conversions.length === 0 || !isRefusal(outcome.reason))) throw outcome.reason;
  }
  if (conversions.length === 0) throw new SixpackError("not-participating");
  return { kind: "converted", conversions };
}

/** Whether an error means that the call can't be counted in that experiment, and not that the server failed. */
function isRefusal(error: unknown): boolean {
  return error instanceof SixpackError && (error.status < 500 || isOfExperiment(error));
}

async function takesPart(
  { settings, store }: ServiceContext,
  experiment: Experiment,
  { client }: Pick<ConvertRequest, "client">,
): Promise<boolean> {
  // A server that is switched off answers everybody as if they took part, and counts nobody.
  if (!settings.enabled) return true;
  const key = clientKey(digestOf(experiment.name, client));
  const assignment =
    store.peek.assignment(experiment, key) ?? (await unlessUnreadable(store.records.read(experiment, key), undefined));
  return assignment?.kind === "alternative";
}
