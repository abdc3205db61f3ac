/**
 * The only writer of what the server notices by itself. Each fact is written once, by the process that is first, and
 * that process reports it.
 */
import type { Clock } from "../../domain/clock.ts";
import { type Conclusion, withConclusions } from "../../domain/conclusion.ts";
import type { Counts } from "../../domain/counts.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { NewFact } from "../../domain/fact.ts";
import { type Kpi, settledKpi, withDecidingKpi, withFoundValues } from "../../domain/kpi.ts";
import { awaitsAlarm, isLookDue, withFacts, withNoticed } from "../../domain/noticed.ts";
import { decisionKpi, mayShip } from "../../stats/deciding.ts";
import { reachedNow } from "../../stats/reached.ts";
import type { Report } from "../../stats/report.ts";
import { isLookReady } from "../../stats/summarize.ts";
import type { Store } from "../../store/store.ts";
import { changeDefinition } from "../change.ts";
import type { Days } from "./days.ts";
import { causeFacts, conclusionFact, mismatchFact, sizeFact } from "./facts.ts";
import { judgedOn, reportInput } from "./report-input.ts";
import type { SegmentReport } from "./segment-report.ts";

export interface Notice {
  readonly kind:
    | "planned-size-reached"
    | "sample-ratio-mismatch"
    | "values-found"
    | "kpi-settled"
    | "conclusion-reached"
    | "facts";
  /** The definition with the fact in it, as it is stored now. */
  readonly experiment: Experiment;
}

export interface NotebookParts {
  readonly store: Store;
  readonly clock: Clock;
  /**
   * Whether values that come say that a KPI counts them, where no person said what it counts. Not where strangers call: one
   * of them could have it decided by a mean in place of a rate.
   */
  readonly findsValues: boolean;
  /** Called once for each fact, by the process that wrote it down, whatever made that process look. */
  readonly onNoticed: (fact: Notice) => void;
}

export class Notebook {
  readonly #parts: NotebookParts;

  constructor(parts: NotebookParts) {
    this.#parts = parts;
  }

  /**
   * Stores these counts as the planned look if they are the first to reach the planned size. Returns the definition.
   */
  look(experiment: Experiment, counts: Counts, days: Days): Promise<Experiment> {
    const { participants } = counts;
    if (!isLookDue(experiment, participants)) return Promise.resolve(experiment);
    const question = { baseline: 0, kpi: undefined, whole: true };
    const { input } = reportInput(experiment, counts, question, days);
    if (!isLookReady(input)) return Promise.resolve(experiment);
    const cells = [...counts.cells()].map(({ events, sumRest, squaresRest, ...cell }) => cell);
    const finalLook = { atMs: this.#parts.clock.nowMs(), participants, cells };
    return this.#notice("planned-size-reached", experiment, (stored) =>
      // The plan may have been changed meanwhile to a larger one.
      isLookDue(stored, participants)
        ? withFacts(withNoticed(stored, { finalLook }), [sizeFact(participants)], finalLook.atMs)
        : stored,
    );
  }

  /** Stores what KPIs count and which one decides, as far as these counts settle it. Returns the definition. */
  async kpi(asked: Experiment, counts: Counts): Promise<Experiment> {
    let experiment = asked;
    if (this.#parts.findsValues && withFoundValues(experiment, counts) !== experiment) {
      experiment = await this.#notice("values-found", experiment, (stored) => withFoundValues(stored, counts));
    }
    if (settledKpi(experiment, counts) === undefined) return experiment;
    const atMs = this.#parts.clock.nowMs();
    return this.#notice("kpi-settled", experiment, (stored) => {
      const kpi = settledKpi(stored, counts);
      return kpi === undefined ? stored : withDecidingKpi(stored, kpi.name, atMs);
    });
  }

  /**
   * Stores what this report is the first to conclude, and returns the definition. Nothing is concluded once a winner is
   * set: later data compare nothing.
   */
  conclusions(experiment: Experiment, kpis: readonly Kpi[], report: Report): Promise<Experiment> {
    if (experiment.winner !== null) return Promise.resolve(experiment);
    const atMs = this.#parts.clock.nowMs();
    const day = this.#parts.clock.dayAt(atMs);
    const found = reachedNow(report, decisionKpi(report), mayShip(report)).flatMap(
      ({ kpi: index, arm, ...reached }): readonly Conclusion[] => {
        const kpi = kpis[index];
        return kpi === undefined ? [] : [{ ...judgedOn(experiment, kpi), ...reached, alternative: arm, atMs, day }];
      },
    );
    if (found.length === 0) return Promise.resolve(experiment);
    return this.#notice("conclusion-reached", experiment, (stored) =>
      // The definition changed meanwhile, and so may the question: the next look decides.
      stored.version === experiment.version
        ? withFacts(
            withNoticed(stored, { conclusions: withConclusions(stored.noticed.conclusions, found) }),
            found.flatMap((one) => conclusionFact(stored, one)),
            atMs,
          )
        : stored,
    );
  }

  /** Stores the sample ratio alarm of all participants and that of a segment. Returns the definition. */
  mismatch(experiment: Experiment, alarm: boolean, segments: SegmentReport | null): Promise<Experiment> {
    if (!alarm || !awaitsAlarm(experiment)) return this.facts(experiment, (stored) => causeFacts(stored, segments));
    const atMs = this.#parts.clock.nowMs();
    return this.#notice("sample-ratio-mismatch", experiment, (stored) =>
      awaitsAlarm(stored)
        ? withFacts(withNoticed(stored, { sampleRatioMismatchAtMs: atMs }), [mismatchFact(segments)], atMs)
        : stored,
    );
  }

  /**
   * Stores the facts that are new. Returns the definition.
   * @param found of a definition as it is stored by then
   */
  facts(experiment: Experiment, found: (stored: Experiment) => readonly NewFact[]): Promise<Experiment> {
    const atMs = this.#parts.clock.nowMs();
    const step = (stored: Experiment) => withFacts(stored, found(stored), atMs);
    return step(experiment) === experiment ? Promise.resolve(experiment) : this.#notice("facts", experiment, step);
  }

  /**
   * Writes a fact down by compare-and-set, in this life only: after a reset or delete the counts at hand belong to no
   * definition. Whoever wins the write tells.
   */
  async #notice(
    kind: Notice["kind"],
    experiment: Experiment,
    step: (stored: Experiment) => Experiment,
  ): Promise<Experiment> {
    const { store, onNoticed } = this.#parts;
    let written = false;
    const stored = await changeDefinition(store, experiment.name, (found) => {
      const next = found.life === experiment.life ? step(found) : found;
      written = next !== found;
      return next;
    });
    if (stored?.life !== experiment.life) return experiment;
    if (written) onNoticed({ kind, experiment: stored });
    return stored;
  }
}
