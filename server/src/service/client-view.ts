/**
 * One client in all experiments: what is stored about it, and what it would get now, step by step. It answers "why did
 * I see this?"; the activity log says who looked.
 */
import { clientKey, digestOf } from "../domain/digest.ts";
import type { Experiment } from "../domain/experiment.ts";
import type { ClientId } from "../domain/names.ts";
import type { ServiceContext } from "./context.ts";
import { callFor } from "./evaluate.ts";
import { type Explanation, explained } from "./explain.ts";
import { findExperiment } from "./find-experiment.ts";
import { clientInLog, log } from "./logged-change.ts";
import { unlessUnreadable } from "./unless-unreadable.ts";

/** What a call is supposed to name. */
export interface Supposed {
  /** Also explained where the client has no record. */
  readonly experiment?: string | undefined;
  readonly force?: string | undefined;
  readonly userAgent?: string | undefined;
  readonly address?: string | undefined;
}

export interface ClientInExperiment extends Explanation {
  readonly experiment: Experiment;
}

/**
 * Every experiment that has a record of the client, and the one asked for, by name.
 * @throws SixpackError experiment-not-found, store-unavailable
 */
export async function viewClient(
  context: ServiceContext,
  client: ClientId,
  supposed: Supposed,
  actor: string,
): Promise<readonly ClientInExperiment[]> {
  const { store } = context;
  const asked = supposed.experiment === undefined ? undefined : await findExperiment(context, supposed.experiment);
  const found = await Promise.all(
    (await store.definitions.list()).map(async (experiment) => {
      const key = clientKey(digestOf(experiment.name, client));
      const record = await unlessUnreadable(store.records.find(experiment, key), undefined);
      if (record === undefined && experiment.name !== asked?.name) return undefined;
      const { force, userAgent, address } = supposed;
      const call = callFor(experiment, { client, userAgent, address, force, prefetch: false });
      return { experiment, ...explained(context, call, experiment, record) };
    }),
  );
  const views = found.filter((view) => view !== undefined);
  await note(context, client, views, actor);
  return views.sort((a, b) => (a.experiment.name < b.experiment.name ? -1 : 1));
}

/** One entry however many experiments there are: the log is short, and looking changes nothing. */
async function note(
  context: ServiceContext,
  client: ClientId,
  views: readonly ClientInExperiment[],
  actor: string,
): Promise<void> {
  const [first, ...others] = views;
  if (first === undefined) return;
  const { name } = first.experiment;
  const after = others.length === 0 ? null : `and in ${others.length} other experiments`;
  await log(context, { actor }, name, {
    action: "look-up-client",
    before: clientInLog(clientKey(digestOf(name, client))),
    after,
  });
}
