/** What happens to the experiments of `doors`: plans, weights that change, a KPI that is chosen late, a bandit. */
import type { Counts } from "../../server/src/domain/counts.ts";
import { createdExperiment } from "../../server/src/domain/draft.ts";
import { withEpoch, withPolicy, withWeights } from "../../server/src/domain/epochs.ts";
import { currentEpochNumber, type Experiment } from "../../server/src/domain/experiment.ts";
import { withPlan } from "../../server/src/domain/experiment-kpis.ts";
import { settledKpi, withChoiceNoted, withDecidingKpi } from "../../server/src/domain/kpi.ts";
import { DEFAULT_KPI } from "../../server/src/domain/kpi-definition.ts";
import { parseAlternativeNames, parseExperimentName, parseKpiName } from "../../server/src/domain/names.ts";
import { isLookDue, withNoticed } from "../../server/src/domain/noticed.ts";
import { dayOf } from "../../server/src/domain/period.ts";
import type { Plan, PlannedKpi } from "../../server/src/domain/plan.ts";
import { BATCH_PARTICIPANTS_MIN, isBatchDue, nextBatch } from "../../server/src/domain/policy/batches.ts";
import { PARTICIPATION } from "../../server/src/domain/tally.ts";
import type { Days } from "../../server/src/service/analysis/days.ts";
import { reportInput } from "../../server/src/service/analysis/report-input.ts";
import type { Random } from "../../server/src/stats/random.ts";
import { EVIDENCE_ALARM, sampleRatioEvidence } from "../../server/src/stats/sample-ratio.ts";
import { isLookReady } from "../../server/src/stats/summarize.ts";
import { Crowd, RATES } from "./doors-crowd.ts";

export const PARTICIPANTS = 20_000;
export const LOOKS = 200;
export const DAYS = 28;
/** A Monday. */
export const START_MS = Date.UTC(2026, 2, 2);
/** Below it no always-valid test of this level claims anything. */
const Z_MIN = 3;

export interface World {
  readonly name: string;
  readonly runs: number;
  readonly alternatives: readonly string[];
  /** Two of the KPIs are guardrails, and there is a look at 80 % of the participants. */
  readonly isPlanned?: boolean;
  readonly isBandit?: boolean;
  /** Half-way the control gets most of the traffic. */
  readonly isRebalanced?: boolean;
  /** After a week the KPI that looks most different is made to decide. */
  readonly isChosenLate?: boolean;
  /** Share of those who log in on a second device. */
  readonly linked?: number;
}

export const WORLDS: readonly World[] = [
  { name: "two alternatives", runs: 2_000, alternatives: ["a", "b"] },
  { name: "a plan, two guardrails", runs: 2_000, alternatives: ["a", "b"], isPlanned: true },
  { name: "the best KPI planned late", runs: 1_000, alternatives: ["a", "b"], isChosenLate: true },
  {
    name: "four, weights change, linked ids",
    runs: 100,
    alternatives: ["a", "b", "c", "d"],
    isRebalanced: true,
    linked: 0.2,
  },
  { name: "a bandit", runs: 30, alternatives: ["a", "b", "c"], isBandit: true },
];

export const WHOLE = { baseline: 0, kpi: undefined, whole: true };

