/**
 * The figures of every experiment for the list, computed in advance: hundreds of reports take seconds, and a list must
 * come at once.
 *
 * The next list always has changes of definitions, and new counts of a few experiments. If more of them changed, the
 * others show their earlier figures, and are recomputed after the answer, one at a time, with rests longer than the
 * work. `revision` counts up when that is done, for pages that wait for it.
 */
import type { Clock } from "../../domain/clock.ts";
import { SixpackError } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { KpiName } from "../../domain/names.ts";
import type { Day } from "../../domain/period.ts";
import { Recent } from "../../lib/recent.ts";
import { DAY_MS } from "../../lib/time.ts";
import type { Store } from "../../store/store.ts";
import { mapConcurrently } from "../map-concurrently.ts";
import type { ExperimentSummary } from "./summary.ts";

/** Summaries remembered, the least recently asked for going first. */
const SUMMARIES_MAX = 2_000;
/** Experiments whose changed counts one list waits for; those with more to compute get them after the answer. */
export const AWAITED_MAX = 8;
/** Experiments read at once: hundreds of replies at the same moment would hold the event loop, or pass a time limit. */
const READ_AT_ONCE_MAX = 8;
/** After computing, it rests this many times as long as that took: a fifth of the time at most. */
const REST_FACTOR = 4;
/** The same at the start, when there is nothing to show yet. */
const WARM_UP_REST_FACTOR = 1;
/** Longest rest, in milliseconds, so that a machine that was suspended doesn't wait on. */
const REST_MAX_MS = 1_000;

interface Known {
  readonly version: number;
  readonly mark: number;
  readonly today: Day;
  /** From this moment on the experiment is a day older, which may change its verdict; in milliseconds since 1970. */
  readonly untilMs: number;
  readonly summary: ExperimentSummary;
}

/** What one list may still wait for. */
interface Allowance {
  awaited: number;
}

/** The figures of an experiment, or why they can't be read. */
export type Listed =
  | { readonly kind: "read"; readonly summary: ExperimentSummary }
  | { readonly kind: "failed"; readonly experiment: Experiment; readonly error: unknown };

/** @param kpi whose figures; the experiment knows it. `undefined` is the one that decides */
type Summarize = (experiment: Experiment, kpi: KpiName | undefined) => Promise<ExperimentSummary>;

export class ListBoard {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #summarize: Summarize;
  readonly #known = new Recent<string, Known>(SUMMARIES_MAX);
  /** Changed since they were computed, by key. */
  readonly #behind = new Map<string, { readonly experiment: Experiment; readonly kpi: KpiName | undefined }>();
  #refreshing: Promise<void> | undefined;
  #revision = 0;

  constructor({ store, clock }: { readonly store: Store; readonly clock: Clock }, summarize: Summarize) {
    this.#store = store;
    this.#clock = clock;
    this.#summarize = summarize;
  }

  /** Counts up when figures that were behind are up to date again. */
  get revision(): number {
    return this.#revision;
  }

  /**
   * The figures of experiments for one list, in their order. What is behind is computed after the answer, in small steps; the
   * next list has it.
   * @throws SixpackError store-unavailable: that is about none of them
   */
  async summaries(
    experiments: readonly Experiment[],
    kpiOf: (experiment: Experiment) => KpiName | undefined = () => undefined,
  ): Promise<readonly Listed[]> {
    const allowance: Allowance = { awaited: AWAITED_MAX };
    // All in one turn, so that an engine may answer them together.
    const marks = experiments.map((experiment) => this.#store.tallies.mark(experiment));
    await Promise.allSettled(marks);
    const read = async ([index, experiment]: [number, Experiment]): Promise<Listed> => {
      try {
        const mark = (await marks[index]) ?? 0;
        return { kind: "read", summary: await this.#summary(experiment, kpiOf(experiment), mark, allowance) };
      } catch (error) {
        if (error instanceof SixpackError && error.code === "store-unavailable") throw error;
        return { kind: "failed", experiment, error };
      }
    };
    const listed = await mapConcurrently([...experiments.entries()], READ_AT_ONCE_MAX, read);
    void this.refresh();
    return listed;
  }

  async #summary(
    experiment: Experiment,
    kpi: KpiName | undefined,
    mark: number,
    allowance: Allowance,
  ): Promise<ExperimentSummary> {
    const key = keyOf(experiment, kpi);
    const known = this.#known.get(key);
    if (known === undefined || !this.#isOfToday(known, experiment)) {
      return this.#compute(experiment, kpi, mark);
    }
    if (known.mark === mark) return known.summary;
    if (allowance.awaited > 0) {
      allowance.awaited -= 1;
      return this.#compute(experiment, kpi, mark);
    }
    this.#behind.set(key, { experiment, kpi });
    return known.summary;
  }

  /** Computes what lists found out of date, unless that is running already. Resolves when nothing is behind. */
  refresh(): Promise<void> {
    if (this.#behind.size === 0) return this.#refreshing ?? Promise.resolve();
    this.#refreshing ??= this.#catchUp().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** Computes the figures of all experiments. Those that can't be read are skipped; the list shows their errors. */
  async warmUp(signal: AbortSignal): Promise<void> {
    for (const experiment of await this.#store.definitions.list()) {
      if (signal.aborted) return;
      await resting(WARM_UP_REST_FACTOR, () => this.#compute(experiment, undefined).catch(() => undefined));
    }
  }

  async #catchUp(): Promise<void> {
    for (const [key, { experiment, kpi }] of this.#behind) {
      // First: a list that finds new counts meanwhile puts it back, and it is computed again.
      this.#behind.delete(key);
      await resting(REST_FACTOR, () => this.#compute(experiment, kpi).catch(() => undefined));
    }
    this.#revision += 1;
  }

  /** @param seen the mark from before anything is read: what changes meanwhile makes the next one another */
  async #compute(experiment: Experiment, kpi: KpiName | undefined, seen?: number): Promise<ExperimentSummary> {
    const mark = seen ?? (await this.#store.tallies.mark(experiment));
    const [today, ageMs] = [this.#clock.today(), this.#clock.nowMs() - experiment.createdAtMs];
    const untilMs = experiment.createdAtMs + (Math.floor(ageMs / DAY_MS) + 1) * DAY_MS;
    const summary = await this.#summarize(experiment, kpi);
    const { version } = summary.experiment;
    this.#known.set(keyOf(experiment, kpi), { version, mark, today, untilMs, summary });
    return summary;
  }

  #isOfToday({ version, today, untilMs }: Known, experiment: Experiment): boolean {
    return version === experiment.version && today === this.#clock.today() && this.#clock.nowMs() < untilMs;
  }
}

function keyOf({ life }: Experiment, kpi: KpiName | undefined): string {
  return `${life}:${kpi ?? ""}`;
}

async function resting(factor: number, work: () => Promise<unknown>): Promise<void> {
  const startedMs = performance.now();
  await work();
  const restMs = Math.min(REST_MAX_MS, factor * (performance.now() - startedMs));
  await new Promise((resolve) => {
    // Nobody waits for this timer, so it must not keep the process running.
    setTimeout(resolve, restMs).unref();
  });
}
