/** The conditions of a verdict as a list that anybody can check: what is met, what is not yet, and by how little. */
import { grouped, plural } from "../lib/text.ts";
import { comparisons, DAYS_MIN, decisionKpi } from "./deciding.ts";
import type { Evidence, KpiReport } from "./report.ts";
import { shownEffect } from "./shown.ts";
import type { DaysLeft } from "./size.ts";
import { largestGain } from "./verdict-plan.ts";
import {
  amountText,
  type Compared,
  called,
  isTurned,
  listed,
  missingText,
  named,
  percent,
  setPercent,
  splitText,
  toldOf,
} from "./verdict-words.ts";

/**
 * `met` and `waiting` are what more data turn into each other, `against` is a finding that speaks against an alternative or
 * the whole experiment, and `open` depends on nothing, or can't be told yet.
 */
export type ConditionState = "met" | "waiting" | "against" | "open";

interface Condition {
  readonly state: ConditionState;
  /** One sentence. */
  readonly text: string;
}

/** In the order in which the rules of `verdict.ts` ask. */
export function conditionsOf(evidence: Evidence): readonly Condition[] {
  if (isEmpty(evidence)) return [{ state: "open", text: "Nobody takes part yet." }, ...planned(evidence)];
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

function isEmpty({ arms }: Evidence): boolean {
  return arms.every(({ participants }) => participants === 0);
}

function split({ sampleRatio, arms }: Evidence): Condition {
  if (sampleRatio.kind !== "tested") return { state: "open", text: "The split can't be tested." };
  return sampleRatio.latched
    ? { state: "against", text: `Not to be used: ${splitText(arms, sampleRatio.alarm)}.` }
    : { state: "met", text: "Visitors are split as the weights say, as far as can be told." };
}

function days({ settings }: Evidence): Condition {
  const have = Math.floor(settings.daysComplete);
  return have >= DAYS_MIN
    ? { state: "met", text: `${plural(have, "whole day")} of data: every day of the week is in it.` }
    : {
        state: "waiting",
        text: `${plural(DAYS_MIN - have, "more whole day")} needed, so that every day of the week is in it.`,
      };
}

/** Of the alternative that lacks least: one with enough is all it takes to say something. */
function enough(compared: readonly Compared[]): Condition {
  if (compared.length === 0) return { state: "waiting", text: "Visitors in two alternatives are needed." };
  const missing = compared.flatMap((each) => {
    const { gate } = each.comparison;
    return gate.kind === "open" ? [] : [{ each, gate, count: gate.need - gate.have }];
  });
  if (missing.length === 0) return { state: "met", text: "There is enough to compare all alternatives." };
  const text = missing
    .sort((a, b) => a.count - b.count)
    .map(({ each, count }) => `${named(each.name)} and the control together need ${missingText(count, [each])}`);
  const isOfValues = missing.some(({ gate }) => gate.what === "values");
  return { state: "waiting", text: `${listed(text)}.${isOfValues ? ` ${WORTH}` : ""}` };
}

/** Why values are not simply counted: `enough.ts`. */
const WORTH =
  "Values of which a few make up most of the sum, or gains and losses that cancel out, are worth fewer than they are.";

function difference({ arms, baseline }: Evidence, kpi: KpiReport, { name, comparison }: Compared): Condition {
  const against = named(arms[baseline]?.name ?? "the control");
  const head = `${called(kpi)} of ${named(name)} over ${against}`;
  const isShare = comparison.uplift.estimate !== null;
  const shown = shownEffect(comparison, isShare ? "uplift" : "difference");
  if (comparison.conclusion !== "undecided") {
    const { on } = toldOf({ comparison });
    const told = `${head}: shown ${comparison.conclusion}${on === null ? "" : ` on ${on}`}`;
    if (isTurned({ kpi, comparison }))
      return { state: "against", text: `${told}, and all data so far lean the other way.` };
    if (comparison.conclusionNow !== "undecided" && comparison.conclusionNow !== comparison.conclusion)
      return { state: "against", text: `${told}, and ${comparison.conclusionNow} by all data so far.` };
    return { state: comparison.conclusion === "better" ? "met" : "against", text: `${told}.` };
  }
  if (shown === null) return { state: "open", text: `${head}: too little to say.` };
  const { lower, upper } = shown.range;
  const unit = isShare ? percent : (value: number) => amountText(kpi, value);
  const limit = (value: number | null): string =>
    value === null ? "no limit" : `${value > 0 ? "+" : value < 0 ? "−" : ""}${unit(Math.abs(value))}`;
  const touches = (lower ?? -1) <= 0 && (upper ?? 1) >= 0;
  const range = `between ${limit(lower)} and ${limit(upper)}`;
  return {
    state: "waiting",
    text: touches
      ? `${head}: ${range}, so there may be no difference.`
      : `${head}: ${range} by itself, but not yet shown beside so many comparisons.`,
  };
}

function planned({ plan }: Evidence): readonly Condition[] {
  const { participantsPlanned, participants, horizonReached, daysLeft } = plan;
  if (participantsPlanned === null) {
    return [{ state: "open", text: "No plan: a difference counts once it is shown, however often you look." }];
  }
  if (horizonReached)
    return [{ state: "met", text: `The planned ${grouped(participantsPlanned)} visitors are reached.` }];
  const [have, all] = [grouped(participants), grouped(participantsPlanned)];
  return [{ state: "waiting", text: `${have} of ${all} planned visitors${leftText(daysLeft)}.` }];
}

/** What the planned size was for, where it showed nothing better. */
function ruledOut(evidence: Evidence, kpi: KpiReport, compared: readonly Compared[]): readonly Condition[] {
  const limit = largestGain(evidence, kpi);
  if (limit === null || compared.some(({ comparison }) => comparison.conclusion === "better")) return [];
  const gain = `A gain of ${setPercent(limit.worthwhile)} or more`;
  return [
    limit.isRuledOut
      ? { state: "met", text: `${gain} is ruled out.` }
      : { state: "waiting", text: `${gain} is not ruled out.` },
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
      state: "against",
      text: `With ${listed(harmed)}, ${called(kpi)} is shown to be worse by more than its margin allows.`,
    };
  if (open.length > 0) return { state: "waiting", text: `With ${listed(open)}, ${called(kpi)} is not yet shown safe.` };
  return { state: "met", text: `${called(kpi)} is shown safe.` };
}
