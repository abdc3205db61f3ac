/** Definitions for tests of the pure rooms: made like stored ones, with what a test wants different. */
import { createdExperiment, type Experiment, type ExperimentDraft } from "../../src/domain/experiment.ts";
import type { AlternativeName, ExperimentName } from "../../src/domain/names.ts";

/** An experiment of "red", "green" and "blue" with everybody in it, unless told otherwise. */
export function experimentOf(
  options: Partial<Omit<ExperimentDraft, "name" | "alternatives">> & {
    readonly name?: string;
    readonly alternatives?: readonly string[];
  } = {},
): Experiment {
  const { name = "colors", alternatives = ["red", "green", "blue"], ...draft } = options;
  return createdExperiment(
    {
      createdAtMs: 0,
      ...draft,
      name: name as ExperimentName,
      alternatives: alternatives as readonly AlternativeName[],
    },
    1,
    1,
  );
}
