/** The verdicts that name an arm: what is better, what is worse, and what was said of it before. */
import { comparisons, decisionKpi, mayShip, watched } from "./deciding.ts";
import { gainOf } from "./direction.ts";
import { seenIn } from "./reached.ts";
import type { Evidence, KpiOutcome, KpiReport, Verdict } from "./report.ts";
import { decidingArms } from "./shown.ts";
import type { VerdictInputs } from "./verdict-inputs.ts";
import {
  type Compared,
  called,
  gainText,
  harmText,
  isTurned,
  laterText,
  listed,
  named,
  OVERSTATED,
  toldOf,
} from "./verdict-words.ts";

/** Rule 2: an earlier look showed the opposite of what all data show now. Both are claims that seldom err. */
export function contradiction(evidence: Evidence, kpi: KpiReport | null): Verdict | null {
  const compared = watched(evidence, kpi).find(
    ({ comparison: { reached, conclusionNow } }) =>
      reached !== null && conclusionNow !== "undecided" && conclusionNow !== reached.says,
  );
  if (compared === undefined) return null;
  const { arm, name, comparison } = compared;
  const { reached, conclusion, pAlwaysValid } = comparison;
  if (reached === null) return null;
  const [earlier, later] = conclusion === "worse" ? [harmText, gainText] : [gainText, harmText];
  const then = earlier(evidence, compared, { seen: reached, on: reached.on });
  const now = later(evidence, compared, { seen: seenIn(comparison), on: null });
  return {
    kind: "contradiction",
    arm,
    kpi: compared.kpi.name,
    sentence: `Find out what changed: on ${reached.on}, ${called(compared.kpi)} of ${named(name)} was shown to be ${then}, and all data so far show it to be ${now}. If nothing did, one of the two is chance: test it again.`,
    inputs: { kpi: compared.kpi.name, reachedOn: reached.on, pReached: reached.p, pAlwaysValid },
  };
}

/** Arms shown worse, each adjusted for the comparisons of its family. */
function harmed(evidence: Evidence, kpi: KpiReport | null): Compared[] {
  return watched(evidence, kpi).filter(
    ({ comparison }) => comparison.conclusion === "worse" && comparison.concludedBy === "always-valid",
  );
}

/**
 * The arms shown worse on the KPI that decides or on a guardrail, whatever else there is to say, also under a sample ratio
 * mismatch. Both by position.
 */
export function harmIn(evidence: Evidence): readonly { readonly arm: number; readonly kpi: number }[] {
  return harmed(evidence, decisionKpi(evidence)).map(({ arm, kpi }) => ({
    arm,
    kpi: evidence.kpis.indexOf(kpi),
  }));
}

/** Rule 3: the best of the arms shown superior, if every guardrail is shown safe for it; and what to do about the others. */
export function superior(evidence: Evidence, kpi: KpiReport): Verdict | null {
  const lost = harmed(evidence, kpi);
  const gain = ({ comparison }: Compared): number => gainOf(comparison.difference.estimate ?? 0, kpi.better);
  const winners = comparisons(evidence, kpi)
    .filter(({ comparison }) => comparison.conclusion === "better")
    .filter(({ comparison }) => mayShip(evidence) || comparison.reached !== null)
    .filter(({ arm }) => lost.every((compared) => compared.arm !== arm))
    .sort((a, b) => gain(b) - gain(a));
  const winner = winners.find(({ arm }) => unsafeGuardrails(evidence, arm).length === 0) ?? winners[0];
  if (winner === undefined) return null;
  const { arm, name, comparison } = winner;
  const unsafe = unsafeGuardrails(evidence, arm);
  // An arm that does harm has to go at once; a winner that is held back can wait.
  if (unsafe.length > 0 && lost.length > 0) return null;
  const told = toldOf(winner);
  const inputs: VerdictInputs = {
    kpi: kpi.name,
    concludedBy: comparison.concludedBy,
    upliftEstimate: comparison.uplift.estimate,
    pHolm: comparison.pHolm,
    pFinalHolm: comparison.finalLook?.pHolm ?? null,
    guardrailsUndecided: unsafe.length,
    reachedOn: comparison.reached?.on ?? null,
  };
  if (unsafe.length > 0) {
    return {
      kind: "hold",
      arm,
      guardrails: unsafe.map((one) => one.name),
      sentence: `Hold: ${heldText(kpi, winner, unsafe)}`,
      inputs,
    };
  }
  const change = gainText(evidence, winner, told);
  const early = comparison.concludedBy === "always-valid" && !evidence.plan.horizonReached && told.on === null;
  const sentence = [
    told.on === null
      ? `Ship ${named(name)}: ${called(kpi)} is ${change}.`
      : `Ship ${named(name)}: ${called(kpi)} was shown to be ${change} on ${told.on}, ${laterText(evidence, winner)}`,
    ...(early ? [OVERSTATED] : []),
    ...othersTexts(evidence, winner, winners),
    ...(lost.length > 0 ? [rollBackText(evidence, lost)] : []),
  ].join(" ");
  return { kind: "ship", arm, harmed: armsOf(lost), sentence, inputs };
}

