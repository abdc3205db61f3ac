/**
 * What to do, in one sentence: the first rule that matches wins, worst news first. Each answer carries the figures that
 * led to it, so that a page can show why. The chance to be best never decides: it is not peek-proof.
 */
import { gainOf, leastGain } from "./direction.ts";
import type {
  Comparison,
  Interval,
  KpiReport,
  MeanArm,
  PlanReport,
  RateArm,
  Report,
  SampleRatio,
  Verdict,
} from "./report.ts";

/** Everything of the report but the verdict. */
export type Evidence = Omit<Report, "verdict">;

/** Whole days before anything but a mismatch or harm is said: a week has every weekday once. */
export const DAYS_MIN = 7;

/** Share of the smallest worthwhile gain that one may risk by choosing the leader without proof. */
const LOSS_SHARE = 0.01;

export function verdictOf(evidence: Evidence): Verdict {
  const kpi = decisionKpi(evidence);
  return (
    mismatch(evidence) ??
    harm(evidence) ??
    (kpi === null ? nothing(evidence) : null) ??
    (kpi === null ? keepRunning(evidence) : decide(evidence, kpi))
  );
}

function decide(evidence: Evidence, kpi: KpiReport): Verdict {
  return (
    tooEarly(evidence, kpi) ??
    superior(evidence, kpi) ??
    ruledOut(evidence, kpi) ??
    unclear(evidence, kpi) ??
    keepRunning(evidence)
  );
}

/** The first primary KPI, else the first goal. */
export function decisionKpi({ kpis }: Evidence): KpiReport | null {
  const goals = kpis.filter((kpi) => kpi.kind === "analysed" && kpi.family === "goal");
  const goal = goals.find((kpi) => kpi.role === "primary") ?? goals[0];
  return goal?.kind === "analysed" ? goal : null;
}

/** The section of a KPI that carries its decision. */
export function decidingArms(kpi: KpiReport): readonly (RateArm | MeanArm)[] {
  return kpi[kpi.decidesOn] ?? kpi.rates;
}

interface Compared {
  readonly arm: number;
  readonly name: string;
  readonly comparison: Comparison;
}

function comparisons(kpi: KpiReport): Compared[] {
  return decidingArms(kpi).flatMap(({ name, comparison }, arm) =>
    comparison.kind === "compared" ? [{ arm, name, comparison }] : [],
  );
}

function nothing({ kpis }: Evidence): Verdict {
  const failed = kpis.find((kpi) => kpi.kind === "no-inference");
  const reason = failed?.kind === "no-inference" ? failed.reason : "malformed-input";
  const detail = failed?.kind === "no-inference" ? failed.detail : "Expected a KPI to decide on, got guardrails only";
  return { kind: "no-inference", reason, sentence: `No conclusion is possible: ${detail}.`, inputs: {} };
}

/** Rule 1. */
function mismatch({ sampleRatio, arms }: Evidence): Verdict | null {
  if (sampleRatio.kind !== "tested" || !sampleRatio.latched) return null;
  return {
    kind: "sample-ratio-mismatch",
    sentence: `Do not use these results: ${splitText(arms, sampleRatio.alarm)} (chance below 1 in 1000). Fix the assignment, then restart.`,
    inputs: mismatchInputs(sampleRatio),
  };
}

/** Most shares that a sentence can hold. */
const SHARES_SHOWN_MAX = 4;

/** What is wrong with the split; once it has healed, that it was. */
function splitText(arms: Report["arms"], alarm: boolean): string {
  if (!alarm) return "the traffic split was wrong at an earlier time";
  if (arms.length > SHARES_SHOWN_MAX)
    return `the traffic split over ${arms.length} alternatives is not the expected one`;
  const text = (digits: number, shares: readonly (number | null)[]): string =>
    shares.map((share) => percent(share ?? 0, digits)).join(" / ");
  const observed = arms.map(({ share }) => share);
  const expected = arms.map(({ expectedShare }) => expectedShare);
  // Of many participants a difference is certain that one digit does not show.
  const digits = [1, 2, 3, 4].find((count) => text(count, observed) !== text(count, expected)) ?? 4;
  return `the traffic split is ${text(digits, observed)}, expected ${text(digits, expected)}`;
}

