/**
 * Imports from a Redis of Sixpack 1.x or 2.x into any store. The source is only read. An experiment is imported
 * completely or not at all, so after an interruption simply run the import again.
 */
import { SixpackError } from "../../domain/errors.ts";
import type { AdministerContext } from "../administer/act.ts";
import { logDone } from "../logged-change.ts";
import { type Cargo, type CargoOutcome, type Contents, load, survey } from "./cargo.ts";
import type { ImportOptions } from "./import-options.ts";
import { type Oddities, SixpackCargo } from "./sixpack/sixpack-cargo.ts";
import { foreignDefinition } from "./sixpack/sixpack-definition.ts";
import type { SixpackSource, SourceExperiment } from "./sixpack/source.ts";

export interface SixpackImportOptions extends ImportOptions {
  /** Called with the number of clients in all, and then with how many more were read. */
  readonly onTotal: (numbers: number) => void;
  readonly onProgress: (numbers: number) => void;
}

export type ImportResult =
  | {
      readonly kind: "surveyed" | CargoOutcome["kind"];
      readonly definition: Cargo["definition"];
      readonly contents: Contents;
      readonly oddities: Oddities;
      /** For `taken`: the stored experiment holds the same tallies. */
      readonly same: boolean;
    }
  /** Something in it can't be stored; `reason` says what. */
  | { readonly kind: "refused"; readonly name: string; readonly reason: string };

/** @throws SixpackError experiment-not-found: a name that the source doesn't have; transfer-failed; store-unavailable */
export async function* importSixpack(
  context: AdministerContext,
  source: SixpackSource,
  options: SixpackImportOptions,
): AsyncIterable<ImportResult> {
  const experiments: SourceExperiment[] = [];
  for (const name of await chosen(source, options.names)) experiments.push(await source.experiment(name));
  options.onTotal(experiments.reduce((sum, { numbersEnd }) => sum + numbersEnd, 0));
  for (const experiment of experiments) yield await importOne(context, source, experiment, options);
}

async function chosen(source: SixpackSource, names: readonly string[]): Promise<readonly string[]> {
  const stored = await source.names();
  if (names.length === 0) return stored;
  const missing = names.filter((name) => !stored.includes(name));
  if (missing.length > 0) {
    throw new SixpackError("experiment-not-found", `Expected experiments of the source, got ${missing.join(", ")}`);
  }
  return stored.filter((name) => names.includes(name));
}

async function importOne(
  context: AdministerContext,
  source: SixpackSource,
  experiment: SourceExperiment,
  { dryRun, replace, keepClientIds, actor, from, onProgress }: SixpackImportOptions,
): Promise<ImportResult> {
  const { clock } = context;
  let definition: Cargo["definition"];
  try {
    definition = foreignDefinition(experiment, clock.nowMs());
  } catch (error) {
    if (!(error instanceof SixpackError)) throw error;
    return { kind: "refused", name: experiment.name, reason: error.detail ?? error.message };
  }
  const cargo = new SixpackCargo(source, experiment, definition, { keepClientIds, onProgress });
  if (dryRun) {
    const contents = await survey(cargo);
    return { kind: "surveyed", definition, contents, oddities: cargo.oddities, same: false };
  }
  const outcome = await load(context, cargo, replace);
  const { kind, contents } = outcome;
  if (outcome.kind === "loaded") {
    const after = `${contents.records} clients, ${contents.unrecorded} counts without ids`;
    await logDone(context, { actor }, definition.name, { action: "import", before: from, after });
  }
  return { kind, definition, contents, oddities: cargo.oddities, same: outcome.kind === "taken" && outcome.same };
}