export class Lab {
  experiment: Experiment;
  readonly crowd: Crowd;
  readonly #world: World;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.experiment = madeOf(world);
    this.crowd = new Crowd({ dimensions: 2, linked: world.linked ?? 0 }, random);
  }

  join(atMs: number, clients: number): void {
    if (this.#world.isRebalanced === true && atMs === START_MS + 14 * 24 * 3_600_000) {
      const weights = this.experiment.alternatives.map((_, at) => (at === 0 ? 0.7 : 0.1));
      this.experiment = withWeights(this.experiment, weights, atMs);
    }
    if (this.#world.isBandit === true) this.#shift(atMs);
    this.crowd.join(this.experiment, clients, dayOf(atMs));
  }

  #shift(atMs: number): void {
    const epoch = currentEpochNumber(this.experiment);
    const joined = this.experiment.alternatives.map((_, arm) => this.crowd.clients(epoch, arm, PARTICIPATION));
    if (joined.reduce((sum, count) => sum + count, 0) < BATCH_PARTICIPANTS_MIN) return;
    const counts = this.crowd.counts();
    if (!isBatchDue(this.experiment, counts, atMs)) return;
    this.experiment = withEpoch(this.experiment, nextBatch(this.experiment, counts), "batch", atMs);
  }

  get isLookDue(): boolean {
    const { experiment, crowd } = this;
    const joined = experiment.alternatives.map((_, arm) => crowd.clients(0, arm, PARTICIPATION));
    return isLookDue(
      experiment,
      joined.reduce((sum, count) => sum + count, 0),
    );
  }

  /** What the notebook writes down before a report is made. */
  note(counts: Counts, days: Days, nowMs: number): void {
    const settled = settledKpi(this.experiment, counts);
    if (settled !== undefined) this.experiment = withDecidingKpi(this.experiment, settled.name, nowMs);
    if (!isLookDue(this.experiment, counts.participants)) return;
    const { input } = reportInput(this.experiment, counts, WHOLE, days);
    if (!isLookReady(input)) return;
    const finalLook = { atMs: nowMs, participants: counts.participants, cells: [...counts.cells()] };
    this.experiment = withNoticed(this.experiment, { finalLook });
  }

  /** @param isExplored whether what explored KPIs say was heard before */
  mayClaim(isExplored: boolean): boolean {
    const { experiment, crowd } = this;
    const isFixed = this.#world.isChosenLate !== true;
    return (
      [...RATES.keys()].some(
        (kpi) =>
          !(isExplored && isFixed && kpi > 0 && kpi < RATES.length - GUARDRAILS.length) &&
          experiment.alternatives.some((_, arm) => arm > 0 && this.statistic(kpi, arm) >= Z_MIN),
      ) ||
      (this.#world.isBandit === true &&
        experiment.alternatives.some((_, arm) => arm > 0 && crowd.evenStatistic(arm) >= Z_MIN))
    );
  }

  get isMissplit(): boolean {
    const { epochs, alternatives } = this.experiment;
    const splits = epochs.map(({ weights }, epoch) => ({
      observed: alternatives.map((_, arm) => this.crowd.clients(epoch, arm, PARTICIPATION)),
      weights: weights ?? alternatives.map(() => 1),
    }));
    return sampleRatioEvidence(splits) >= Math.log(EVIDENCE_ALARM);
  }

  /** The score within epochs, whichever way. */
  statistic(kpi: number, arm: number): number {
    const { crowd } = this;
    let [excess, variance] = [0, 0];
    for (let epoch = 0; epoch <= currentEpochNumber(this.experiment); epoch += 1) {
      const [nc, nt] = [crowd.clients(epoch, 0, PARTICIPATION), crowd.clients(epoch, arm, PARTICIPATION)];
      if (nc === 0 || nt === 0) continue;
      const [xc, xt] = [crowd.clients(epoch, 0, kpi), crowd.clients(epoch, arm, kpi)];
      const pooled = (xc + xt) / (nc + nt);
      excess += (xt * nc - xc * nt) / (nc + nt);
      variance += ((nc * nt) / (nc + nt)) * pooled * (1 - pooled);
    }
    return variance > 0 ? Math.abs(excess) / Math.sqrt(variance) : 0;
  }
}

const GUARDRAILS = ["kpi8", "kpi9"];

function madeOf({ alternatives, isPlanned, isBandit }: World): Experiment {
  const kpis = [DEFAULT_KPI, ...RATES.slice(1).map((_, at) => ({ name: parseKpiName(`kpi${at + 1}`) }))];
  const dimensions = ["device", "plan"].map((name) => ({ name, values: ["p", "q", "r", "s"] }));
  const name = parseExperimentName("doors");
  const plan = isPlanned === true ? PLAN : null;
  const draft = {
    name,
    alternatives: parseAlternativeNames(alternatives),
    createdAtMs: START_MS,
    kpis,
    dimensions,
    plan,
  };
  const made = createdExperiment(draft, 1, 1);
  return isBandit === true ? withPolicy(made, { kind: "thompson", goal: "earn", floor: 0 }, START_MS) : made;
}

function plannedKpi(kpi: string | null): PlannedKpi {
  return { kpi: kpi === null ? null : parseKpiName(kpi), better: "higher", decidesOn: "rate" };
}

const PLAN: Plan = {
  primary: plannedKpi(null),
  secondary: [plannedKpi("kpi1")],
  guardrails: GUARDRAILS.map((kpi) => ({ ...plannedKpi(kpi), margin: { kind: "relative", value: 0.05 } })),
  size: { participants: 0.8 * PARTICIPANTS, baselineRate: 0.1, minimumUplift: 0.1, power: 0.8 },
};

/** As `setPlan` does, for the KPI that has the largest difference by then. */
export function chosenLate(lab: Lab, counts: Counts): void {
  const { experiment } = lab;
  const [best = 0] = [...RATES.keys()].sort((one, other) => lab.statistic(other, 1) - lab.statistic(one, 1));
  const primary = plannedKpi(experiment.kpis[best]?.name ?? null);
  const plan: Plan = { primary, secondary: [], guardrails: [], size: null };
  lab.experiment = withChoiceNoted(experiment, withPlan(experiment, plan, counts.participants), counts);
}
