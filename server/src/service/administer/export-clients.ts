/** Taking the clients of an experiment away, one by one and with their raw ids where they are kept: the log says who did. */
import type { Experiment } from "../../domain/experiment.ts";
import { exportClientsCsv } from "../report/clients-csv.ts";
import { findExperiment } from "../report/kpi-view.ts";
import { type AdministerContext, log, type Target } from "./act.ts";

export interface ClientsFile {
  readonly experiment: Experiment;
  /** Of the CSV, made while they are read. */
  readonly pieces: AsyncIterable<string>;
}

/** @throws SixpackError experiment-not-found, store-unavailable */
export async function exportClients(context: AdministerContext, target: Target): Promise<ClientsFile> {
  const experiment = await findExperiment(context, target.name);
  // Before the first row: whoever breaks the file off has seen some of it.
  await log(context, target, experiment.name, { action: "export-clients", before: null, after: null });
  return { experiment, pieces: exportClientsCsv(context.store, experiment) };
}
