/**
 * Conclusions as they are stored: for each alternative the first one of each kind, with the terms on which it was
 * reached. A conclusion stays valid whatever data come later, as long as the KPI is judged on the same terms.
 */
import type { Margin } from "../stats/input.ts";
import type { Reached } from "../stats/standing.ts";
import type { Day } from "./period.ts";
import type { PlannedKpi } from "./plan.ts";

/** The terms on which a KPI is judged. Another direction, figure, cap or margin would be another question. */
export interface JudgedKpi extends PlannedKpi {
  /** The mean is of the number of conversions, and not of values. */
  readonly counts?: "events";
  /** The most that one client's total counts for in a mean. */
  readonly cap?: number;
  /** Of a guardrail; `null` of a goal. */
  readonly margin: Margin | null;
}

export interface Conclusion extends JudgedKpi, Reached {
  /** Position in the stored order. */
  readonly alternative: number;
  /** Milliseconds since 1970, and the day that was in the server's calendar. */
  readonly atMs: number;
  readonly day: Day;
}

/** Most that an experiment keeps, about 400 bytes each: the first ones of ten KPIs and twenty alternatives have room. */
const CONCLUSIONS_MAX = 200;

/** The conclusions that were reached on these terms. */
export function conclusionsOn(all: readonly Conclusion[], kpi: JudgedKpi): readonly Conclusion[] {
  return all.filter((one) => sameTerms(one, kpi));
}

/** Adds what a look found. A stored conclusion that is no longer valid is replaced by the new one of its kind. */
export function withConclusions(all: readonly Conclusion[], found: readonly Conclusion[]): readonly Conclusion[] {
  const kept = all.filter((one) => !found.some((other) => isSame(one, other)));
  return [...kept, ...found].slice(0, CONCLUSIONS_MAX);
}

function isSame(one: Conclusion, other: Conclusion): boolean {
  return one.alternative === other.alternative && isSafe(one) === isSafe(other) && sameTerms(one, other);
}

function isSafe({ says }: Conclusion): boolean {
  return says === "safe";
}

function sameTerms(one: JudgedKpi, other: JudgedKpi): boolean {
  return (
    one.kpi === other.kpi &&
    one.better === other.better &&
    one.decidesOn === other.decidesOn &&
    one.counts === other.counts &&
    one.cap === other.cap &&
    one.margin?.kind === other.margin?.kind &&
    one.margin?.value === other.margin?.value
  );
}
