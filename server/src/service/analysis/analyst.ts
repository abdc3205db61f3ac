/**
 * Who reads the numbers: one for each store, made at the start and passed to whatever shows or watches experiments. It
 * remembers counts by the store's mark and answers by their question, and it is the only writer of what the
 * server notices.
 */
import type { Clock } from "../../domain/clock.ts";
import { type Conclusion, withConclusions } from "../../domain/conclusion.ts";
import { Counts } from "../../domain/counts.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { awaitsKpi, type Kpi, settledKpi } from "../../domain/kpi.ts";
import { awaitsAlarm, awaitsLook, isLookDue, withNoticed } from "../../domain/noticed.ts";
import type { Tally } from "../../domain/tally.ts";
import { decisionKpi, mayShip } from "../../stats/deciding.ts";
import type { ReportInput } from "../../stats/input.ts";
import { reachedNow } from "../../stats/reached.ts";
import type { Report } from "../../stats/report.ts";
import { EVIDENCE_ALARM, sampleRatioEvidence } from "../../stats/sample-ratio.ts";
import type { Steps } from "../../stats/steps.ts";
import { isLookReady, summarizeSteps } from "../../stats/summarize.ts";
import type { Store } from "../../store/store.ts";
import { changeDefinition } from "../change.ts";
import { eachExperiment, type Failure } from "../each-experiment.ts";
import { allocationOf } from "./allocation.ts";
import {
  type Analysis,
  type AnalysisOptions,
  baselineIndex,
  type DayRange,
  isWhole,
  rangeOf,
  WHOLE,
  withinSteps,
} from "./analysis.ts";
import { Answers } from "./answers.ts";
import { type BanditReport, banditQuestion, banditReportSteps } from "./bandit-report.ts";
import { CountsCache, type MarkedCounts } from "./counts-cache.ts";
import { type Days, daysOf } from "./days.ts";
import { epochCounts } from "./epoch-counts.ts";
import { healthOf } from "./health.ts";
import { hiddenReason } from "./hidden.ts";
import { ListBoard } from "./list-board.ts";
import { judgedOn, reportInput } from "./report-input.ts";
import { summarized } from "./summary.ts";
import { Turns } from "./turns.ts";

export interface Notice {
  readonly kind: "planned-size-reached" | "sample-ratio-mismatch" | "kpi-settled" | "conclusion-reached";
  /** The definition with the fact in it, as it is stored now. */
  readonly experiment: Experiment;
}

export interface AnalystParts {
  readonly store: Store;
  readonly clock: Clock;
  /** Called once for each fact, by the process that wrote it down, whatever made that process look. */
  readonly onNoticed: (fact: Notice) => void;
}

/** An analysis with the tallies behind it, for charts. */
export interface DetailedAnalysis {
  readonly analysis: Analysis;
  /** Of the range asked for. */
  readonly tallies: readonly Tally[];
  readonly counts: Counts;
}

export class Analyst {
  /** What the list of experiments shows. */
  readonly list: ListBoard;
  readonly #parts: AnalystParts;
  readonly #turns = new Turns();
  readonly #counts: CountsCache;
  readonly #reports = new Answers<Report>(this.#turns);
  readonly #bandits = new Answers<BanditReport>(this.#turns);

  constructor(parts: AnalystParts) {
    this.#parts = parts;
    this.#counts = new CountsCache(parts.store, this.#turns);
    this.list = new ListBoard(parts, async (experiment, kpi) => {
      const marked = await this.#counts.read(experiment);
      const analysis = await this.#analyse(experiment, marked, WHOLE, { kpi });
      return summarized(analysis, marked.counts, parts.clock.today());
    });
  }

  /** Reports computed so far, for tests and benches. */
  get reportsComputed(): number {
    return this.#reports.computed;
  }

  /**
   * @throws SixpackError unknown-alternative: `baseline` is none of the experiment's
   * @throws SixpackError store-unavailable, experiment-busy
   */
  async read(experiment: Experiment, options: AnalysisOptions = {}): Promise<Analysis> {
    const range = rangeOf(options);
    if (isWhole(range)) return this.#analyse(experiment, await this.#counts.read(experiment), range, options);
    return (await this.readDetailed(experiment, options)).analysis;
  }

