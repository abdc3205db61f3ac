/**
 * One experiment of a hostile setting, with a look every hundred participants, judged by the product's own `summarize`. A
 * look at which no rule in force can claim anything is passed over: the screen asks the same boundaries and counts, in a
 * hundredth of the time. Now and then both are asked, and have to agree.
 */
import { assigned } from "../../server/src/domain/assignment.ts";
import { Counts } from "../../server/src/domain/counts.ts";
import { createdExperiment } from "../../server/src/domain/draft.ts";
import type { Experiment } from "../../server/src/domain/experiment.ts";
import { decidingKpi, settledKpi } from "../../server/src/domain/kpi.ts";
import { DEFAULT_KPI } from "../../server/src/domain/kpi-definition.ts";
import { parseAlternativeName, parseExperimentName, parseKpiName } from "../../server/src/domain/names.ts";
import { dayOf } from "../../server/src/domain/period.ts";
import { onDay } from "../../server/src/domain/subset.ts";
import type { EpochCounts, KpiCell, ReportInput } from "../../server/src/stats/input.ts";
import { type Lateness, latenessOf, ON_TIME } from "../../server/src/stats/lateness.ts";
import type { Random } from "../../server/src/stats/random.ts";
import type { Report } from "../../server/src/stats/report.ts";
import { isLookReady, summarize } from "../../server/src/stats/summarize.ts";
import type { Screen } from "./hostile-screen.ts";
import { askedOf, DAYS, type Setting, tuningSizeOf } from "./hostile-setting.ts";
import { type Tables, trafficOf } from "./hostile-traffic.ts";

/** A look every hundred participants; the shortest settings also have one a day. */
const LOOK_EVERY = 100;
/** Share of runs in which the screen is held to the report at one look. */
const CHECKED = 0.02;

/** What was claimed at any look, if anything. @throws Error when a report claims what the screen ruled out */
export function play(setting: Setting, mayClaim: Screen, values: Float64Array, random: Random): string | null {
  const { users, planned } = setting;
  const { tables, add } = trafficOf(setting, values, random);
  const looks = Math.max(DAYS, Math.round(users / LOOK_EVERY));
  const checkedAt = random() < CHECKED ? Math.ceil(random() * looks) : 0;
  let isSettled = !setting.stray;
  let metric = 0;
  let frozen: readonly EpochCounts[] | null = null;
  let done = 0;
  for (let look = 1; look <= looks; look++) {
    const until = Math.round((users * look) / looks);
    add(until - done, (look - 1) / looks);
    done = until;
    if (!isSettled) [metric, isSettled] = decidedBy(setting, tables);
    const isNew = frozen === null && planned !== null && until >= planned;
    let input: ReportInput | null = null;
    if (isNew) {
      input = inputOf(setting, tables, metric, look / looks, null);
      if (!isLookReady(input)) input = null;
      else {
        frozen = input.epochs;
        input = { ...input, finalLook: frozen };
      }
    }
    const may = mayClaim(tables, metric, input !== null);
    if (!may && look !== checkedAt) continue;
    const claim = claimOf(summarize(input ?? inputOf(setting, tables, metric, look / looks, frozen)));
    if (claim === null) continue;
    if (!may) throw new Error(`Expected no claim at look ${look} of setting ${setting.seed}, got ${claim}`);
    return claim;
  }
  return null;
}

const EXPERIMENT: Experiment = {
  ...createdExperiment(
    { name: parseExperimentName("hostile"), alternatives: ["a", "b"].map(parseAlternativeName), createdAtMs: 0 },
    1,
    1,
  ),
  kpis: [DEFAULT_KPI, { name: parseKpiName("goal") }],
};

/** The metric that decides where nobody planned one, and whether that is settled: 0 the goal, 1 the KPI without a name. */
function decidedBy({ guardrails }: Setting, { reached }: Tables): readonly [metric: number, isSettled: boolean] {
  const stray = 1 + guardrails.length;
  const total = (metric: number): number => reached[metric]?.reduce((sum, count) => sum + count, 0) ?? 0;
  const tally = { epoch: 0, assignment: assigned(0), subset: onDay(dayOf(0)), sum: 0, squares: 0 };
  const counts = Counts.of(
    [total(stray), total(0)].map((clients, number) => ({ ...tally, metric: number, clients, events: clients })),
  );
  const { name } = decidingKpi(EXPERIMENT, counts);
  return [name === null ? stray : 0, settledKpi(EXPERIMENT, counts) !== undefined];
}

function inputOf(
  setting: Setting,
  tables: Tables,
  metric: number,
  moment: number,
  frozen: readonly EpochCounts[] | null,
): ReportInput {
  const { weights } = setting;
  return {
    arms: (weights[0] ?? []).map((_, index) => ({ name: `arm${index}` })),
    ...askedOf(setting),
    epochs: weights.map((_, epoch) => epochOf(setting, tables, metric, epoch)),
    // Guardrails are reached at once, and so is the KPI without a name.
    lateness: [metric === 0 ? latenessIn(tables) : ON_TIME, ...setting.guardrails.map(() => ON_TIME)],
    ...(frozen === null ? {} : { finalLook: frozen }),
    settings: {
      daysComplete: Math.floor(DAYS * moment),
      tuningSize: tuningSizeOf(setting),
      rollBack: setting.rollBack,
    },
  };
}

/** As `service/analysis/report-input.ts` does; weights that change are all that makes epochs here. */
function latenessIn({ cohorts: { participants, conversions, sum, sumSquares } }: Tables): Lateness {
  const cohorts = [...participants.keys()].map((at) => ({
    participants: participants[at] ?? 0,
    conversions: conversions[at] ?? 0,
    sum: sum[at] ?? 0,
    sumSquares: sumSquares[at] ?? 0,
  }));
  const epochs = Array.from({ length: cohorts.length / DAYS }, (_, epoch) =>
    cohorts.slice(epoch * DAYS, (epoch + 1) * DAYS).filter((cohort) => cohort.participants > 0),
  );
  return latenessOf(epochs);
}

function epochOf(setting: Setting, tables: Tables, metric: number, epoch: number): EpochCounts {
  const weights = setting.weights[epoch] ?? [];
  const { participants, reached, sum, squares } = tables;
  const cells = (of: Float64Array | undefined, valued: boolean): KpiCell[] =>
    weights.map((_, arm) => {
      const at = epoch * weights.length + arm;
      const conversions = of?.[at] ?? 0;
      return valued ? { conversions, values: { sum: sum[at] ?? 0, sumSquares: squares[at] ?? 0 } } : { conversions };
    });
  return {
    weights,
    participants: weights.map((_, arm) => participants[epoch * weights.length + arm] ?? 0),
    kpis: [
      cells(reached[metric], setting.values !== null),
      ...setting.guardrails.map((_, index) => cells(reached[1 + index], false)),
    ],
  };
}

const CLAIMS: ReadonlySet<string> = new Set(["ship", "roll-back", "hold", "sample-ratio-mismatch"]);

/** A verdict that says something differs, or a row of the table that does: of a goal or a guardrail. */
function claimOf({ verdict, kpis }: Report): string | null {
  if (CLAIMS.has(verdict.kind)) return verdict.sentence;
  for (const kpi of kpis) {
    if (kpi.kind !== "analysed" || kpi.family === "exploratory") continue;
    for (const { name, comparison } of kpi[kpi.decidesOn] ?? []) {
      if (comparison.kind === "compared" && comparison.conclusion !== "undecided") {
        return `${name} is ${comparison.conclusion} on ${kpi.name}`;
      }
    }
  }
  return null;
}
