/** The verdicts of a plan: that it is carried out and what it showed, or how long it still takes. */
import { grouped } from "../lib/text.ts";
import { comparisons } from "./deciding.ts";
import { gainOf } from "./direction.ts";
import type { Evidence, KpiReport, Verdict } from "./report.ts";
import { decidingArms } from "./shown.ts";
import type { DaysLeft } from "./size.ts";
import type { VerdictInputs } from "./verdict-inputs.ts";
import { type Compared, called, levelOf, named, percent, setPercent } from "./verdict-words.ts";

/** Share of the smallest worthwhile gain that one may risk by choosing the leader without proof. */
const LOSS_SHARE = 0.01;

/** An arm that came later is not judged at the planned size while it has less than this share of the participants it needs. */
const LATE_SHARE = 0.5;

/** Rule 6: the planned size counts all arms together, so an arm that came later may still lack its part. */
export function late({ plan, arms, baseline }: Evidence, kpi: KpiReport): Verdict | null {
  const { horizonReached, participantsPlanned, participantsNeededPerArm: perArm } = plan;
  if (!horizonReached || participantsPlanned === null || perArm === null) return null;
  const total = perArm.reduce((sum, count) => sum + count, 0);
  const parts = arms.map((_, arm) => Math.ceil((participantsPlanned * (perArm[arm] ?? 0)) / total));
  const late = arms.findIndex(
    ({ participants, retired }, arm) =>
      arm !== baseline && !retired && participants < LATE_SHARE * Math.min(parts[arm] ?? 0, perArm[arm] ?? 0),
  );
  const arm = arms[late];
  const part = parts[late] ?? 0;
  if (arm === undefined) return null;
  const sentence = `Keep running: ${named(arm.name)} has ${grouped(arm.participants)} of the ${grouped(part)} visitors that are its part of the plan.`;
  const inputs: VerdictInputs = { kpi: kpi.name, participants: arm.participants, participantsNeeded: part };
  return { kind: "keep-running", daysLeft: plan.daysLeft, sentence, inputs };
}

/** How much better the alternatives may still be, beside what would be worth it. */
interface LargestGain {
  readonly worthwhile: number;
  /** Largest upper limit of the gains, on the scale of `worthwhile`; infinite where one has none. */
  readonly limit: number;
  readonly isRuledOut: boolean;
}

/** `null` before the planned size, and without alternatives to compare. */
export function largestGain(evidence: Evidence, kpi: KpiReport): LargestGain | null {
  const { plan } = evidence;
  if (!plan.horizonReached || plan.minimumUplift === null) return null;
  const worthwhile = Math.abs(plan.minimumUplift);
  const limits = comparisons(evidence, kpi).map(({ comparison }) => {
    const interval = comparison.finalLook?.uplift.interval ?? comparison.uplift.alwaysValid;
    const most = kpi.better === "higher" ? interval.upper : interval.lower;
    return most === null ? Number.POSITIVE_INFINITY : gainOf(most, kpi.better);
  });
  if (limits.length === 0) return null;
  const limit = Math.max(...limits);
  return { worthwhile, limit, isRuledOut: limit < worthwhile };
}

/** Rule 7: at the horizon, no alternative can still be worth it. */
export function ruledOut(evidence: Evidence, kpi: KpiReport): Verdict | null {
  const gain = largestGain(evidence, kpi);
  if (gain === null || !gain.isRuledOut) return null;
  const { arms, baseline } = evidence;
  return {
    kind: "keep-control",
    sentence: `Keep ${named(arms[baseline]?.name ?? "")}: ${missedText(kpi, comparisons(evidence, kpi))} by ${setPercent(gain.worthwhile)} or more.`,
    inputs: { minimumUplift: gain.worthwhile, upliftUpperMax: gain.limit },
  };
}

function missedText(kpi: KpiReport, compared: readonly Compared[]): string {
  const verb = kpi.better === "higher" ? "raise" : "lower";
  const [only] = compared;
  const isOne = only !== undefined && compared.length === 1;
  return `${isOne ? `${named(only.name)} does not ${verb}` : `no alternative ${verb}s`} ${called(kpi)}`;
}

/** Rule 8: at the horizon without a result, once the planned look is taken. */
export function unclear({ plan, baseline, arms: all }: Evidence, kpi: KpiReport): Verdict | null {
  if (!plan.horizonReached || plan.lookAwaited || plan.minimumUplift === null) return null;
  const arms = decidingArms(kpi);
  const leader = arms.reduce(
    (best, { chanceToBeBest }, arm) =>
      (chanceToBeBest ?? 0) > (arms[best]?.chanceToBeBest ?? 0) && all[arm]?.retired !== true ? arm : best,
    baseline,
  );
  const loss = arms[leader]?.expectedLoss ?? null;
  const level = Math.abs(levelOf(kpi, baseline));
  const tolerable = LOSS_SHARE * Math.abs(plan.minimumUplift) * level;
  const inputs: VerdictInputs = { leader: arms[leader]?.name ?? null, expectedLoss: loss, tolerableLoss: tolerable };
  if (loss !== null && loss < tolerable) {
    const share = percent(loss / level, loss / level < 0.0001 ? 1 : 2);
    const side = kpi.better === "higher" ? "below" : "above";
    const sentence = `No clear winner: with ${named(arms[leader]?.name ?? "")}, ${called(kpi)} is on average ${share} ${side} what the best alternative would give.`;
    return { kind: "no-clear-winner", arm: leader, sentence, inputs };
  }
  const sentence =
    "Inconclusive: the planned size is reached, and the data show neither a gain nor that there is none.";
  return { kind: "inconclusive", sentence, inputs };
}

/** Rule 9. */
export function keepRunning({ plan, settings }: Evidence, { decidesOn }: KpiReport): Verdict {
  const inputs: VerdictInputs = { participants: plan.participants, participantsPlanned: plan.participantsPlanned };
  return {
    kind: "keep-running",
    daysLeft: plan.daysLeft,
    sentence:
      settings.recentDailyParticipants === null
        ? NOBODY_NEW
        : runningSentence(plan.daysLeft, settings.adaptive ? BANDIT_RUNNING[decidesOn] : null),
    inputs,
  };
}

/** Weights that follow the results leave no look of a fixed size to plan for. They follow rates, never means. */
const BANDIT_RUNNING: Readonly<Record<KpiReport["decidesOn"], string>> = {
  rates: "Keep running: no difference shown yet. The bandit goes on sending more new visitors to what does better.",
  means:
    "Keep running: no difference shown yet. Shares stay equal: the bandit shifts traffic by rates only, and a mean decides.",
};

/** While it is paused, its intake closed, or a winner set: waiting brings at most conversions that come late. */
const NOBODY_NEW = "Undecided: no difference shown yet, and nobody new takes part.";

function runningSentence(daysLeft: DaysLeft, bandit: string | null): string {
  switch (daysLeft.kind) {
    case "estimated":
      return `Keep running: about ${daysLeft.days} ${daysLeft.days === 1 ? "day" : "days"} left.`;
    case "unlikely":
      return `At this traffic the plan takes about ${grouped(daysLeft.days)} more days: plan for a larger effect, or take in more traffic.`;
    case "reached":
      return "Keep running until the planned look is taken.";
    case "unknown":
      if (daysLeft.reason !== "no-plan") return "Keep running: no recent traffic to tell how long it takes.";
      return bandit ?? "Keep running: no difference shown yet. Set a plan to know how long it takes.";
  }
}
