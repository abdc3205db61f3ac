/** Whether the tallies, from which every page is made, agree with the client records they were counted from. */
import type { ClientKey } from "../../domain/digest.ts";
import { isOfExperiment, reasonOf } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { tallyDifferences } from "../../domain/tally-differences.ts";
import { type Finding, fail, ok } from "../../ops/finding.ts";
import type { Store } from "../../store/store.ts";

/**
 * Two reads of a store under traffic see different moments, so a difference counts only if it is still there at the
 * next try.
 */
const ATTEMPTS_MAX = 3;
const DIFFERENCES_SHOWN = 3;
const BAD_DAY = "docs/operations.md, A bad day";

export async function checkRecords(store: Store, experiments: readonly Experiment[]): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const experiment of experiments) {
    const finding = await checkExperiment(store, experiment).catch((error: unknown) => {
      if (!isOfExperiment(error)) throw error;
      return fail(`records of ${experiment.name}`, `can't be read: ${reasonOf(error)}`, BAD_DAY);
    });
    findings.push(finding);
  }
  return findings;
}

async function checkExperiment(store: Store, experiment: Experiment): Promise<Finding> {
  const subject = `records of ${experiment.name}`;
  /** A client once, however often it is read. */
  const unreadable = new Map<ClientKey, string>();
  let differences: readonly string[] = [];
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const [tallies, counted] = await Promise.all([
      store.tallies.read(experiment),
      store.tallies.recount(experiment, (client, reason) => unreadable.set(client, reason)),
    ]);
    const [first] = unreadable.values();
    // Those clients still count in the tallies, so the others can't be compared with them.
    if (first !== undefined) return fail(subject, `${unreadable.size} can't be read, such as: ${first}`, BAD_DAY);
    differences = tallyDifferences(tallies, counted);
    if (differences.length === 0) return ok(subject, `agree with its ${tallies.length} tallies`);
  }
  return fail(
    subject,
    `differ from its tallies: ${differences.slice(0, DIFFERENCES_SHOWN).join("; ")}`,
    "report this with the log since the last start",
  );
}
