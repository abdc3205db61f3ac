/** Exports the clients of an experiment, a row each, with raw ids where they are stored. The log says who did it. */
import type { Experiment } from "../../domain/experiment.ts";
import { findExperiment } from "../find-experiment.ts";
import { log } from "../logged-change.ts";
import { exportClientsCsv } from "../report/clients-csv.ts";
import type { AdministerContext, Target } from "./act.ts";

interface ClientsFile {
  readonly experiment: Experiment;
  /** Of the CSV, made while they are read. */
  readonly pieces: AsyncIterable<string>;
}

/** @throws SixpackError experiment-not-found, store-unavailable */
export async function exportClients(context: AdministerContext, target: Target): Promise<ClientsFile> {
  const experiment = await findExperiment(context, target.name);
  const pieces = await exportClientsCsv(context.store, experiment);
  // Logged before the first row, since even a download that is cut off shows some.
  await log(context, target, experiment.name, { action: "export-clients", before: null, after: null });
  return { experiment, pieces };
}
