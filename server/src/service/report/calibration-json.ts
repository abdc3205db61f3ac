/** A calibration for programs, and in a sentence for people. */
import { plural } from "../../lib/text.ts";
import type { Calibration } from "../../stats/calibration.ts";
import type { CalibrationState } from "../analysis/calibrator.ts";

export function calibrationJson(name: string, state: CalibrationState): object {
  switch (state.kind) {
    case "done": {
      const { day, participants, result } = state;
      return { name, status: "done", day, participants, sentences: calibrationSentences(result), ...result };
    }
    case "failed":
      return { name, status: "failed", problem: state.problem };
    default:
      return { name, status: state.kind };
  }
}

/** What it says: first of claims that are wrong, then of effects that are found. */
export function calibrationSentences({ runs, equal, planted }: Calibration): readonly [string, string] {
  const share = (count: number) => `${((100 * count) / runs).toFixed(1)}%`;
  const uplift = `${Number((100 * planted.uplift).toFixed(1))}%`;
  const days = planted.medianDays === null ? "" : `, in half of all plays by day ${planted.medianDays + 1}`;
  return [
    `Played ${plural(runs, "time")} without a difference, with a look every day: our verdict wrongly claims one in ${share(equal.ours)} of the plays, the usual test in ${share(equal.usualAlways)}. If one looks only once, at the end, the usual test is wrong in ${share(equal.usualOnce)}.`,
    `Played as often with a difference of ${uplift}: our verdict finds it in ${share(planted.found)} of the plays${days}. The usual test, with its only look at the end, finds it in ${share(planted.foundOnce)}.`,
  ];
}
