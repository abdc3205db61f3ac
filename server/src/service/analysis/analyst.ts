/**
 * Reads and analyses the counts: one for each store, made at the start and passed to everything that shows or watches
 * experiments. It caches counts by the store's mark and reports by their input, and passes what it notices to its
 * notebook.
 */
import { Counts } from "../../domain/counts.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { NewFact } from "../../domain/fact.ts";
import { awaitsKpi, awaitsValues } from "../../domain/kpi.ts";
import { awaitsAlarm, awaitsLook } from "../../domain/noticed.ts";
import type { Tally } from "../../domain/tally.ts";
import type { ReportInput } from "../../stats/input.ts";
import type { Report, Verdict } from "../../stats/report.ts";
import { EVIDENCE_ALARM, sampleRatioEvidence } from "../../stats/sample-ratio.ts";
import type { Steps } from "../../stats/steps.ts";
import { summarizeSteps } from "../../stats/summarize.ts";
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
import { capReport } from "./cap-report.ts";
import { mayBeLeftOut } from "./conflicts.ts";
import { CountsCache, type MarkedCounts } from "./counts-cache.ts";
import { type Days, daysOf } from "./days.ts";
import { epochCounts } from "./epoch-counts.ts";
import { countFacts, stateFacts, verdictFacts } from "./facts.ts";
import { healthOf } from "./health.ts";
import { hiddenReason } from "./hidden.ts";
import { ListBoard } from "./list-board.ts";
import { missingFrom, NOTHING_MISSING } from "./missing.ts";
import { Notebook, type NotebookParts } from "./notebook.ts";
import { reportInput } from "./report-input.ts";
import { hasSegments, type SegmentReport, segmentSteps } from "./segment-report.ts";
import { summarized } from "./summary.ts";
import { Turns } from "./turns.ts";

export type AnalystParts = NotebookParts;

/** An analysis with the tallies behind it, for charts. */
interface DetailedAnalysis {
  readonly analysis: Analysis;
  /** Of the range asked for. */
  readonly tallies: readonly Tally[];
  readonly counts: Counts;
}

/** An analysis with the counts behind it. */
export interface CountedAnalysis extends Analysis {
  readonly counts: Counts;
}

export class Analyst {
  /** What the list of experiments shows. */
  readonly list: ListBoard;
  readonly #parts: AnalystParts;
  readonly #notebook: Notebook;
  readonly #turns = new Turns();
  readonly #counts: CountsCache;
  readonly #reports = new Answers<Report>(this.#turns);
  readonly #bandits = new Answers<BanditReport>(this.#turns);
  readonly #segmentReports = new Answers<SegmentReport | null>(this.#turns);

