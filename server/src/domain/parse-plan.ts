/** Reads a plan as people type it into a `Plan`, and refuses with a sentence what is invalid. */
import { grouped, isEmpty } from "../lib/text.ts";
import { GUARDRAIL_MARGIN_DEFAULT, POWER_DEFAULT } from "../stats/input.ts";
import { SixpackError } from "./errors.ts";
import { kpiPhrase } from "./kpi.ts";
import { BETTER } from "./kpi-definition.ts";
import { oneOf, parseKpiName, quote } from "./names.ts";
import {
  type Guardrail,
  type Plan,
  type PlannedBaseline,
  type PlannedKpi,
  type PlannedSize,
  participantsNeeded,
} from "./plan.ts";

/** One KPI of a plan; every value as text, as forms send it. */
export interface RawPlannedKpi {
  /** Empty or left out is the default KPI. */
  readonly kpi?: string | undefined;
  /** `higher` or `lower`. @default "higher" */
  readonly better?: string | undefined;
  /** `rate` or `mean`. @default as the KPI counts, and `rate` where the size is given by `baseline_rate` */
  readonly decides_on?: string | undefined;
  /** Guardrails only: `5%` of the control's figure, or `0.01` in the KPI's unit. @default "5%" */
  readonly margin?: string | undefined;
}

export interface RawPlan {
  /** Left out is the default KPI. */
  readonly primary?: RawPlannedKpi | undefined;
  readonly secondary?: readonly RawPlannedKpi[] | undefined;
  readonly guardrails?: readonly RawPlannedKpi[] | undefined;
  /** What a roll-back in vain by guardrails is bounded for: `experiment` or `each`. @default "experiment" */
  readonly roll_back?: string | undefined;
  /** `5%` or `0.05`, of a KPI that decides on a rate. With `minimum_uplift` it makes the size; without both there is none. */
  readonly baseline_rate?: string | undefined;
  /** Of a KPI that decides on a mean: value per participant, and its standard deviation. Left out, both are those seen so far. */
  readonly baseline_mean?: string | undefined;
  readonly baseline_deviation?: string | undefined;
  /** `10%` or `0.1`. */
  readonly minimum_uplift?: string | undefined;
  /** `80%` or `0.8`. @default "80%" */
  readonly power?: string | undefined;
  /** Left out it is computed from the three above. */
  readonly participants?: string | undefined;
}

/** The mean over the participants of all alternatives together, which doesn't reveal which one does better. */
export interface SeenValues {
  readonly mean: number;
  readonly deviation: number;
  /** Values of equal size that would have this sum and sum of squares. */
  readonly values: number;
}

/** From this many on, mean and deviation are a usable estimate for later participants. */
export const SEEN_VALUES_MIN = 40;

/** Most KPIs in one plan. */
const PLANNED_KPIS_MAX = 20;
/** By what a KPI decides, and what a roll-back in vain is bounded for; the first of these is usual. */
export const DECIDED_BY = ["rate", "mean"] as const;
export const ROLL_BACKS = ["experiment", "each"] as const;
/** Largest planned size. */
export const PLANNED_PARTICIPANTS_MAX = 1_000_000_000;
/** Largest value of the smallest uplift worth finding: tenfold. */
const MINIMUM_UPLIFT_MAX = 10;

/**
 * @param shares of new clients per alternative, on any scale, 0 for retired ones
 * @param seen of a KPI by name, `null` the default one; `undefined` where nobody reached it
 * @param termsOf a KPI without a plan
 * @throws SixpackError invalid-plan, invalid-kpi-name
 */
export function parsePlan(
  raw: RawPlan,
  shares: readonly number[],
  seen: (kpi: PlannedKpi["kpi"]) => SeenValues | undefined = () => undefined,
  termsOf: (kpi: PlannedKpi["kpi"]) => Terms = () => USUAL_TERMS,
): Plan {
  const termsOfPrimary = (kpi: PlannedKpi["kpi"]): Terms =>
    isEmpty(raw.baseline_rate) ? termsOf(kpi) : { ...termsOf(kpi), decidesOn: "rate" };
  const primary = parseKpi("primary", raw.primary ?? {}, termsOfPrimary);
  const secondary = (raw.secondary ?? []).map((kpi) => parseKpi("secondary", kpi, termsOf));
  const guardrails = (raw.guardrails ?? []).map((kpi) => parseGuardrail(kpi, termsOf));
  const all = [primary, ...secondary, ...guardrails].map(({ kpi }) => kpi);
  const repeated = all.find((kpi, index) => all.indexOf(kpi) !== index);
  if (repeated !== undefined) {
    throw invalid(`Expected each KPI in one role, got ${repeated === null ? kpiPhrase(null) : quote(repeated)} twice`);
  }
  if (all.length > PLANNED_KPIS_MAX) throw invalid(`Expected at most ${PLANNED_KPIS_MAX} KPIs, got ${all.length}`);
  const rollBack = choiceOf("roll_back", ROLL_BACKS, raw.roll_back);
  const size = parseSize(raw, primary, shares, seen);
  return { primary, secondary, guardrails, size, ...(rollBack === "each" ? { rollBack } : {}) };
}

