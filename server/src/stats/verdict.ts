/**
 * What to do, in one sentence: the first rule that matches wins, worst news first. Each answer carries the figures that
 * led to it, so that a page can show why. The chance to be best never decides: it is not peek-proof.
 */
import { gainOf } from "./direction.ts";
import type { Evidence, KpiReport, SampleRatio, Verdict } from "./report.ts";
import {
  type Compared,
  decidingArms,
  harmText,
  levelOf,
  missingText,
  percent,
  runningSentence,
  shipSentence,
  splitText,
} from "./verdict-words.ts";

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

/** What is wrong with the split; once it has healed, that it was. */

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

/** The wider of two intervals that still excludes 0: Holm may find what Bonferroni's does not. */

/** Whether a share of the baseline says what happened. */

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

/** Percentage points of a rate, plain numbers of a mean. */

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

/** One digit behind the point, below 1 % two that count: never 0% of what is not nothing. */

/** Three digits that count. */

/** "3%-8%" of a change, nearest to none first; an infinite side is "at least". */