  /** @throws as `read` */
  async readDetailed(experiment: Experiment, options: AnalysisOptions = {}): Promise<DetailedAnalysis> {
    const range = rangeOf(options);
    const { tallies: all, ...marked } = await this.#counts.readWhole(experiment);
    const tallies = isWhole(range) ? all : await this.#turns.runSteps(withinSteps(all, range));
    const counts = isWhole(range) ? marked.counts : await this.#turns.runSteps(Counts.steps(tallies));
    return { analysis: await this.#analyse(experiment, { ...marked, counts }, range, options), tallies, counts };
  }

  /** Runs a computation between requests, as those of the reports are run. */
  compute<Result>(steps: Steps<Result>): Promise<Result> {
    return this.#turns.runSteps(steps);
  }

  /** Makes the planned looks that are due. @throws SixpackError store-unavailable: the experiments could not be listed */
  watchPlans(): Promise<readonly Failure[]> {
    return eachExperiment(this.#parts.store, async (experiment) => {
      // The store's mark says that nobody came: an experiment that nobody visits costs one number.
      if (awaitsLook(experiment)) await this.#noticeLook(experiment, (await this.#counts.read(experiment)).counts);
    });
  }

  /** Sounds the sample ratio alarms that are due, and settles which KPI decides. @throws SixpackError store-unavailable: as above */
  watchSplits(): Promise<readonly Failure[]> {
    return eachExperiment(this.#parts.store, async (experiment) => {
      if (!awaitsAlarm(experiment) && !awaitsKpi(experiment)) return;
      const { counts } = await this.#counts.read(experiment);
      await this.#noticeKpi(experiment, counts);
      if (await this.#turns.run(() => isMismatched(experiment, counts))) await this.#noticeMismatch(experiment);
    });
  }

