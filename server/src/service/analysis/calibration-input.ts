/** From the records and tallies of an experiment to the question how often our claims would be wrong on its own traffic. */
import { isAdaptive } from "../../domain/epochs.ts";
import { SixpackError } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { Kpi } from "../../domain/kpi.ts";
import type { Day } from "../../domain/period.ts";
import { PARTICIPATION } from "../../domain/tally.ts";
import { nextTurn } from "../../lib/next-turn.ts";
import type { CalibrationInput } from "../../stats/calibration.ts";
import { Crowd, NEVER } from "../../stats/crowd.ts";
import type { ServiceContext } from "../context.ts";
import type { CountedAnalysis } from "./analyst.ts";
import { reportedEpochs } from "./epoch-counts.ts";
import { reportInput } from "./report-input.ts";

/** Most looks that are played: a year of days. */
const CALIBRATION_LOOKS_MAX = 366;
/** Fewest participants that say anything. */
const CALIBRATION_PARTICIPANTS_MIN = 100;
/** The uplift that is planted where no plan names one. */
const UPLIFT_DEFAULT = 0.1;

/** @throws SixpackError invalid-form: why there is nothing to play again */
export async function calibrationInput(
  { store }: Pick<ServiceContext, "store">,
  { experiment, counts, days }: CountedAnalysis,
  runs: number,
): Promise<CalibrationInput> {
  if (isAdaptive(experiment)) {
    throw refused("an experiment with shares that somebody set, got a bandit, which shares out by what came before");
  }
  if (experiment.compacted === true) throw refused("an experiment with its client records, got a compacted one");
  const { first, last } = days;
  const looks = first === null || last === null ? 0 : last - first + 1;
  if (first === null || looks < 2) throw refused("an experiment of at least two days, got a younger one");
  if (looks > CALIBRATION_LOOKS_MAX) throw refused(`at most ${CALIBRATION_LOOKS_MAX} days, got ${looks}`);
  const { input, kpis } = reportInput(experiment, counts, { baseline: 0, kpi: undefined, whole: true }, days);
  const { finalLook: _final, reached: _reached, decided: _decided, lateness: _lateness, ...asked } = input;
  const question = {
    ...asked,
    arms: asked.arms.map((arm, at) => (isGiven(input, at) ? arm : { ...arm, retired: true })),
  };
  const [control, ...others] = question.arms;
  if (!isGiven(input, 0) || control === undefined || others.every(({ retired }) => retired === true)) {
    throw refused(
      "an experiment whose weights give visitors to the control and to another alternative, got one without",
    );
  }
  const valued = (question.epochs[0]?.kpis ?? []).map((cells) => cells.some(({ values }) => values !== undefined));
  const epochs = reportedEpochs(experiment, [...counts.cells()]);
  const crowd = await crowdOf(store, experiment, { epochs, kpis, valued, first, looks });
  if (crowd.size < CALIBRATION_PARTICIPANTS_MIN) {
    throw refused(`at least ${CALIBRATION_PARTICIPANTS_MIN} visitors with records, got ${crowd.size}`);
  }
  const uplift = experiment.planning.plan?.size?.minimumUplift ?? UPLIFT_DEFAULT;
  const wholeDays = Array.from({ length: looks }, (_, look) => look);
  return { question, valued, days: wholeDays, groups: crowd.groups(), runs, uplift: Math.abs(uplift) };
}

/** Whether anybody gets an alternative: there is nothing to claim of one that weighs nothing in every epoch. */
function isGiven({ epochs }: CalibrationInput["question"], arm: number): boolean {
  return epochs.some(({ weights }) => (weights[arm] ?? 0) > 0);
}

function refused(what: string): SixpackError {
  return new SixpackError("invalid-form", `Expected ${what}`);
}

interface Terms {
  /** Of the report, in its order. */
  readonly epochs: readonly number[];
  readonly kpis: readonly Kpi[];
  readonly valued: readonly boolean[];
  readonly first: Day;
  readonly looks: number;
}

/** Who converted is read from the records, and how many others joined on a day is what the tallies have beyond them. */
async function crowdOf(store: ServiceContext["store"], experiment: Experiment, terms: Terms): Promise<Crowd> {
  const { epochs, kpis, valued, first, looks } = terms;
  const crowd = new Crowd(kpis.length);
  const positions = new Map(epochs.map((epoch, position) => [epoch, position]));
  // Days before the first or after the last are those of wrong clocks.
  const lookOf = (day: Day) => Math.min(looks - 1, Math.max(0, day - first));
  const others = epochs.map(() => new Float64Array(looks));
  const add = (position: number, look: number, count: number): void => {
    const row = others[position];
    if (row !== undefined) row[look] = (row[look] ?? 0) + count;
  };
  for await (const batch of store.transfer.exportConverted(experiment, () => {})) {
    for (const { assignment, epoch, day, conversions } of batch) {
      const position = positions.get(epoch);
      if (assignment.kind === "excluded" || position === undefined) continue;
      const joined = lookOf(day);
      const found = kpis.map(({ number }) => conversions.find(({ kpi }) => kpi === number));
      crowd.add({
        epoch: position,
        joined,
        reached: found.map((one) => (one === undefined ? NEVER : Math.max(joined, lookOf(one.day)))),
        totals: found.map((one, kpi) => (one === undefined || valued[kpi] !== true ? 0 : one.total)),
      });
      add(position, joined, -1);
    }
    await nextTurn();
  }
  const { recorded } = await store.transfer.readTallies(experiment);
  for (const { epoch, assignment, metric, subset, clients } of recorded) {
    const position = positions.get(epoch);
    if (metric !== PARTICIPATION || subset.kind !== "day" || position === undefined) continue;
    if (assignment.kind !== "excluded") add(position, lookOf(subset.day), clients);
  }
  const [reached, totals] = [kpis.map(() => NEVER), kpis.map(() => 0)];
  for (const [epoch, row] of others.entries()) {
    for (const [joined, count] of row.entries()) crowd.add({ epoch, joined, reached, totals }, Math.max(0, count));
  }
  return crowd;
}
