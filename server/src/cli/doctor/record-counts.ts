/** Whether the tallies, from which every page is made, agree with the client records they were counted from. */
import { isOfExperiment, reasonOf } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { tallyDifferences } from "../../domain/tally.ts";
import type { Store } from "../../store/store.ts";
import { type Finding, fail, ok } from "./finding.ts";

/**
 * Two reads of a store under traffic see different moments, so a difference counts only if it is still there at the
 * next try.
 */
const ATTEMPTS_MAX = 3;
const DIFFERENCES_SHOWN = 3;

export async function checkRecords(store: Store, experiments: readonly Experiment[]): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const experiment of experiments) {
    const finding = await checkExperiment(store, experiment).catch((error: unknown) => {
      if (!isOfExperiment(error)) throw error;
      return fail(
        `records of ${experiment.name}`,
        `can't be read: ${reasonOf(error)}`,
        "docs/operations.md, A bad day",
      );
    });
    findings.push(finding);
  }
  return findings;
}

async function checkExperiment(store: Store, experiment: Experiment): Promise<Finding> {
  const subject = `records of ${experiment.name}`;
  let differences: readonly string[] = [];
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const [tallies, counted] = await Promise.all([store.tallies.read(experiment), store.tallies.recount(experiment)]);
    differences = tallyDifferences(tallies, counted);
    if (differences.length === 0) return ok(subject, `agree with its ${tallies.length} tallies`);
  }
  return fail(
    subject,
    `differ from its tallies: ${differences.slice(0, DIFFERENCES_SHOWN).join("; ")}`,
    "report this with the log since the last start",
  );
}