  /** Makes the report of every experiment that may conclude something, so that it is kept. @throws SixpackError store-unavailable: as above */
  watchConclusions(): Promise<readonly Failure[]> {
    return eachExperiment(this.#parts.store, async (experiment) => {
      if (experiment.archived || experiment.winner !== null) return;
      await this.#analyse(experiment, await this.#counts.read(experiment), WHOLE, {});
    });
  }

  async #analyse(
    asked: Experiment,
    { counts, mark }: MarkedCounts,
    range: DayRange,
    options: AnalysisOptions,
  ): Promise<Analysis> {
    const { clock } = this.#parts;
    const baseline = options.baseline === undefined ? 0 : baselineIndex(asked, options.baseline);
    const whole = isWhole(range);
    const today = clock.today();
    const days = this.#daysOf(asked, counts);
    let experiment = whole ? await this.#noticeLook(await this.#noticeKpi(asked, counts), counts) : asked;
    const question = { baseline, kpi: options.kpi, whole };
    const scope = `${experiment.name}:${experiment.life}`;
    const ask = () =>
      this.#turns.run(() => {
        const { input, kpis } = reportInput(experiment, counts, question, days);
        return { kpis, answer: this.#report(scope, input) };
      });
    let { kpis, answer } = await ask();
    if (whole && baseline === 0) {
      const concluded = await this.#noticeConclusions(experiment, kpis, await answer);
      if (concluded !== experiment) {
        experiment = concluded;
        ({ kpis, answer } = await ask());
      }
    }
    const report = await answer;
    const bandit = whole ? await this.#bandit(scope, experiment, { counts, mark }, report) : null;
    const { sampleRatio } = report;
    if (whole && sampleRatio.kind === "tested" && sampleRatio.alarm)
      experiment = await this.#noticeMismatch(experiment);
    return {
      experiment,
      report,
      verdict: whole && baseline === 0 ? report.verdict : null,
      kpis,
      shown: Math.max(
        0,
        kpis.findIndex(({ name }) => name === options.kpi),
      ),
      range,
      days,
      health: healthOf(experiment, counts, sampleRatio, days, today),
      allocation: allocationOf(experiment, counts),
      bandit,
      hidden: hiddenReason(experiment, counts),
    };
  }

  #report(scope: string, input: ReportInput): Promise<Report> {
    return this.#reports.answer([scope, input], () => summarizeSteps(input));
  }

  /** Its two parts are pieces of work of their own: the slice is a report like any other. */
  async #bandit(
    scope: string,
    experiment: Experiment,
    { counts, mark }: MarkedCounts,
    { settings, baseline }: Report,
  ): Promise<BanditReport | null> {
    const question = banditQuestion(experiment, counts, settings, baseline);
    if (question === null) return null;
    const slice = await this.#report(`${scope}:explored`, question.input);
    // Equal marks are equal counts, and a mark is a shorter question than the counts of thousands of batches.
    return this.#bandits.answer([scope, experiment.version, mark, question.input], () =>
      banditReportSteps(experiment, counts, question, slice),
    );
  }

  #daysOf({ createdAtMs }: Experiment, counts: Counts): Days {
    const { clock } = this.#parts;
    const [nowMs, today] = [clock.nowMs(), clock.today()];
    return daysOf(counts, { nowMs, today, createdAtMs, createdDay: clock.dayAt(createdAtMs) });
  }

  /** The definition, with the counts at hand as its planned look if they are the first to reach the plan. */
  #noticeLook(experiment: Experiment, counts: Counts): Promise<Experiment> {
    const { participants } = counts;
    if (!isLookDue(experiment, participants)) return Promise.resolve(experiment);
    const question = { baseline: 0, kpi: undefined, whole: true };
    const { input } = reportInput(experiment, counts, question, this.#daysOf(experiment, counts));
    if (!isLookReady(input)) return Promise.resolve(experiment);
    const cells = [...counts.cells()].map(({ events, ...cell }) => cell);
    const finalLook = { atMs: this.#parts.clock.nowMs(), participants, cells };
    return this.#notice("planned-size-reached", experiment, (stored) =>
      // The plan may have been changed meanwhile to a larger one.
      isLookDue(stored, participants) ? withNoticed(stored, { finalLook }) : stored,
    );
  }

  /** The definition, with the KPI that decides if it is settled by the counts at hand. */
  #noticeKpi(experiment: Experiment, counts: Counts): Promise<Experiment> {
    if (settledKpi(experiment, counts) === undefined) return Promise.resolve(experiment);
    const atMs = this.#parts.clock.nowMs();
    return this.#notice("kpi-settled", experiment, (stored) => {
      const kpi = settledKpi(stored, counts);
      return kpi === undefined ? stored : withNoticed(stored, { decidingKpi: { name: kpi.name, atMs } });
    });
  }

  /** The definition, with what this report is the first to conclude. Under a winner counts go on that compare nothing. */
  #noticeConclusions(experiment: Experiment, kpis: readonly Kpi[], report: Report): Promise<Experiment> {
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
      // Whatever was changed meanwhile may ask another question: the next look answers it.
      stored.version === experiment.version
        ? withNoticed(stored, { conclusions: withConclusions(stored.noticed.conclusions, found) })
        : stored,
    );
  }

  /** The definition, with the sample ratio alarm in it. */
  #noticeMismatch(experiment: Experiment): Promise<Experiment> {
    if (!awaitsAlarm(experiment)) return Promise.resolve(experiment);
    const fact = { sampleRatioMismatchAtMs: this.#parts.clock.nowMs() };
    return this.#notice("sample-ratio-mismatch", experiment, (stored) =>
      awaitsAlarm(stored) ? withNoticed(stored, fact) : stored,
    );
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

/** The evidence alone, not a report: microseconds for an experiment whose rules never changed. */
export function isMismatched(experiment: Experiment, counts: Counts): boolean {
  const splits = epochCounts(experiment, [...counts.cells()], [], []).map(({ participants, weights }) => {
    return { observed: participants, weights };
  });
  return sampleRatioEvidence(splits) >= Math.log(EVIDENCE_ALARM);
}
