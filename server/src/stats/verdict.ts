/**
 * What to do, in one sentence or two: the first rule that matches wins. Each answer carries the figures that led to it, so
 * that a page can show why. The chance to be best never decides: it is not peek-proof.
 */
import { plural } from "../lib/text.ts";
import { comparisons, DAYS_MIN, decisionKpi } from "./deciding.ts";
import { clause, type NoInferenceReason, SPREAD_NEEDED } from "./no-inference.ts";
import type { Evidence, KpiReport, SampleRatio, Verdict } from "./report.ts";
import { decidingArms } from "./shown.ts";
import { contradiction, harm, superior } from "./verdict-arms.ts";
import type { VerdictInputs } from "./verdict-inputs.ts";
import { keepRunning, late, ruledOut, unclear } from "./verdict-plan.ts";
import { called, missingText, splitText } from "./verdict-words.ts";

export function verdictOf(evidence: Evidence): Verdict {
  const kpi = decisionKpi(evidence);
  const first = mismatch(evidence) ?? contradiction(evidence, kpi);
  if (first !== null) return first;
  if (kpi === null) return harm(evidence, kpi) ?? nothing(evidence);
  return (
    superior(evidence, kpi) ??
    harm(evidence, kpi) ??
    tooEarly(evidence, kpi) ??
    late(evidence, kpi) ??
    ruledOut(evidence, kpi) ??
    unclear(evidence, kpi) ??
    keepRunning(evidence, kpi)
  );
}

function nothing({ kpis }: Evidence): Verdict {
  const failed = kpis.find((kpi) => kpi.kind === "no-inference");
  const reason = failed?.kind === "no-inference" ? failed.reason : "malformed-input";
  const detail = failed?.kind === "no-inference" ? failed.detail : "There are guardrails only, and no KPI to decide on";
  return { kind: "no-inference", reason, sentence: `No conclusion is possible: ${clause(detail)}.`, inputs: {} };
}

/** Rule 1. */
function mismatch({ sampleRatio, arms }: Evidence): Verdict | null {
  if (sampleRatio.kind !== "tested" || !sampleRatio.latched) return null;
  return {
    kind: "sample-ratio-mismatch",
    sentence: `Do not use these results: ${splitText(arms, sampleRatio.alarm)} (chance below 1 in 1000). Find the cause, mend it, then reset the experiment.`,
    inputs: mismatchInputs(sampleRatio),
  };
}

/** What is wrong with the split; once it has healed, that it was. */
function mismatchInputs(ratio: Extract<SampleRatio, { kind: "tested" }>): VerdictInputs {
  return {
    logEvidence: ratio.logEvidence,
    chiSquareP: ratio.pFixed,
    alarmNow: ratio.alarm,
    alarmLatched: ratio.latched,
  };
}

/** Rule 5. */
function tooEarly(evidence: Evidence, kpi: KpiReport): Verdict | null {
  const { settings } = evidence;
  const days = Math.max(0, DAYS_MIN - Math.floor(settings.daysComplete));
  const compared = comparisons(evidence, kpi);
  const missing = compared.map(({ comparison: { gate } }) => (gate.kind === "open" ? 0 : gate.need - gate.have));
  const gateShut = missing.every((count) => count > 0);
  if (days === 0 && !gateShut && !kpi.capAwaited) return null;
  const conversions = gateShut && missing.length > 0 ? Math.min(...missing) : 0;
  const lacking = (reason: NoInferenceReason) => missing.length === 0 && isRefusedFor(reason, evidence, kpi);
  const needsSpread = lacking("too-few-values");
  const isSame = !needsSpread && lacking("no-variance");
  const parts = [
    ...(missing.length === 0 && !isSame && !needsSpread ? ["visitors in at least two alternatives"] : []),
    ...(conversions > 0 ? [missingText(conversions, compared)] : []),
    ...(days > 0 ? [plural(days, "more whole day")] : []),
  ];
  const needed = parts.length === 0 ? [] : [`${parts.join(" and ")} needed`];
  const reasons = [
    ...(needsSpread ? [clause(SPREAD_NEEDED)] : []),
    ...(isSame ? [`all values of ${called(kpi)} are the same so far`] : []),
    ...(kpi.capAwaited && !isSame ? [`the cap of ${called(kpi)} is not known yet`] : []),
    ...needed,
  ];
  return {
    kind: "too-early",
    daysNeeded: days,
    conversionsNeeded: conversions,
    sentence: `Too early: ${reasons.join(", and ")}.`,
    inputs: { daysComplete: settings.daysComplete, daysMin: DAYS_MIN, conversionsNeeded: conversions },
  };
}

/** Whether an alternative that takes part can't be compared for that reason. */
function isRefusedFor(reason: NoInferenceReason, { arms }: Evidence, kpi: KpiReport): boolean {
  return decidingArms(kpi).some(
    ({ comparison }, arm) =>
      comparison.kind === "no-inference" && comparison.reason === reason && arms[arm]?.retired !== true,
  );
}
