/**
 * Reports, computed once per question and in slices: the API shares the process, so nothing here may hold its event
 * loop. One report is computed at a time, one step of the engine per turn; whoever asks the same meanwhile shares it.
 */
import { createHash } from "node:crypto";
import type { ReportInput } from "../../stats/input.ts";
import type { Report } from "../../stats/report.ts";
import { summarizeSteps } from "../../stats/summarize.ts";
import { Recent } from "./recent.ts";
import type { Turns } from "./turns.ts";

/** Reports remembered, the least recently asked for going first: about 10 KB each. */
export const REPORTS_MAX = 1_000;

export class ReportCache {
  readonly #reports = new Recent<string, Promise<Report>>(REPORTS_MAX);
  readonly #turns: Turns;
  #queue: Promise<unknown> = Promise.resolve();
  #computed = 0;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /** Reports computed so far, for tests and benches. */
  get computed(): number {
    return this.#computed;
  }

  /**
   * The answer to a question, computed unless it was asked before.
   * @param scope what the question is about, such as a life of an experiment: equal counts elsewhere are another question
   */
  report(scope: string, input: ReportInput): Promise<Report> {
    // All that bears on the answer is in the input, so its text is the key, and nothing ever needs to be invalidated.
    const key = createHash("sha1").update(scope).update("\n").update(JSON.stringify(input)).digest("base64");
    const known = this.#reports.get(key);
    if (known !== undefined) return known;
    const report = this.#queue.then(() => this.#compute(input));
    this.#queue = report.catch(() => {});
    this.#reports.set(key, report);
    // A defect is told to everybody who waits, and tried again by the next.
    report.catch(() => this.#reports.delete(key));
    return report;
  }

  #compute(input: ReportInput): Promise<Report> {
    this.#computed += 1;
    return this.#turns.runSteps(summarizeSteps(input));
  }
}
