/** The conditions of a verdict as a list that anybody can check: what is met, what is not yet, and by how little. */
import { plural } from "../lib/text.ts";
import { comparisons, DAYS_MIN, decisionKpi } from "./deciding.ts";
import type { DaysLeft, Evidence, KpiReport } from "./report.ts";
import { largestGain } from "./verdict-plan.ts";
import { type Compared, called, listed, missingText, named, percent, splitText, toldOf } from "./verdict-words.ts";

export interface Condition {
  /** `null` where nothing depends on it, or it can't be told yet. */
  readonly met: boolean | null;
  /** One sentence. */
  readonly text: string;
}

/** In the order in which the rules of `verdict.ts` ask. */
export function conditionsOf(evidence: Evidence): readonly Condition[] {
  const kpi = decisionKpi(evidence);
  const compared = kpi === null ? [] : comparisons(evidence, kpi);
  return [
    split(evidence),
    days(evidence),
    ...(kpi === null ? [] : [enough(compared), ...compared.map((each) => difference(evidence, kpi, each))]),
    ...planned(evidence),
    ...(kpi === null ? [] : ruledOut(evidence, kpi, compared)),
    ...guardrails(evidence),
  ];
}

function split({ sampleRatio, arms }: Evidence): Condition {
  if (sampleRatio.kind !== "tested" || sampleRatio.observed.every((count) => count === 0))
    return { met: null, text: "Nobody takes part yet." };
  return sampleRatio.latched
    ? { met: false, text: `Not to be used: ${splitText(arms, sampleRatio.alarm)}.` }
    : { met: true, text: "Participants are split as the weights say, as far as can be told." };
}

function days({ settings }: Evidence): Condition {
  const have = Math.floor(settings.daysComplete);
  return have >= DAYS_MIN
    ? { met: true, text: `${plural(have, "whole day")} of data: every day of the week is in it.` }
    : {
        met: false,
        text: `${plural(DAYS_MIN - have, "more whole day")} needed, so that every day of the week is in it.`,
      };
}

/** Of the alternative that lacks least: one with enough is all it takes to say something. */
function enough(compared: readonly Compared[]): Condition {
  if (compared.length === 0) return { met: false, text: "Participants in two alternatives are needed." };
  const missing = compared.flatMap((each) => {
    const { gate } = each.comparison;
    return gate.kind === "open" ? [] : [{ each, count: gate.need - gate.have }];
  });
  if (missing.length === 0) return { met: true, text: "There is enough to compare all alternatives." };
  const text = missing
    .sort((a, b) => a.count - b.count)
    .map(({ each, count }) => `${named(each.name)} and the control together need ${missingText(count, [each])}`);
  return { met: false, text: `${listed(text)}.` };
}

function difference({ arms, baseline }: Evidence, kpi: KpiReport, { name, comparison }: Compared): Condition {
  const against = named(arms[baseline]?.name ?? "the control");
  const head = `${called(kpi)} of ${named(name)} over ${against}`;
  if (comparison.gate.kind !== "open") return { met: null, text: `${head}: too little to say.` };
  if (comparison.conclusion !== "undecided") {
    const { on } = toldOf({ comparison });
    return { met: true, text: `${head}: shown ${comparison.conclusion}${on === null ? "" : ` on ${on}`}.` };
  }
  const { uplift, difference: absolute } = comparison;
  const { lower, upper } = (uplift.estimate === null ? absolute : uplift).alwaysValid;
  const unit = uplift.estimate === null ? (value: number) => String(Number(value.toPrecision(3))) : percent;
  const limit = (value: number | null): string =>
    value === null ? "no limit" : `${value > 0 ? "+" : ""}${unit(value)}`;
  const touches = (lower ?? -1) <= 0 && (upper ?? 1) >= 0;
  const range = `between ${limit(lower)} and ${limit(upper)}`;
  return {
    met: false,
    text: touches
      ? `${head}: ${range}, so there may be no difference.`
      : `${head}: ${range} by itself, but not yet shown beside so many comparisons.`,
  };
}

function planned({ plan }: Evidence): readonly Condition[] {
  const { participantsPlanned, participants, horizonReached, daysLeft } = plan;
  if (participantsPlanned === null) {
    return [{ met: null, text: "No plan: a difference counts once it is shown, however often you look." }];
  }
  if (horizonReached)
    return [{ met: true, text: `The planned ${participantsPlanned.toLocaleString("en")} participants are reached.` }];
  const [have, all] = [participants.toLocaleString("en"), participantsPlanned.toLocaleString("en")];
  return [{ met: false, text: `${have} of ${all} planned participants${leftText(daysLeft)}.` }];
}

/** What the planned size was for, where it showed nothing better. */
function ruledOut(evidence: Evidence, kpi: KpiReport, compared: readonly Compared[]): readonly Condition[] {
  const limit = largestGain(evidence, kpi);
  if (limit === null || compared.some(({ comparison }) => comparison.conclusion === "better")) return [];
  const gain = `A gain of ${percent(limit.worthwhile)} or more`;
  return [
    limit.isRuledOut ? { met: true, text: `${gain} is ruled out.` } : { met: false, text: `${gain} is not ruled out.` },
  ];
}

function leftText(left: DaysLeft): string {
  return left.kind === "estimated" || left.kind === "unlikely" ? `, about ${plural(left.days, "more day")}` : "";
}

function guardrails(evidence: Evidence): readonly Condition[] {
  return evidence.kpis.flatMap((kpi) =>
    kpi.kind !== "analysed" || kpi.family !== "guardrail" ? [] : [guardrail(kpi, comparisons(evidence, kpi))],
  );
}

function guardrail(kpi: KpiReport, compared: readonly Compared[]): Condition {
  const inState = (state: "inferior" | "undecided") =>
    compared.filter(({ comparison }) => comparison.nonInferiority?.conclusion === state).map(({ name }) => named(name));
  const [harmed, open] = [inState("inferior"), inState("undecided")];
  if (harmed.length > 0)
    return {
      met: false,
      text: `${called(kpi)} is shown to be worse by more than its margin allows with ${listed(harmed)}.`,
    };
  if (open.length > 0) return { met: false, text: `${called(kpi)} is not yet shown safe with ${listed(open)}.` };
  return { met: true, text: `${called(kpi)} is shown safe.` };
}