function mismatchInputs(ratio: Extract<SampleRatio, { kind: "tested" }>): Verdict["inputs"] {
  return {
    logEvidence: ratio.logEvidence,
    chiSquareP: ratio.pFixed,
    alarmNow: ratio.alarm,
    alarmLatched: ratio.latched,
  };
}

/** Rule 2: primary KPIs and guardrails, adjusted for being many each as their family. */
function harm(evidence: Evidence): Verdict | null {
  for (const kpi of evidence.kpis) {
    if (kpi.kind !== "analysed" || (kpi.role === "secondary" && kpi !== decisionKpi(evidence))) continue;
    for (const compared of comparisons(kpi)) {
      const { arm, name, comparison } = compared;
      if (comparison.conclusion !== "worse" || comparison.concludedBy !== "always-valid") continue;
      const { uplift, difference, pAlwaysValid } = comparison;
      return {
        kind: "roll-back",
        arm,
        kpi: kpi.name,
        sentence: `Roll back ${name}: ${kpi.name} is ${harmText(evidence, kpi, compared)}, and this holds however often you looked.`,
        inputs: {
          kpi: kpi.name,
          upliftLower: uplift.alwaysValid.lower,
          upliftUpper: uplift.alwaysValid.upper,
          differenceLower: difference.alwaysValid.lower,
          differenceUpper: difference.alwaysValid.upper,
          pAlwaysValid,
        },
      };
    }
  }
  return null;
}

/** A share is up or down; over a baseline below 0, or perhaps 0, only the difference reads one way. */
function harmText({ baseline }: Evidence, kpi: KpiReport, { arm, comparison }: Compared): string {
  const isUp = kpi.better === "lower";
  const { uplift, difference } = comparison;
  if (isRelative(kpi, baseline, uplift.alwaysValid)) {
    const { lower, upper } = excluding(comparison.upliftBonferroni, uplift.alwaysValid);
    return isUp ? `up ${range(lower, upper)}` : `down ${range(upper, lower)}`;
  }
  const { lower, upper } = excluding(comparison.differenceBonferroni, difference.alwaysValid);
  const [least, most] = isUp ? [lower, upper] : [upper, lower];
  const size = `${amount(Math.abs(least ?? 0))} to ${amount(Math.abs(most ?? 0))}`;
  const [from, to] = [levelOf(kpi, baseline), levelOf(kpi, arm)].map(amount);
  return `${isUp ? "higher" : "lower"} by ${size} (${from} before, ${to} now)`;
}

/** The wider of two intervals that still excludes 0: Holm may find what Bonferroni's does not. */
function excluding(widened: Interval | null, own: Interval): Interval {
  const excludes = widened !== null && ((widened.lower ?? -1) > 0 || (widened.upper ?? 1) < 0);
  return excludes ? widened : own;
}

/** Whether a share of the baseline says what happened. */
function isRelative(kpi: KpiReport, baseline: number, { lower, upper }: Interval): boolean {
  return levelOf(kpi, baseline) >= 0 && (lower !== null || upper !== null);
}

function levelOf(kpi: KpiReport, index: number): number {
  const arm = decidingArms(kpi)[index];
  return (arm === undefined ? null : "rate" in arm ? arm.rate : arm.mean) ?? 0;
}

/** Rule 3. */
function tooEarly({ settings }: Evidence, kpi: KpiReport): Verdict | null {
  const days = Math.max(0, DAYS_MIN - Math.floor(settings.daysComplete));
  const compared = comparisons(kpi);
  const missing = compared.map(({ comparison: { gate } }) => (gate.kind === "open" ? 0 : gate.need - gate.have));
  const gateShut = missing.every((count) => count > 0);
  if (days === 0 && !gateShut) return null;
  const conversions = gateShut && missing.length > 0 ? Math.min(...missing) : 0;
  const parts = [
    ...(missing.length === 0 ? ["participants in two arms"] : []),
    ...(conversions > 0 ? [missingText(conversions, compared)] : []),
    ...(days > 0 ? [`${days} more ${days === 1 ? "day" : "days"}`] : []),
  ];
  return {
    kind: "too-early",
    daysNeeded: days,
    conversionsNeeded: conversions,
    sentence: `Too early: ${parts.join(" and ")} needed.`,
    inputs: { daysComplete: settings.daysComplete, daysMin: DAYS_MIN, conversionsNeeded: conversions },
  };
}

