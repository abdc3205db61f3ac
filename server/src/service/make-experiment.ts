/** Making an experiment because a call names it. */
import type { ExperimentDraft } from "../domain/draft.ts";
import { SixpackError } from "../domain/errors.ts";
import { alternativeName, type Experiment } from "../domain/experiment.ts";
import { quote } from "../domain/names.ts";
import type { Caller } from "../domain/scope.ts";
import type { Store } from "../store/store.ts";
import type { ServiceContext } from "./context.ts";
import { logByCall } from "./logged-change.ts";

/** Longest text of alternatives in the log, in characters: strangers may send 100 long names with each call. */
const NAMES_LENGTH_MAX = 1_000;

/** What is being made, by store and name: a new page sends many first visitors at once, and one of them makes it. */
const making = new WeakMap<Store, Map<string, Promise<Experiment>>>();

/**
 * The first caller makes it, and all get what is stored. The activity log has an entry for it.
 * @throws SixpackError undeclared-experiment, too-many-experiments
 */
export function makeExperiment(context: ServiceContext, draft: ExperimentDraft, caller: Caller): Promise<Experiment> {
  const { settings, store } = context;
  if (caller.closed.has("experiments")) {
    throw new SixpackError("undeclared-experiment", `Expected a declared experiment, got ${quote(draft.name)}`);
  }
  const inStore = making.get(store) ?? new Map<string, Promise<Experiment>>();
  making.set(store, inStore);
  const known = inStore.get(draft.name);
  if (known !== undefined) return known;
  const retryAfterS = caller.key === undefined ? (settings.newExperiments?.take(caller.address) ?? 0) : 0;
  if (retryAfterS > 0) {
    throw new SixpackError("too-many-experiments", `Expected the next one in ${retryAfterS} s`, { retryAfterS });
  }
  const made = make(context, draft, caller).finally(() => inStore.delete(draft.name));
  inStore.set(draft.name, made);
  return made;
}

async function make(context: ServiceContext, draft: ExperimentDraft, caller: Caller): Promise<Experiment> {
  const { kind, experiment } = await context.store.definitions.create(draft);
  // Another process was faster.
  if (kind === "taken") return experiment;
  const names = experiment.alternatives.map((_, index) => alternativeName(experiment, index)).join(", ");
  const after = names.length > NAMES_LENGTH_MAX ? `${names.slice(0, NAMES_LENGTH_MAX)}…` : names;
  await logByCall(context, caller, experiment.name, { action: "make", before: null, after });
  return experiment;
}
