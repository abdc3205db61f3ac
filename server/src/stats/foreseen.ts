/**
 * The first tests of a report, before anything else of it is computed: whether the rest could claim anything at all. A study
 * that plays an experiment thousands of times asks this of each look, and makes a whole report only of the few that may.
 */
import { alwaysValidP } from "./always-valid.ts";
import { decidingSection } from "./cells.ts";
import { tuningOf } from "./compare.ts";
import { mayShip } from "./deciding.ts";
import { gainOf } from "./direction.ts";
import { type EpochCounts, type ReportInput, SETTINGS_DEFAULT, type Settings } from "./input.ts";
import { ON_TIME } from "./lateness.ts";
import { familyOf, levelsOf } from "./levels.ts";
import type { PairTest } from "./pairs.ts";
import { stretchesOf } from "./pooling.ts";
import { meanPairOf, type PairContext, ratePairOf } from "./sections.ts";

interface Foreseen {
  /** False where no claim can follow, neither for better nor for worse; true says nothing yet. */
  readonly mayConclude: boolean;
  /** Of the KPI that decides, the smallest p-value for one look of the alternatives that take clients; 1 without any. */
  readonly pFixedMin: number;
}

/** Of goals and guardrails; explored KPIs lead to no verdict. That something is better may be said only after whole weekdays. */
export function foresee(input: ReportInput): Foreseen {
  const settings: Settings = { ...SETTINGS_DEFAULT, ...input.settings };
  const levels = levelsOf(input, settings);
  const baseline = input.baseline ?? 0;
  const sharing = { adaptive: settings.adaptive };
  const epochs = stretchesOf(input.epochs);
  const finalEpochs = input.finalLook === undefined ? null : stretchesOf(input.finalLook);
  const maySayBetter = mayShip({ settings });
  let mayConclude = false;
  let pFixedMin = 1;
  for (const [index, spec] of input.kpis.entries()) {
    const family = familyOf(spec, input.kpis);
    if (family === "exploratory" || spec.capAwaited === true) continue;
    const section = decidingSection(spec);
    const tuning = tuningOf({
      family,
      levels,
      tuningSize: settings.tuningSize,
      widening: (input.lateness?.[index] ?? ON_TIME)[section],
    });
    const level = family === "guardrail" ? levels.harm : levels.continuous;
    for (const [arm, { retired = false }] of input.arms.entries()) {
      if (arm === baseline || retired) continue;
      const pair = pairOf(section, epochs, { baseline, sharing, kpi: index, arm });
      if (pair === null) continue;
      const maySay = ({ statistic }: PairTest) => maySayBetter || gainOf(statistic, spec.better ?? "higher") < 0;
      // Adjusted for many comparisons a p-value is no smaller.
      if (maySay(pair) && alwaysValidP(pair.statistic, pair.clock, tuning) < level) mayConclude = true;
      if (family !== "goal") continue;
      pFixedMin = Math.min(pFixedMin, pair.pFixed);
      const look = finalEpochs === null ? null : pairOf(section, finalEpochs, { baseline, sharing, kpi: index, arm });
      if (look !== null && maySay(look) && look.pFixed < levels.final) mayConclude = true;
    }
  }
  return { mayConclude, pFixedMin };
}

function pairOf(
  section: "rates" | "means",
  epochs: readonly EpochCounts[],
  { kpi, arm, ...context }: PairContext & { readonly kpi: number; readonly arm: number },
): PairTest | null {
  const isEmpty = (index: number) => epochs.every(({ participants }) => (participants[index] ?? 0) === 0);
  if (isEmpty(context.baseline) || isEmpty(arm)) return null;
  return section === "means" ? meanPairOf(context, epochs, kpi, arm) : ratePairOf(context, epochs, kpi, arm);
}
