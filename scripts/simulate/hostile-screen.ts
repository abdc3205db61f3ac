/**
 * Whether any rule in force could claim anything at a look: the first step of Holm's method on the same boundaries, gates
 * and sample ratio as the product's, before anything else of a report is computed.
 */
import { alwaysValidCritical, type Tuning } from "../../server/src/stats/always-valid.ts";
import { normalCritical } from "../../server/src/stats/distributions.ts";
import { enoughForMeans, enoughForMeansAtLook, enoughForRates } from "../../server/src/stats/enough.ts";
import { SETTINGS_DEFAULT } from "../../server/src/stats/input.ts";
import { levelsOf } from "../../server/src/stats/levels.ts";
import { type Sample, sampleOf } from "../../server/src/stats/mean.ts";
import type { Levels } from "../../server/src/stats/report.ts";
import { EVIDENCE_ALARM, sampleRatioEvidence } from "../../server/src/stats/sample-ratio.ts";
import { askedOf, type Setting, tuningSizeOf } from "./hostile-setting.ts";
import type { Tables } from "./hostile-traffic.ts";

/** @param isLook whether the planned look is taken with these counts */
export type Screen = (tables: Tables, metric: number, isLook: boolean) => boolean;

/** No always-valid limit is lower at a level of 5 %. */
const CRITICAL_MIN = 2.9;
/** For rounding. */
const SLACK = 1 - 1e-9;

export function screenOf(setting: Setting): Screen {
  const { weights, guardrails, values } = setting;
  const levels: Levels = levelsOf(askedOf(setting), { ...SETTINGS_DEFAULT, rollBack: setting.rollBack });
  const plannedN = tuningSizeOf(setting);
  const alternatives = (weights[0]?.length ?? 1) - 1;
  const goal: Bound = { tuning: { alpha: levels.continuous, plannedN }, level: levels.continuous / alternatives };
  const guard: Bound = {
    tuning: { alpha: levels.alpha, plannedN },
    level: setting.rollBack === "each" ? levels.harm : levels.harm / (alternatives * Math.max(1, guardrails.length)),
  };
  const once = levels.final > 0 ? normalCritical(levels.final / alternatives) : Number.POSITIVE_INFINITY;
  const pairs = Array.from({ length: alternatives }, (_, index) => new Pair(weights, index + 1));

  return (tables, metric, isLook) => {
    for (const pair of pairs) {
      pair.read(tables);
      const z = Math.abs(values === null ? pair.rateStatistic(tables, metric) : pair.meanStatistic(tables));
      const rated = values === null ? metric : null;
      if (isBeyond(z, pair.clock, goal) && pair.isOpen(tables, rated, false)) return true;
      if (isLook && z > once * SLACK && pair.isOpen(tables, rated, true)) return true;
      for (let index = 1; index <= guardrails.length; index++) {
        const harm = Math.abs(pair.rateStatistic(tables, index));
        if (isBeyond(harm, pair.clock, guard) && pair.isRateOpen(tables, index)) return true;
      }
    }
    return mayBeMissplit(weights, tables);
  };
}

interface Bound {
  readonly tuning: Tuning;
  readonly level: number;
}

function isBeyond(z: number, clock: number, { tuning, level }: Bound): boolean {
  return z > CRITICAL_MIN && z > SLACK * alwaysValidCritical(clock, tuning, level);
}

/** An alternative beside the control, over the epochs in which both have clients. */
class Pair {
  readonly #weights: readonly (readonly number[])[];
  readonly #arm: number;
  readonly #arms: number;
  /** Epochs that count, and participants as the always-valid test counts them. */
  #epochs: number[] = [];
  clock = 0;

  constructor(weights: readonly (readonly number[])[], arm: number) {
    this.#weights = weights;
    this.#arm = arm;
    this.#arms = weights[0]?.length ?? 0;
  }