  constructor(parts: AnalystParts) {
    this.#parts = parts;
    this.#notebook = new Notebook(parts);
    this.#counts = new CountsCache(parts.store, this.#turns);
    this.list = new ListBoard(parts, async (experiment, kpi) => {
      const marked = await this.#counts.read(experiment);
      const analysis = await this.#analyse(experiment, marked, WHOLE, { kpi });
      return summarized(analysis, marked.counts, parts.clock.today());
    });
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
  async readCounted(experiment: Experiment): Promise<CountedAnalysis> {
    const marked = await this.#counts.read(experiment);
    return { ...(await this.#analyse(experiment, marked, WHOLE, {})), counts: marked.counts };
  }

  /** @throws as `read` */
  async readDetailed(experiment: Experiment, options: AnalysisOptions = {}): Promise<DetailedAnalysis> {
    const range = rangeOf(options);
    const { tallies: all, ...marked } = await this.#counts.readWhole(experiment);
    const tallies = isWhole(range) ? all : await this.#turns.runSteps(withinSteps(all, range));
    const counts = isWhole(range) ? marked.counts : await this.#turns.runSteps(Counts.steps(tallies));
    return { analysis: await this.#analyse(experiment, { ...marked, counts }, range, options), tallies, counts };
  }

  /** The counts of all days. @throws as `read` */
  async counts(experiment: Experiment): Promise<Counts> {
    return (await this.#counts.read(experiment)).counts;
  }

  /** Writes down facts that other code noticed, each once. @throws SixpackError store-unavailable, experiment-busy */
  noteFacts(experiment: Experiment, found: readonly NewFact[]): Promise<Experiment> {
    return this.#notebook.facts(experiment, () => found);
  }

  /** Runs a computation between requests, as those of the reports are run. */
  compute<Result>(steps: Steps<Result>): Promise<Result> {
    return this.#turns.runSteps(steps);
  }

  /**
   * Makes the planned looks that are due, and notes what people and schedules did.
   * @throws SixpackError store-unavailable: the experiments could not be listed
   */
  watchPlans(): Promise<readonly Failure[]> {
    const { store, clock } = this.#parts;
    return eachExperiment(store, async (listed) => {
      const experiment = await this.#notebook.facts(listed, (stored) => stateFacts(stored, clock.nowMs()));
      // The mark shows that nothing changed: a quiet experiment costs reading one number.
      if (!awaitsLook(experiment)) return;
      const { counts } = await this.#counts.read(experiment);
      await this.#notebook.look(experiment, counts, this.#daysOf(experiment, counts));
    });
  }

  /**
   * Raises the alarms that need only counts, and settles which KPI decides. @throws SixpackError store-unavailable: as
   * above
   */
  watchSplits(): Promise<readonly Failure[]> {
    return eachExperiment(this.#parts.store, async (experiment) => {
      const awaits = awaitsAlarm(experiment) || awaitsKpi(experiment) || awaitsValues(experiment);
      if (experiment.archived && !awaits) return;
      const marked = await this.#counts.read(experiment);
      const { counts } = marked;
      await this.#notebook.facts(experiment, (stored) => countFacts(stored, counts, this.#parts.clock.nowMs()));
      if (!awaits && !hasSegments(experiment)) return;
      const settled = await this.#notebook.kpi(experiment, counts);
      const alarm = await this.#turns.run(() => isMismatched(experiment, counts));
      await this.#notebook.mismatch(settled, alarm, await this.#segments(settled, marked));
    });
  }

  /**
   * Computes the report of every experiment that may reach a conclusion, so that the conclusion is stored. @throws
   * SixpackError store-unavailable: as above
   */
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
    // Days or a baseline that somebody chose describe the data, and decide nothing.
    const decides = whole && baseline === 0;
    const today = clock.today();
    const days = this.#daysOf(asked, counts);
    let experiment = whole ? await this.#notebook.look(await this.#notebook.kpi(asked, counts), counts, days) : asked;
    const question = { baseline, kpi: options.kpi, whole };
    const scope = `${experiment.name}:${experiment.life}`;
    const ask = () =>
      this.#turns.run(() => {
        const { input, kpis } = reportInput(experiment, counts, question, days);
        return { kpis, answer: this.#report(scope, input) };
      });
    let { kpis, answer } = await ask();
    if (decides) {
      const concluded = await this.#notebook.conclusions(experiment, kpis, await answer);
      if (concluded !== experiment) {
        experiment = concluded;
        ({ kpis, answer } = await ask());
      }
    }
    const report = await answer;
    if (decides && experiment.winner === null) {
      experiment = await this.#notebook.facts(experiment, () => verdictFacts(report));
    }
    const bandit = whole ? await this.#bandit(scope, experiment, { counts, mark }, report) : null;
    const verdictWithout = decides ? await this.#verdictWithoutConflicts(scope, experiment, counts, days) : null;
    const { sampleRatio } = report;
    const segments = whole ? await this.#segments(experiment, { counts, mark }) : null;
    if (whole) {
      const alarm = sampleRatio.kind === "tested" && sampleRatio.alarm;
      experiment = await this.#notebook.mismatch(experiment, alarm, segments);
    }
    return {
      experiment,
      report,
      verdict: decides ? report.verdict : null,
      kpis,
      shown: Math.max(
        0,
        kpis.findIndex(({ name }) => name === options.kpi),
      ),
      range,
      days,
      health: healthOf(experiment, counts, {
        sampleRatio,
        days,
        today,
        verdictWithout,
        missing: whole ? missingFrom(experiment, counts, clock.nowMs()) : NOTHING_MISSING,
      }),
      segments,
      allocation: allocationOf(experiment, counts),
      bandit,
      hidden: hiddenReason(experiment, counts),
      caps: kpis.map((kpi) => capReport(experiment, counts, kpi)),
    };
  }

  /** What is said of one changes with its definition and its counts alone. */
  #segments(experiment: Experiment, { counts, mark }: MarkedCounts): Promise<SegmentReport | null> {
    if (!hasSegments(experiment)) return Promise.resolve(null);
    const { name, life, version } = experiment;
    return this.#segmentReports.answer([name, life, version, mark], () => segmentSteps(experiment, counts));
  }

  /** What the report would say without those who have seen two alternatives; nothing is written down of it. */
  async #verdictWithoutConflicts(
    scope: string,
    asked: Experiment,
    counts: Counts,
    days: Days,
  ): Promise<Verdict | null> {
    if (counts.conflicts.inConflict.participants === 0 || !mayBeLeftOut(asked)) return null;
    const experiment = { ...asked, noticed: { ...asked.noticed, conclusions: [], finalLook: null } };
    const question = { baseline: 0, kpi: undefined, whole: true };
    const answer = await this.#turns.run(() => {
      const { input } = reportInput(experiment, counts.withoutConflicts(), question, days);
      return this.#report(`${scope}:without conflicts`, input);
    });
    return (await answer).verdict;
  }

  #report(scope: string, input: ReportInput): Promise<Report> {
    return this.#reports.answer([scope, input], () => summarizeSteps(input));
  }

  /** Its two parts run one after the other: the evenly drawn clients have a report like any other. */
  async #bandit(
    scope: string,
    experiment: Experiment,
    { counts, mark }: MarkedCounts,
    { settings, baseline }: Report,
  ): Promise<BanditReport | null> {
    const question = banditQuestion(experiment, counts, settings, baseline);
    if (question === null) return null;
    const explored = await this.#report(`${scope}:explored`, question.input);
    // Equal marks are equal counts, and a mark is a shorter question than the counts of thousands of batches.
    return this.#bandits.answer([scope, experiment.version, mark, question.input], () =>
      banditReportSteps(experiment, counts, question, explored),
    );
  }

  #daysOf({ createdAtMs }: Experiment, counts: Counts): Days {
    const { clock } = this.#parts;
    const [nowMs, today] = [clock.nowMs(), clock.today()];
    return daysOf(counts, { nowMs, today, createdAtMs, createdDay: clock.dayAt(createdAtMs) });
  }
}

/** The evidence alone, not a report: microseconds for an experiment whose rules never changed. */
function isMismatched(experiment: Experiment, counts: Counts): boolean {
  const splits = epochCounts(experiment, [...counts.cells()], [], []).map(({ participants, weights }) => {
    return { observed: participants, weights };
  });
  return sampleRatioEvidence(splits) >= Math.log(EVIDENCE_ALARM);
}