/** The guardrails that are not shown safe for an arm. */
function unsafeGuardrails({ kpis }: Evidence, arm: number): KpiOutcome[] {
  return kpis
    .filter((kpi) => kpi.role === "guardrail")
    .filter((kpi) => {
      if (kpi.kind !== "analysed") return true;
      const comparison = decidingArms(kpi)[arm]?.comparison;
      return comparison?.kind !== "compared" || comparison.nonInferiority?.conclusion !== "non-inferior";
    });
}

function othersTexts({ arms, baseline }: Evidence, winner: Compared, winners: readonly Compared[]): readonly string[] {
  const others = winners.filter((other) => other !== winner);
  const firm = others.filter((other) => !isTurned(other)).map(({ name }) => named(name));
  const turned = others.filter(isTurned).map(({ name }) => named(name));
  const control = named(arms[baseline]?.name ?? "the baseline");
  return [
    ...(firm.length > 0 ? [`${listed(firm)} ${firm.length === 1 ? "is" : "are"} better than ${control}, too.`] : []),
    ...(turned.length > 0
      ? [
          `${listed(turned)} ${turned.length === 1 ? "was" : "were"} shown to be better, too, but all data so far lean the other way.`,
        ]
      : []),
  ];
}

function heldText(kpi: KpiReport, { name }: Compared, unsafe: readonly KpiOutcome[]): string {
  const verb = unsafe.length === 1 ? "is" : "are";
  return `${named(name)} is better on ${called(kpi)}, but ${listed(unsafe.map(called))} ${verb} not yet shown safe.`;
}

/** Rule 4. */
export function harm(evidence: Evidence, kpi: KpiReport | null): Verdict | null {
  const lost = harmed(evidence, kpi);
  const [worst] = lost;
  if (worst === undefined) return null;
  const { uplift, difference, pAlwaysValid, reached } = worst.comparison;
  return {
    kind: "roll-back",
    arm: worst.arm,
    kpi: worst.kpi.name,
    harmed: armsOf(lost),
    sentence: rollBackText(evidence, lost),
    inputs: {
      kpi: worst.kpi.name,
      upliftLower: uplift.alwaysValid.lower,
      upliftUpper: uplift.alwaysValid.upper,
      differenceLower: difference.alwaysValid.lower,
      differenceUpper: difference.alwaysValid.upper,
      pAlwaysValid,
      reachedOn: reached?.on ?? null,
    },
  };
}

function armsOf(compared: readonly Compared[]): readonly number[] {
  return [...new Set(compared.map(({ arm }) => arm))];
}

/** Each arm by the first KPI that is worse, the one that decides before guardrails. */
function rollBackText(evidence: Evidence, lost: readonly Compared[]): string {
  const arms = armsOf(lost).flatMap((arm) => lost.find((compared) => compared.arm === arm) ?? []);
  const [only] = arms;
  if (only !== undefined && arms.length === 1) {
    const told = toldOf(only);
    const start = `Roll back ${named(only.name)}: ${called(only.kpi)}`;
    const change = harmText(evidence, only, told);
    if (told.on === null) return `${start} is ${change}, and this holds however often you looked.`;
    return `${start} was shown to be ${change} on ${told.on}, ${laterText(evidence, only)}`;
  }
  const changes = arms.map((compared) => {
    const told = toldOf(compared);
    const on = told.on === null ? "is" : `was shown on ${told.on} to be`;
    return `${called(compared.kpi)} of ${named(compared.name)} ${on} ${harmText(evidence, compared, told)}`;
  });
  return `Roll back ${listed(arms.map(({ name }) => named(name)))}: ${listed(changes)}, and this holds however often you looked.`;
}
