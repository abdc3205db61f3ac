/** Checks of what a KPI counts: rates that point to wrong calls, means that rest on few. */
import { percent } from "../../lib/text.ts";
import { effectiveValues } from "../../stats/enough.ts";
import type { KpiOutcome } from "../../stats/report.ts";
import { type Check, pass, wait, warn } from "./check.ts";
import type { Missing } from "./missing.ts";

/** Conversion rate above which a KPI is likely to be reported for everybody. */
const RATE_HIGH = 0.95;
/** Participants from which nobody in an alternative, or nearly everybody, points to wrong calls rather than to few data. */
const RATE_PARTICIPANTS_MIN = 500;
/** Participants from which an alternative in which everybody converts points to wrong calls. */
const EVERYBODY_MIN = 50;

/** Participants with values from which a mean should rest on many of them. */
const VALUED_MIN = 50;
/** Where its values are worth fewer equal ones than this, a mean rests on few: one of them may be a fifth of the sum or more. */
const EQUAL_VALUES_MIN = 20;

export const NOBODY_CONVERTS = warn(
  "rates",
  "Nobody converts.",
  "Check that /convert is called when the goal is reached, with this experiment's name, KPI and client id.",
);

export function rates(kpi: KpiOutcome | undefined, { conversions: missing }: Missing): Check {
  const kind = "rates";
  if (kpi === undefined || kpi.kind !== "analysed" || kpi.rates.every(({ participants }) => participants === 0)) {
    return wait(kind, "No rates to check yet.");
  }
  const large = kpi.rates.filter(({ participants }) => participants >= RATE_PARTICIPANTS_MIN);
  const every = kpi.rates.find(({ participants, rate }) => participants >= EVERYBODY_MIN && rate === 1);
  const full = every ?? large.find(({ rate }) => (rate ?? 0) > RATE_HIGH);
  if (full !== undefined) {
    return warn(
      kind,
      `${every === undefined ? "Nearly everybody" : "Everybody"} in ${full.name} converts.`,
      "Check that /convert is called when the goal is reached, not when the page is shown.",
    );
  }
  if (missing && kpi.role === "primary") return NOBODY_CONVERTS;
  if (kpi.rates.every(({ conversions }) => conversions === 0)) return wait(kind, "Nobody has converted yet.");
  const empty = large.find(({ conversions }) => conversions === 0);
  if (empty !== undefined && large.some(({ conversions }) => conversions > 0)) {
    return warn(
      kind,
      `Nobody in ${empty.name} converts, while others do.`,
      "Check that the goal can be reached with this alternative, and that its page calls /convert.",
    );
  }
  return pass(kind, "Conversion rates are plausible.");
}

/**
 * A mean that rests on few. From sum S and sum of squares Q of an arm no total is known, but the largest is at most √Q: its
 * share of S at most 1/√(S²/Q). Only where a KPI is shown by its mean.
 */
export function values(kpi: KpiOutcome | undefined): readonly Check[] {
  if (kpi?.kind !== "analysed" || kpi.decidesOn !== "means") return [];
  const heavy = (kpi.means ?? []).flatMap(({ name, participants: n, mean, standardDeviation }, arm) => {
    const valued = kpi.rates[arm]?.conversions ?? 0;
    if (mean === null || standardDeviation === null || valued < VALUED_MIN) return [];
    const equal = effectiveValues({ n, mean, variance: standardDeviation ** 2 });
    return equal > 0 && equal < EQUAL_VALUES_MIN ? [{ name, valued, equal }] : [];
  });
  const worst = heavy.toSorted((one, other) => one.equal - other.equal)[0];
  if (worst === undefined) return [pass("values", "No few visitors make most of the values.")];
  const { name, valued, equal } = worst;
  return [
    warn(
      "values",
      `The values of ${valued} visitors of ${name} are worth ${Math.max(1, Math.floor(equal))} equal ones: one visitor may make up to ${percent(Math.min(1, 1 / Math.sqrt(equal)))} of them.`,
      "Look for test orders and resellers in the file of clients. The mean needs far more visitors until it says something; the rate beside it does not.",
    ),
  ];
}
