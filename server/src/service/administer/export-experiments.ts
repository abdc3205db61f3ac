/** Exports experiments with all their clients, for a backup or another server, and says so in the log. */
import type { Experiment } from "../../domain/experiment.ts";
import type { ExperimentName } from "../../domain/names.ts";
import type { UnreadableExperiment } from "../../store/stored-schema.ts";
import { findExperiment } from "../find-experiment.ts";
import { log } from "../logged-change.ts";
import { exportFile } from "../transfer/file/export-file.ts";
import type { AdministerContext } from "./act.ts";

const ACTION = "export";

interface ExportTerms {
  /** Which experiments; all when empty. */
  readonly names: readonly string[];
  /** Of the software that writes the file. */
  readonly version: string;
  readonly actor: string;
  /** Hears what the file lacks, because it can't be read. */
  readonly onUnreadable: (what: { readonly experiment: string; readonly reason: string }) => void;
}

/**
 * The pieces of the file, made while they are read. Experiments that can't be read are left out.
 * @throws SixpackError experiment-not-found, store-unavailable
 */
export async function exportAll(
  context: AdministerContext,
  { names, version, actor, onUnreadable: tell }: ExportTerms,
): Promise<AsyncIterable<string>> {
  // Before the first piece, so that a name that is not known is refused before an answer begins.
  for (const name of names) await findExperiment(context, name);
  return pieces();

  async function* pieces(): AsyncIterable<string> {
    const exported: ExperimentName[] = [];
    const onExported = ({ name }: Experiment, _records: number, _exact: boolean, unreadable: number): void => {
      exported.push(name);
      if (unreadable > 0) tell({ experiment: name, reason: `${unreadable} records make no sense` });
    };
    const onUnreadable = ({ name, reason }: UnreadableExperiment) => tell({ experiment: name, reason });
    for await (const piece of exportFile(context, { names, version, onExported, onUnreadable })) {
      for (const name of exported.splice(0)) await note(context, name, actor);
      yield piece;
    }
  }
}

/** A nightly backup that nothing came between leaves one entry, or it would push all others out of the log. */
async function note(context: AdministerContext, name: ExperimentName, actor: string): Promise<void> {
  const [last] = await context.store.activity.read({ experiment: name, limit: 1 });
  if (last?.action === ACTION && last.actor === actor) return;
  await log(context, { actor }, name, { action: ACTION, before: null, after: null });
}