  read({ participants }: Tables): void {
    this.#epochs = [];
    let [all, information] = [0, 0];
    for (let epoch = 0; epoch < this.#weights.length; epoch++) {
      const [nc, nt] = this.#at(participants, epoch);
      if (nc < 2 || nt < 2) continue;
      this.#epochs.push(epoch);
      all += nc + nt;
      information += (nc * nt) / (nc + nt);
    }
    if (this.#epochs.length <= 1) this.clock = all;
    else {
      const [c, t] = this.#first();
      this.clock = (information * (c + t) * (c + t)) / (c * t);
    }
  }

  rateStatistic({ participants, reached }: Tables, metric: number): number {
    let [excess, variance, widened] = [0, 0, 0];
    for (const epoch of this.#epochs) {
      const [nc, nt] = this.#at(participants, epoch);
      const [xc, xt] = this.#at(reached[metric], epoch);
      const n = nc + nt;
      const pooled = (xc + xt) / n;
      const part = ((nc * nt) / n) * pooled * (1 - pooled);
      excess += (xt * nc - xc * nt) / n;
      variance += part;
      widened += (part * n) / (n - 1);
    }
    return variance > 0 ? excess / Math.sqrt(this.#epochs.length > 1 ? widened : variance) : 0;
  }

  meanStatistic(tables: Tables): number {
    let [difference, variance] = [0, 0];
    for (const epoch of this.#epochs) {
      const [control, treatment] = this.#samples(tables, epoch);
      const weight = (control.n * treatment.n) / (control.n + treatment.n);
      difference += weight * (treatment.mean - control.mean);
      variance += weight * weight * (treatment.variance / treatment.n + control.variance / control.n);
    }
    return variance > 0 ? difference / Math.sqrt(variance) : 0;
  }

  /** @param metric the rate that decides; `null` where the mean does */
  isOpen(tables: Tables, metric: number | null, atLook: boolean): boolean {
    return metric === null ? this.#isMeanOpen(tables, atLook) : this.isRateOpen(tables, metric);
  }

  isRateOpen(tables: Tables, metric: number): boolean {
    const strata = this.#epochs.map((epoch) => {
      const [nc, nt] = this.#at(tables.participants, epoch);
      const [xc, xt] = this.#at(tables.reached[metric], epoch);
      return { control: { n: nc, x: xc }, treatment: { n: nt, x: xt } };
    });
    return enoughForRates(strata, this.rateStatistic(tables, metric)).kind === "open";
  }

  #isMeanOpen(tables: Tables, atLook: boolean): boolean {
    const strata = this.#epochs.map((epoch) => {
      const [control, treatment] = this.#samples(tables, epoch);
      return { control, treatment };
    });
    return (atLook ? enoughForMeansAtLook(strata) : enoughForMeans(strata)).kind === "open";
  }

  #samples({ participants, sum, squares }: Tables, epoch: number): readonly [Sample, Sample] {
    const [nc, nt] = this.#at(participants, epoch);
    const [sc, st] = this.#at(sum, epoch);
    const [qc, qt] = this.#at(squares, epoch);
    return [sampleOf(nc, sc, qc), sampleOf(nt, st, qt)];
  }

  #at(table: Float64Array | undefined, epoch: number): readonly [control: number, treatment: number] {
    const start = epoch * this.#arms;
    return [table?.[start] ?? 0, table?.[start + this.#arm] ?? 0];
  }

  #first(): readonly [number, number] {
    const first = this.#weights.find((weights) => (weights[0] ?? 0) > 0 && (weights[this.#arm] ?? 0) > 0);
    return [first?.[0] ?? 1, first?.[this.#arm] ?? 1];
  }
}

/** No mixture of splits is as likely as the observed one; the alarm itself is asked where that would do. */
function mayBeMissplit(weights: readonly (readonly number[])[], { participants }: Tables): boolean {
  const arms = weights[0]?.length ?? 0;
  let logLikelihoodRatio = 0;
  for (const [epoch, shares] of weights.entries()) {
    let total = 0;
    for (let arm = 0; arm < arms; arm++) total += participants[epoch * arms + arm] ?? 0;
    for (let arm = 0; arm < arms; arm++) {
      const count = participants[epoch * arms + arm] ?? 0;
      if (count > 0) logLikelihoodRatio += count * Math.log(count / (total * (shares[arm] ?? 0)));
    }
  }
  if (logLikelihoodRatio < Math.log(EVIDENCE_ALARM)) return false;
  const splits = weights.map((shares, epoch) => ({
    observed: [...participants.slice(epoch * arms, (epoch + 1) * arms)],
    weights: shares,
  }));
  return sampleRatioEvidence(splits) >= Math.log(EVIDENCE_ALARM);
}