function missingText(count: number, compared: readonly Compared[]): string {
  const ofMeans = compared.some(({ comparison: { gate } }) => gate.kind !== "open" && gate.what !== "conversions");
  if (!ofMeans) return `${count} more ${count === 1 ? "conversion" : "conversions"}`;
  return `${count} more ${count === 1 ? "participant" : "participants"} with a value`;
}

/** Rule 4: the best of the arms shown superior, if every guardrail is shown safe for it. */
function superior(evidence: Evidence, kpi: KpiReport): Verdict | null {
  const gain = ({ comparison }: Compared): number => gainOf(comparison.difference.estimate ?? 0, kpi.better);
  const [winner] = comparisons(kpi)
    .filter(({ comparison }) => comparison.conclusion === "better")
    .sort((a, b) => gain(b) - gain(a));
  if (winner === undefined) return null;
  const { arm, name, comparison } = winner;
  const unsafe = unsafeGuardrails(evidence, arm);
  const inputs = {
    kpi: kpi.name,
    concludedBy: comparison.concludedBy,
    upliftEstimate: comparison.uplift.estimate,
    pHolm: comparison.pHolm,
    pFinalHolm: comparison.finalLook?.pHolm ?? null,
    guardrailsUndecided: unsafe.length,
  };
  if (unsafe.length > 0) {
    const sentence = `Hold: ${name} is better on ${kpi.name}, but ${unsafe.join(", ")} ${unsafe.length === 1 ? "is" : "are"} not yet shown safe.`;
    return { kind: "hold", arm, guardrails: unsafe, sentence, inputs };
  }
  return { kind: "ship", arm, sentence: shipSentence(evidence, kpi, winner), inputs };
}

function unsafeGuardrails({ kpis }: Evidence, arm: number): string[] {
  return kpis
    .filter((kpi) => kpi.role === "guardrail")
    .filter((kpi) => {
      if (kpi.kind !== "analysed") return true;
      const comparison = decidingArms(kpi)[arm]?.comparison;
      return comparison?.kind !== "compared" || comparison.nonInferiority?.conclusion !== "non-inferior";
    })
    .map((kpi) => kpi.name);
}

function shipSentence({ plan, baseline }: Evidence, kpi: KpiReport, { name, comparison }: Compared): string {
  const look = comparison.concludedBy === "final-look" ? comparison.finalLook : null;
  const early = comparison.concludedBy === "always-valid" && !plan.horizonReached;
  // Of many comparisons the one that won was also lucky: its limit is that of all of them together.
  const uplift = {
    estimate: (look ?? comparison).uplift.estimate,
    interval: (look ?? comparison).upliftBonferroni ?? comparison.uplift.alwaysValid,
  };
  const difference = {
    estimate: (look ?? comparison).difference.estimate,
    interval: (look ?? comparison).differenceBonferroni ?? comparison.difference.alwaysValid,
  };
  const relative = uplift.estimate !== null && levelOf(kpi, baseline) >= 0;
  const size = relative
    ? sizeText(uplift, kpi.better, signed)
    : sizeText(difference, kpi.better, (value) => differenceText(kpi, value));
  return `Ship ${name}${size}.${early ? " An estimate from an early stop tends to be too high." : ""}`;
}

function sizeText(
  { estimate, interval }: { readonly estimate: number | null; readonly interval: Interval },
  better: KpiReport["better"],
  text: (value: number) => string,
): string {
  if (estimate === null) return "";
  const least = leastGain(interval, better);
  // Holm may find what Bonferroni's slightly wider interval does not.
  const shown = least !== null && gainOf(least, better) > 0;
  return `: ${text(estimate)}${shown ? ` (at least ${text(least)})` : ""}`;
}

/** Percentage points of a rate, plain numbers of a mean. */
function differenceText({ decidesOn }: KpiReport, value: number): string {
  const sign = value > 0 ? "+" : "";
  return decidesOn === "rates" ? `${sign}${amount(100 * value)} points` : `${sign}${amount(value)}`;
}