/** Defaults for what the plan leaves out about a KPI. */
export type Terms = Pick<PlannedKpi, "better" | "decidesOn">;
const USUAL_TERMS: Terms = { better: "higher", decidesOn: "rate" };

type TermsOf = (kpi: PlannedKpi["kpi"]) => Terms;

function parseKpi(role: string, raw: RawPlannedKpi, termsOf: TermsOf): PlannedKpi {
  const kpi = isEmpty(raw.kpi) ? null : parseKpiName(raw.kpi);
  const usual = termsOf(kpi);
  return {
    kpi,
    better: choiceOf(`better of the ${role} KPI`, BETTER, raw.better, usual.better),
    decidesOn: choiceOf(`decides_on of the ${role} KPI`, DECIDED_BY, raw.decides_on, usual.decidesOn),
  };
}

function parseGuardrail(raw: RawPlannedKpi, termsOf: TermsOf): Guardrail {
  const kpi = parseKpi("guardrail", raw, termsOf);
  if (isEmpty(raw.margin)) return { ...kpi, margin: GUARDRAIL_MARGIN_DEFAULT };
  const kind = raw.margin.includes("%") ? "relative" : "absolute";
  const value = parseFraction("margin", raw.margin);
  if (value <= 0 || (kind === "relative" && value >= 1)) {
    throw invalid(`Expected \`margin\` above 0 (and below 100%), got ${quote(raw.margin)}`);
  }
  return { ...kpi, margin: { kind, value } };
}

function parseSize(
  raw: RawPlan,
  primary: PlannedKpi,
  shares: readonly number[],
  seen: (kpi: PlannedKpi["kpi"]) => SeenValues | undefined,
): PlannedSize | null {
  const given = [raw.baseline_rate, raw.baseline_mean, raw.baseline_deviation, raw.minimum_uplift, raw.participants];
  if (given.every(isEmpty)) return null;
  const baseline = primary.decidesOn === "rate" ? parseRate(raw) : parseMean(raw, () => seen(primary.kpi));
  const minimumUplift = parseFraction("minimum_uplift", raw.minimum_uplift ?? "");
  if (!(minimumUplift > 0 && minimumUplift <= MINIMUM_UPLIFT_MAX) || !isReachable(baseline, minimumUplift, primary)) {
    const from =
      "baselineRate" in baseline ? ` that leads from ${baseline.baselineRate} to a rate between 0 and 1` : "";
    throw invalid(`Expected \`minimum_uplift\` above 0%${from}, got ${quote(raw.minimum_uplift ?? "")}`);
  }
  const power = isEmpty(raw.power) ? POWER_DEFAULT : parseFraction("power", raw.power);
  if (!(power >= 0.5 && power < 1)) {
    throw invalid(`Expected \`power\` from 50% to below 100%, got ${quote(raw.power ?? "")}`);
  }
  const terms = { ...baseline, minimumUplift, power };
  if (!isEmpty(raw.participants)) return { ...terms, participants: parseParticipants(raw.participants) };
  const participants = participantsNeeded(terms, primary.better, shares);
  if (participants > PLANNED_PARTICIPANTS_MAX) {
    const most = `${grouped(PLANNED_PARTICIPANTS_MAX)} visitors can find`;
    throw invalid(
      `Expected \`minimum_uplift\` as one that ${most}, got ${quote(raw.minimum_uplift ?? "")}, which takes ${grouped(participants)}`,
    );
  }
  return { ...terms, participants };
}

function isReachable(baseline: PlannedBaseline, uplift: number, { better }: PlannedKpi): boolean {
  if (!("baselineRate" in baseline)) return true;
  return better === "higher" ? baseline.baselineRate * (1 + uplift) < 1 : uplift < 1;
}

