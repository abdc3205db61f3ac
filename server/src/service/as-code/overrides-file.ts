/**
 * Whether an act overrides a file in a repository. It does where the next `sixpack apply` would take something of it back,
 * whatever the act is called: a further KPI or segment stays, so it is up to people.
 */
import { SixpackError } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { rehearsal } from "../administer/rehearse.ts";
import { applyFile } from "./apply-file.ts";
import type { FileEntry } from "./experiments-file.ts";
import { type ApplyContext, PARTS } from "./parts.ts";

/**
 * @param run the act, tried on a store that keeps nothing
 * @returns false too where the act is refused, which it says by itself
 */
export async function overridesFile<Context extends ApplyContext>(
  context: Context,
  name: string,
  run: (context: Context) => Promise<unknown>,
): Promise<boolean> {
  const stored = await context.store.definitions.read(name);
  if (stored?.managedBy === undefined) return false;
  const stage = rehearsal(context.store);
  const rehearsing = { ...context, store: stage.store };
  try {
    await run(rehearsing);
  } catch (error) {
    if (error instanceof SixpackError) return false;
    throw error;
  }
  if (stage.written(name) === undefined) return false;
  const applied = await applyFile(rehearsing, "", { experiments: { [name]: strictEntry(stored) } }, true);
  return applied.some(({ kind }) => kind !== "same");
}

/** All that a file can say which agrees with an experiment, also of what is not there: nobody knows here what it leaves out. */
function strictEntry(experiment: Experiment): FileEntry {
  return Object.fromEntries(
    Object.entries(PARTS).flatMap(([key, { read, strict = read }]) => {
      const value = strict(experiment);
      return value === undefined ? [] : [[key, value]];
    }),
  );
}
