/**
 * The health of an experiment as a list of checks: a word, what was found, and what to do about it. Pure: `health.ts`
 * finds the facts, and here they become sentences.
 */
import { currentEpoch, type Experiment, isIntakeClosed, stateOf } from "../../domain/experiment.ts";
import { shareTakenIn } from "../../domain/layer.ts";
import { grouped, percent, plural } from "../../lib/text.ts";
import type { KpiOutcome } from "../../stats/report.ts";
import type { VisitorCount } from "../visitor-counts.ts";
import type { Analysis } from "./analysis.ts";
import { type Check, isConcern, pass, wait, warn } from "./check.ts";
import { type Health, SILENT_DAYS } from "./health.ts";
import { NOBODY_CONVERTS, rates, values } from "./kpi-checks.ts";
import { type EmptyArm, emptyArmSentence } from "./missing.ts";
import type { SegmentReport } from "./segment-report.ts";

/** Share of filtered calls from which the filter may be catching people. */
const FILTERED_SHARE_HIGH = 0.5;
/** Least calls for that share to mean something. */
const FILTERED_CALLS_MIN = 100;

/** Most shares that a sentence can hold; the table of results has them all. */
const SHARES_SHOWN_MAX = 4;

/**
 * Every check of the page.
 * @param kpi the one shown
 * @param visitors calls since this process began; `undefined` where it answers none
 */
export function checksOf(
  { experiment, health, segments }: Pick<Analysis, "experiment" | "health" | "segments">,
  kpi: KpiOutcome | undefined,
  visitors: VisitorCount | undefined,
): readonly Check[] {
  return [
    sampleRatio(experiment, health, segments?.cause ?? null),
    traffic(experiment, health.daysSilent),
    rates(kpi, health.missing),
    ...values(kpi),
    excluded(experiment, health),
    ...harmed(segments),
    ...conflicts(health),
    visitorFilter(visitors),
    changes(health),
  ];
}

/** What `concernsOf` looks at: a summary of the list has it. */
interface Concerned extends Pick<Health, "missing" | "daysSilent" | "conflicts"> {
  readonly experiment: Experiment;
  readonly health: Health["word"];
  readonly segments: Pick<SegmentReport, "cause" | "hurt"> | null;
}

/** Checks of an experiment that need a person, for the list; empty if none does. */
export function concernsOf(summary: Concerned): readonly Check[] {
  const { experiment, health: word, missing, daysSilent, segments } = summary;
  const cause = segments?.cause ?? null;
  const concerns: Check[] = [];
  if (word === "sample-ratio-mismatch")
    concerns.push(mismatch("Alternatives do not get their shares of visitors", cause));
  else if (cause !== null) concerns.push(wrongInSegment(cause));
  if (word === "exclusion-mismatch") concerns.push(wrongExclusion("Not as many are left out as the traffic says"));
  for (const arm of missing.arms) concerns.push(emptyArm(arm));
  if (missing.conversions) concerns.push(NOBODY_CONVERTS);
  concerns.push(...harmed(segments));
  concerns.push(...conflicts(summary).filter(isConcern));
  const recency = traffic(experiment, daysSilent);
  if (isConcern(recency)) concerns.push(recency);
  return concerns;
}

/** Participants from which a split of 40 to 60 would have raised the alarm: before, no alarm says little. */
const SPLIT_PARTICIPANTS_MIN = 500;
/** If a split is less likely than this in a single look, it is suspicious, though not yet proof. */
const SPLIT_ODD = 0.05;
/** Participants whom an alternative should have before it is odd that it has none. */
const EXPECTED_MIN = 5;

function sampleRatio(
  { alternatives }: Experiment,
  { sampleRatio: ratio, missing: { arms } }: Health,
  cause: string | null,
): Check {
  if (ratio.kind !== "tested" || ratio.observed.every((count) => count === 0)) {
    return wait("sample-ratio", "No visitors to compare with the intended split yet.");
  }
  const split =
    ratio.observed.length > SHARES_SHOWN_MAX
      ? `Split of visitors over ${ratio.observed.length} alternatives`
      : `Observed split ${sharesText(ratio.observed)}, expected ${sharesText(ratio.expected)}`;
  if (ratio.latched) return mismatch(split, cause);
  if (cause !== null) return wrongInSegment(cause);
  const [empty] = arms;
  if (empty !== undefined) return emptyArm(empty);
  const missing = alternatives.filter(
    (_, index) => ratio.observed[index] === 0 && (ratio.expected[index] ?? 0) >= EXPECTED_MIN,
  );
  if (missing.length > 0) {
    return warn(
      "sample-ratio",
      `Nobody has got ${missing.map(({ name }) => name).join(", ")} yet. ${split}: not enough to tell whether that is chance.`,
      CALLS_OF_ARM,
    );
  }
  const participants = ratio.observed.reduce((sum, count) => sum + count, 0);
  const tells = participants >= SPLIT_PARTICIPANTS_MIN && ratio.pFixed >= SPLIT_ODD;
  return tells
    ? pass("sample-ratio", `${split}: no sign of a mismatch.`)
    : wait("sample-ratio", `${split}: not enough to tell yet.`);
}

const CALLS_OF_ARM = "Check that the page of that alternative can be reached and calls /participate.";

function emptyArm(arm: EmptyArm): Check {
  return warn("sample-ratio", emptyArmSentence(arm), CALLS_OF_ARM);
}