/** Rule 5: at the horizon, no alternative can still be worth it. */
function ruledOut({ plan, arms, baseline }: Evidence, kpi: KpiReport): Verdict | null {
  if (!plan.horizonReached || plan.minimumUplift === null) return null;
  const worthwhile = Math.abs(plan.minimumUplift);
  const best = comparisons(kpi).map(({ comparison }) => {
    const interval = comparison.finalLook?.uplift.interval ?? comparison.uplift.alwaysValid;
    const most = kpi.better === "higher" ? interval.upper : interval.lower;
    return most === null ? null : gainOf(most, kpi.better);
  });
  if (!best.every((limit) => limit !== null && limit < worthwhile)) return null;
  return {
    kind: "keep-control",
    sentence: `Keep ${arms[baseline]?.name}: a gain of ${percent(worthwhile)} or more is ruled out.`,
    inputs: { minimumUplift: worthwhile, upliftUpperMax: Math.max(...best.map((limit) => limit ?? 0)) },
  };
}

/** Rule 6: at the horizon without a result. */
function unclear({ plan, baseline }: Evidence, kpi: KpiReport): Verdict | null {
  if (!plan.horizonReached || plan.minimumUplift === null) return null;
  const arms = decidingArms(kpi);
  const leader = arms.reduce(
    (best, { chanceToBeBest }, arm) => ((chanceToBeBest ?? 0) > (arms[best]?.chanceToBeBest ?? 0) ? arm : best),
    baseline,
  );
  const loss = arms[leader]?.expectedLoss ?? null;
  const level = Math.abs(levelOf(kpi, baseline));
  const tolerable = LOSS_SHARE * Math.abs(plan.minimumUplift) * level;
  const inputs = { leader: arms[leader]?.name ?? null, expectedLoss: loss, tolerableLoss: tolerable };
  if (loss !== null && loss < tolerable) {
    const share = percent(loss / level, loss / level < 0.0001 ? 1 : 2);
    const sentence = `No clear winner; choosing ${arms[leader]?.name} risks at most ${share} of the baseline on average.`;
    return { kind: "no-clear-winner", arm: leader, sentence, inputs };
  }
  const sentence = "Inconclusive: the planned size is reached and neither a gain nor its absence is shown.";
  return { kind: "inconclusive", sentence, inputs };
}

/** Rule 7. */
function keepRunning({ plan, settings }: Evidence): Verdict {
  const inputs = { participants: plan.participants, participantsPlanned: plan.participantsPlanned };
  return { kind: "keep-running", daysLeft: plan.daysLeft, sentence: runningSentence(plan, settings.adaptive), inputs };
}

function runningSentence({ daysLeft }: PlanReport, adaptive: boolean): string {
  switch (daysLeft.kind) {
    case "estimated":
      return `Keep running: about ${daysLeft.days} ${daysLeft.days === 1 ? "day" : "days"} left.`;
    case "unlikely":
      return `Keep running, or raise the smallest uplift worth finding: ${daysLeft.days} days left is unlikely to finish.`;
    case "reached":
      return "Keep running until the final look is taken.";
    case "unknown":
      if (daysLeft.reason !== "no-plan") return "Keep running: no recent traffic to tell how long it takes.";
      // Weights that follow the results leave no look of a fixed size to plan for.
      return adaptive
        ? "Keep running: no difference shown yet. The bandit goes on moving clients to what does better."
        : "Keep running: no difference shown yet. Set a plan to know how long it takes.";
  }
}

/** One digit behind the point, below 1 % two that count: never 0% of what is not nothing. */
function percent(fraction: number, digits = 1): string {
  const value = 100 * fraction;
  const rounded = digits === 1 && Math.abs(value) < 1 ? value.toPrecision(2) : value.toFixed(digits);
  return `${Number(rounded)}%`;
}

/** Three digits that count. */
function amount(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function signed(fraction: number): string {
  return `${fraction > 0 ? "+" : ""}${percent(fraction)}`;
}

/** "3%-8%" of a change, nearest to none first; an infinite side is "at least". */
function range(least: number | null, most: number | null): string {
  const from = percent(Math.abs(least ?? 0));
  return most === null ? `at least ${from}` : `${from} to ${percent(Math.abs(most))}`;
}
