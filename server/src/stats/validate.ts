/** What counts can't be: checked once, so that every formula may trust its input. */
import type { Baseline, EpochCounts, KpiCell, Moments, ReportInput, Settings } from "./input.ts";
import { type NoInference, noInference } from "./no-inference.ts";

/** The first thing wrong with the input as a whole, or `null`: its shape, its settings, its participants. */
export function problemOfInput(input: ReportInput, settings: Settings): NoInference | null {
  const malformed = problemOfShape(input) ?? problemOfSettings(input, settings);
  if (malformed !== null) return noInference("malformed-input", malformed);
  for (const epoch of [...input.epochs, ...(input.finalLook ?? [])]) {
    for (const count of epoch.participants) {
      if (!isCount(count)) return noInference("impossible-count", `There are ${count} visitors`);
    }
  }
  return null;
}

/** The first impossible cell of one KPI, or `null`. */
export function problemOfKpi(epochs: readonly EpochCounts[], kpi: number): NoInference | null {
  for (const epoch of epochs) {
    for (const [arm, cell] of (epoch.kpis[kpi] ?? []).entries()) {
      const problem = problemOfCell(cell, epoch.participants[arm] ?? 0);
      if (problem !== null) return problem;
    }
  }
  return null;
}

function problemOfCell(cell: KpiCell, participants: number): NoInference | null {
  const { conversions } = cell;
  if (!isCount(conversions)) {
    return noInference("impossible-count", `There are ${conversions} conversions`);
  }
  if (conversions > participants) {
    const detail = `There are ${conversions} conversions of ${participants} visitors, and each can convert once`;
    return noInference("conversions-above-participants", detail);
  }
  const { values } = cell;
  if (values === undefined || areMoments(values, conversions)) return null;
  const detail = `No ${conversions} values have the sum ${values.sum} and the sum of squares ${values.sumSquares}`;
  return noInference("impossible-moments", detail);
}

/** Rounding of sums in floating point. */
const MOMENTS_SLACK = 1e-9;

/** Cauchy–Schwarz: m values have sum^2 <= m · sum of squares. */
function areMoments({ sum, sumSquares }: Moments, values: number): boolean {
  if (!Number.isFinite(sum) || !Number.isFinite(sumSquares) || sumSquares < 0) return false;
  return sum * sum <= values * sumSquares * (1 + MOMENTS_SLACK);
}

function problemOfShape({ arms, kpis, epochs, baseline = 0, finalLook = [] }: ReportInput): string | null {
  if (arms.length === 0) return "Expected at least one arm, got none";
  if (kpis.length === 0) return "Expected at least one KPI, got none";
  if (epochs.length === 0) return "Expected at least one epoch, got none";
  if (!Number.isInteger(baseline) || baseline < 0 || baseline >= arms.length) {
    return `Expected \`baseline\` to be the index of an arm, got ${baseline}`;
  }
  for (const epoch of [...epochs, ...finalLook]) {
    if (epoch.weights.length !== arms.length || epoch.participants.length !== arms.length) {
      return `Expected one weight and one count of participants per arm (${arms.length}) in every epoch`;
    }
    if (epoch.kpis.length !== kpis.length || epoch.kpis.some((row) => row.length !== arms.length)) {
      return `Expected one row per KPI (${kpis.length}) with one cell per arm (${arms.length}) in every epoch`;
    }
    const weightsSum = epoch.weights.reduce((sum, weight) => sum + weight, 0);
    if (!epoch.weights.every((weight) => weight >= 0) || !(weightsSum > 0) || !Number.isFinite(weightsSum)) {
      return `Expected weights >= 0 that are not all 0, got ${epoch.weights.join(", ")}`;
    }
  }
  return null;
}

function problemOfSettings(input: ReportInput, settings: Settings): string | null {
  const { alpha, alphaContinuous, tuningSize, prior, daysComplete } = settings;
  if (!isShare(alpha)) return `Expected \`alpha\` in (0, 1), got ${alpha}`;
  if (!isShare(alphaContinuous)) return `Expected \`alphaContinuous\` in (0, 1), got ${alphaContinuous}`;
  if (!isPositive(tuningSize)) return `Expected \`tuningSize\` > 0, got ${tuningSize}`;
  if (!prior.every(isPositive)) return `Expected \`prior\` to be two numbers > 0, got ${prior.join(", ")}`;
  if (!(daysComplete >= 0)) return `Expected \`daysComplete\` >= 0, got ${daysComplete}`;
  const { plan } = input;
  if (plan === undefined) return null;
  if (alphaContinuous >= alpha) return `Expected \`alphaContinuous\` below \`alpha\`, got ${alphaContinuous}`;
  if (!isPositive(plan.participants)) return `Expected planned participants > 0, got ${plan.participants}`;
  const malformed = problemOfBaseline(plan.baseline);
  if (malformed !== null) return malformed;
  if (!Number.isFinite(plan.minimumUplift) || plan.minimumUplift === 0) {
    return `Expected the plan's \`minimumUplift\` to be a number other than 0, got ${plan.minimumUplift}`;
  }
  return plan.power === undefined || isShare(plan.power)
    ? null
    : `Expected the plan's \`power\` in (0, 1), got ${plan.power}`;
}

function problemOfBaseline(baseline: Baseline): string | null {
  if ("rate" in baseline) {
    return isShare(baseline.rate) ? null : `Expected the plan's baseline \`rate\` in (0, 1), got ${baseline.rate}`;
  }
  const { mean, deviation } = baseline;
  if (!Number.isFinite(mean) || mean === 0) {
    return `Expected the plan's baseline \`mean\` to be a number other than 0, got ${mean}`;
  }
  return isPositive(deviation) ? null : `Expected the plan's baseline \`deviation\` > 0, got ${deviation}`;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isPositive(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}

function isShare(value: number): boolean {
  return value > 0 && value < 1;
}