function parseRate(raw: RawPlan): PlannedBaseline {
  if (!isEmpty(raw.baseline_mean) || !isEmpty(raw.baseline_deviation)) {
    throw invalid("Expected `baseline_rate` for a KPI that decides on a rate, got a mean or deviation");
  }
  if (isEmpty(raw.baseline_rate) || isEmpty(raw.minimum_uplift)) {
    const given = (["baseline_rate", "minimum_uplift", "participants"] as const).filter(
      (field) => !isEmpty(raw[field]),
    );
    const got = given.map((field) => `\`${field}\``).join(" and ");
    throw invalid(`Expected \`baseline_rate\` and \`minimum_uplift\` where a size is planned, got ${got} alone`);
  }
  const baselineRate = parseFraction("baseline_rate", raw.baseline_rate);
  if (!(baselineRate > 0 && baselineRate < 1)) {
    throw invalid(`Expected \`baseline_rate\` between 0% and 100%, got ${quote(raw.baseline_rate)}`);
  }
  return { baselineRate };
}

/** The sample size formula for rates would promise too much power for a mean. */
function parseMean(raw: RawPlan, seen: () => SeenValues | undefined): PlannedBaseline {
  if (!isEmpty(raw.baseline_rate)) {
    throw invalid(
      "Expected `baseline_mean` and `baseline_deviation` for a KPI that decides on its mean, got `baseline_rate`",
    );
  }
  if (isEmpty(raw.minimum_uplift)) {
    throw invalid("Expected `minimum_uplift` with the mean and deviation, got none");
  }
  if (isEmpty(raw.baseline_mean) && isEmpty(raw.baseline_deviation)) return seenBaseline(seen());
  const baselineMean = parseNumber("baseline_mean", raw.baseline_mean ?? "");
  const baselineDeviation = parseNumber("baseline_deviation", raw.baseline_deviation ?? "");
  if (baselineMean === 0) throw invalid("Expected `baseline_mean` other than 0, got 0: nothing is a share of it");
  if (!(baselineDeviation > 0)) {
    throw invalid(`Expected \`baseline_deviation\` above 0, got ${quote(raw.baseline_deviation ?? "")}`);
  }
  return { baselineMean, baselineDeviation };
}

function seenBaseline(seen: SeenValues | undefined): PlannedBaseline {
  if (seen === undefined || seen.values < SEEN_VALUES_MIN || seen.mean === 0 || !(seen.deviation > 0)) {
    throw invalid(
      `Expected \`baseline_mean\` and \`baseline_deviation\`, or more values to take them from (worth ${SEEN_VALUES_MIN} equal ones), got ${seen?.values ?? 0}`,
    );
  }
  return { baselineMean: seen.mean, baselineDeviation: seen.deviation };
}

function parseParticipants(raw: string): number {
  const value = Number(raw);
  if (Number.isInteger(value) && value >= 2 && value <= PLANNED_PARTICIPANTS_MAX) return value;
  throw invalid(`Expected \`participants\` as a whole number from 2 to ${PLANNED_PARTICIPANTS_MAX}, got ${quote(raw)}`);
}

/** `5%`, `5 %` or `0.05`. */
const FRACTION = /^(\d{1,12}(?:\.\d{1,12})?|\.\d{1,12})\s*(%?)$/;

function parseFraction(what: string, raw: string): number {
  const match = FRACTION.exec(raw.trim());
  if (match === null)
    throw invalid(`Expected \`${what}\` as a fraction or percentage such as 0.05 or 5%, got ${quote(raw)}`);
  return Number(match[1]) / (match[2] === "%" ? 100 : 1);
}

/** `4.2`, `-3`, `1e4`. */
function parseNumber(what: string, raw: string): number {
  const value = raw.trim() === "" ? Number.NaN : Number(raw);
  if (!Number.isFinite(value)) throw invalid(`Expected \`${what}\` as a number such as 4.2, got ${quote(raw)}`);
  return value;
}

/** @param usual goes for a text that was left out. @default the first choice */
function choiceOf<T extends string>(
  what: string,
  choices: readonly [T, ...(readonly T[])],
  raw: string | undefined,
  usual: T = choices[0],
): T {
  return isEmpty(raw) ? usual : oneOf(what, choices, raw, "invalid-plan");
}

function invalid(detail: string): SixpackError {
  return new SixpackError("invalid-plan", detail);
}