function mismatch(split: string, cause: string | null): Check {
  const found = `${split}: by chance this happens in fewer than 1 in 1000 experiments.`;
  return wrongSplit(cause === null ? found : `${found} ${cause}`);
}

function wrongInSegment(cause: string): Check {
  return wrongSplit(`In a segment, alternatives do not get their shares. ${cause}`);
}

function wrongSplit(finding: string): Check {
  return {
    kind: "sample-ratio",
    word: "fail",
    finding,
    advice:
      "Look for redirects, crashes or robots that hit one alternative only, for forced alternatives, and for clients that report late. Fix it, then reset.",
  };
}

function harmed(segments: Pick<SegmentReport, "hurt"> | null): readonly Check[] {
  const hurt = segments?.hurt ?? [];
  if (hurt.length === 0) return [];
  return [warn("segments", hurt.join(" "), "Try it as these visitors meet it, and mend it before everybody gets it.")];
}

function sharesText(counts: readonly number[]): string {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => percent(count / Math.max(total, Number.MIN_VALUE))).join(" / ");
}

function traffic(experiment: Experiment, daysSilent: number | null): Check {
  const kind = "traffic";
  if (stateOf(experiment) !== "active") return pass(kind, "It takes nobody in: it is not active.");
  if (isIntakeClosed(experiment)) return pass(kind, "It takes nobody in: its intake is closed.");
  // Whether the call is still in the code nobody can tell: with a winner set, who asks is not recorded.
  if (experiment.winner !== null) {
    const advice = "Put it into the code, take the call out, then archive the experiment.";
    return { ...pass(kind, "A winner is set, and everybody gets it."), advice };
  }
  if (daysSilent === null) {
    return warn(kind, "No visitor yet.", "Check that the call of /participate is live and names this experiment.");
  }
  if (daysSilent >= SILENT_DAYS) {
    return warn(
      kind,
      `No traffic for ${daysSilent} days.`,
      "If the test is over, archive it; if not, check that the code that calls /participate is still live.",
    );
  }
  return pass(kind, daysSilent === 0 ? "Traffic today." : "Traffic yesterday.");
}

function excluded(experiment: Experiment, { exclusion }: Health): Check {
  const { share, expectedShare } = exclusion;
  if (share === null || expectedShare === null) return wait("excluded", "Nobody has come yet.");
  const epoch = currentEpoch(experiment);
  const takesNow =
    epoch.slice === undefined
      ? `traffic is ${percent(epoch.trafficFraction)} now`
      : `slice and traffic take ${percent(shareTakenIn(epoch))} in now`;
  if (exclusion.excluded === 0 && expectedShare === 0) return pass("excluded", "Everybody takes part.");
  const finding = `${percent(share)} of those who came were left out, expected ${percent(expectedShare)}; ${takesNow}`;
  return exclusion.alarm ? wrongExclusion(finding) : pass("excluded", `${finding}.`);
}

function wrongExclusion(finding: string): Check {
  return {
    kind: "excluded",
    word: "fail",
    finding: `${finding}: by chance this happens in fewer than 1 in 1000 experiments.`,
    advice: "Check that every caller sends the same client id for the same person.",
  };
}

/** Nothing where nobody has two ids, which is so on most sites. */
function conflicts({ conflicts: found }: Pick<Health, "conflicts">): readonly Check[] {
  if (found === null) return [];
  const { participants, share, pairs, alarm, verdictWithout } = found;
  const kind = "conflicts";
  const seen = `${grouped(participants)} visitors (${percent(share)}) have seen two alternatives, under two ids; they count in the one that they saw first.`;
  const without = verdictWithout === null ? "" : ` Without them: ${verdictWithout.sentence}`;
  if (!alarm) return [pass(kind, `${seen}${without}`)];
  const [most] = pairs.toSorted((one, other) => other.ids - one.ids);
  return [
    {
      kind,
      word: "fail",
      finding: `${seen} More of them began in ${most?.first} than chance allows: seeing it makes people come back under another id.${without}`,
      advice:
        "Check that every alternative keeps visitors logged in alike, and that all of them say when a visitor logs in.",
    },
  ];
}

function visitorFilter(counts: VisitorCount | undefined): Check {
  const kind = "visitors";
  const rule = "Robots and ignored addresses are answered and never recorded: they are in no figure here.";
  if (counts === undefined || counts.filtered === 0) return pass(kind, rule);
  const { calls, filtered } = counts;
  const finding = `${percent(filtered / calls)} of ${plural(calls, "call")} since this server started came from robots or ignored addresses. They are answered, and in no figure here.`;
  if (calls < FILTERED_CALLS_MIN || filtered / calls <= FILTERED_SHARE_HIGH) return pass(kind, finding);
  return warn(
    kind,
    finding,
    "If those are people, look at `robot_regex` and `ignored_ip_addresses`, and at whether calls carry the visitor's `user_agent` and `ip_address` rather than those of your servers.",
  );
}

function changes({ changes: later }: Health): Check {
  if (later.length === 0) return pass("changes", "Weights and traffic did not change.");
  const times = later.length === 1 ? "once" : `${later.length} times`;
  const reasons = later.slice(-3).map(({ reason }) => reason);
  return pass(
    "changes",
    `Changed ${times}, last: ${reasons.join("; ")}. Alternatives are compared within each stretch.`,
  );
}
