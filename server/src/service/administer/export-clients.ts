/** Taking the clients of an experiment away, one by one and with their raw ids where they are kept: the log says who did. */
import type { Experiment } from "../../domain/experiment.ts";
import { exportClientsCsv } from "../report/export-clients.ts";
import { findExperiment } from "../report/report.ts";
import { type Act, type AdministerContext, log } from "./act.ts";

export interface ClientsFile {
  readonly experiment: Experiment;
  /** Of the CSV, made while they are read. */
  readonly pieces: AsyncIterable<string>;
}

/** @throws SixpackError experiment-not-found, store-unavailable */
export async function exportClients(context: AdministerContext, act: Act): Promise<ClientsFile> {
  const experiment = await findExperiment(context, act.name);
  // Before the first row: whoever breaks the file off has seen some of it.
  await log(context, act, experiment.name, { action: "export-clients", before: null, after: null });
  return { experiment, pieces: exportClientsCsv(context.store, experiment) };
}
