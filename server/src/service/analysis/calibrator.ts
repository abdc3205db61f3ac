/**
 * Calibrations of experiments, one at a time in a thread of its own, each kept for a day: what chance alone does to the claims
 * on an experiment's own traffic does not change by the hour.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { reasonOf, SixpackError } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { kpiOf } from "../../domain/kpi.ts";
import { dayText } from "../../domain/period.ts";
import { plannedKpis } from "../../domain/plan.ts";
import { Recent } from "../../lib/recent.ts";
import type { Calibration } from "../../stats/calibration.ts";
import type { ServiceContext } from "../context.ts";
import { calibrationInput } from "./calibration-input.ts";
import type { CalibrationTask } from "./calibration-thread.ts";
import { judgedOn } from "./report-input.ts";

export type CalibrationState =
  | { readonly kind: "none" }
  | { readonly kind: "running" }
  | { readonly kind: "done"; readonly day: string; readonly participants: number; readonly result: Calibration }
  /** It broke off: `problem` says why. */
  | { readonly kind: "failed"; readonly problem: string };

/** Experiments that are played without a difference, and as many with one. */
export const CALIBRATION_RUNS = 200;
/** Calibrations that are remembered. */
const KEPT_MAX = 100;
/** Most at a time, with those that wait: each has its participants in memory. */
export const CALIBRATIONS_MAX = 3;

/** From the bundle, from one of its chunks, and from the sources (tests). */
const THREADS = ["./calibration-thread.js", "../calibration-thread.js", "../../../dist/calibration-thread.js"];

export class Calibrator {
  readonly #context: ServiceContext;
  readonly #kept = new Recent<string, CalibrationState>(KEPT_MAX);
  /** The one that is under way, and those that wait for it. */
  #last: Promise<void> = Promise.resolve();
  #underWay = 0;

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  state(experiment: Experiment): CalibrationState {
    return this.#kept.get(this.#key(experiment)) ?? { kind: "none" };
  }

  /**
   * Begins one, unless there is one of today. Resolves when it has been begun.
   * @throws SixpackError invalid-form: there is nothing to play again; overloaded
   */
  async begin(stored: Experiment): Promise<CalibrationState> {
    // A look may settle the KPI that decides, and whoever asks later reads what it noticed.
    const counted = await this.#context.analyst.readCounted(stored);
    const key = this.#key(counted.experiment);
    const known = this.#kept.get(key);
    if (known !== undefined && known.kind !== "failed") return known;
    if (this.#underWay >= CALIBRATIONS_MAX) {
      throw new SixpackError(
        "overloaded",
        `Expected at most ${CALIBRATIONS_MAX} calibrations at a time, got one more. Try again when one of them is done`,
      );
    }
    const running: CalibrationState = { kind: "running" };
    this.#kept.set(key, running);
    this.#underWay += 1;
    try {
      const input = await calibrationInput(this.#context, counted, CALIBRATION_RUNS);
      const day = dayText(this.#context.clock.today());
      const participants = input.groups.size.reduce((sum, size) => sum + size, 0);
      this.#last = this.#last.then(async () => {
        this.#kept.set(key, await settled(computed({ input, seed: this.#context.clock.today() }), day, participants));
        this.#underWay -= 1;
      });
    } catch (error) {
      this.#kept.set(key, { kind: "failed", problem: reasonOf(error) });
      this.#underWay -= 1;
      throw error;
    }
    return running;
  }

  /** What is asked of which data. Most of what is noticed of an experiment changes its version, and nothing here. */
  #key(experiment: Experiment): string {
    const { name, life, epochs, planning, noticed } = experiment;
    const { plan } = planning;
    const names = plan === null ? [noticed.decidingKpi?.name] : plannedKpis(plan).map(({ kpi }) => kpi);
    // Others lead to no claim, and may come while it is under way.
    const terms = names.map((kpi) => (kpi === undefined ? null : judgedOn(experiment, kpiOf(experiment, kpi))));
    return JSON.stringify([name, life, epochs.length, plan, terms, this.#context.clock.today()]);
  }
}

async function settled(answer: Promise<Calibration>, day: string, participants: number): Promise<CalibrationState> {
  try {
    return { kind: "done", day, participants, result: await answer };
  } catch (error) {
    return { kind: "failed", problem: reasonOf(error) };
  }
}

function computed(task: CalibrationTask): Promise<Calibration> {
  return new Promise((resolve, reject) => {
    const file = THREADS.map((path) => new URL(path, import.meta.url)).find((url) => existsSync(fileURLToPath(url)));
    if (file === undefined) throw new Error("Expected the built server, for its calibration-thread.js: npm run build");
    const thread = new Worker(file, { workerData: task });
    thread.once("message", resolve);
    thread.once("error", reject);
    thread.once("exit", (code) => reject(new Error(`Expected a calibration, got the end of its thread with ${code}`)));
    // A server that stops does not wait for it.
    thread.unref();
  });
}
