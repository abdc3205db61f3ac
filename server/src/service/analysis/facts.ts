/**
 * Finds the facts in a definition, counts or a report, and says them as people read them. The notebook writes down those
 * that are new.
 */
import type { Conclusion } from "../../domain/conclusion.ts";
import type { Counts } from "../../domain/counts.ts";
import { awaitsStart } from "../../domain/due-steps.ts";
import { currentEpochNumber, decisionOf, type Experiment } from "../../domain/experiment.ts";
import { NEWS_MS, type NewFact } from "../../domain/fact.ts";
import { decidingKpi, kpiOf, kpiWords } from "../../domain/kpi.ts";
import { grouped, percent } from "../../lib/text.ts";
import { hasPassed } from "../../lib/time.ts";
import type { Report, Verdict } from "../../stats/report.ts";
import { emptyArmSentence, missingFrom } from "./missing.ts";
import type { SegmentReport } from "./segment-report.ts";

/** Of all participants. @param segments may know whose clients are missing */
export function mismatchFact(segments: SegmentReport | null): NewFact {
  const sentence = `${MISMATCH}: do not use these results before the cause is found.`;
  return { kind: "sample-ratio-mismatch", subject: "", sentence: withCause(sentence, segments) };
}

const MISMATCH = "The alternatives got visitors in other shares than their weights say";

/**
 * That the split is wrong in a segment, which often shows days before it does in all participants together. It is told
 * once, and not where the alarm of all participants has named a cause.
 */
export function causeFacts({ noticed }: Experiment, segments: SegmentReport | null): readonly NewFact[] {
  if (segments === null || segments.cause === null) return [];
  const whole = noticed.facts?.find(({ kind, subject }) => kind === "sample-ratio-mismatch" && subject === "");
  if (whole !== undefined && whole.sentence !== mismatchFact(null).sentence) return [];
  const sentence = `${MISMATCH}, in a segment: find out why before you use these results.`;
  return [{ kind: "sample-ratio-mismatch", subject: "segment", sentence: withCause(sentence, segments) }];
}

function withCause(sentence: string, segments: SegmentReport | null): string {
  return segments === null || segments.cause === null ? sentence : `${sentence} ${segments.cause}`;
}

export function sizeFact(participants: number): NewFact {
  return {
    kind: "planned-size-reached",
    subject: "",
    sentence: `The planned size is reached, with ${grouped(participants)} visitors.`,
  };
}

/** Facts from conclusions, except that something is safe, which is no news. */
export function conclusionFact(
  experiment: Experiment,
  { says, kpi, alternative, uplift }: Conclusion,
): readonly NewFact[] {
  if (says === "safe") return [];
  const name = experiment.alternatives[alternative]?.name ?? "";
  const change = uplift?.estimate == null ? "" : ` (${signed(uplift.estimate)} so far)`;
  return [
    {
      kind: says === "better" ? "better" : "harm",
      subject: `${kpi ?? ""}/${name}`,
      sentence: `${name} is shown ${says} than ${experiment.alternatives[0]?.name ?? "the control"} on ${kpiWords(kpiOf(experiment, kpi))}${change}.`,
    },
  ];
}

/** What people or a schedule did; what was done long ago is no news. */
export function stateFacts(experiment: Experiment, nowMs: number): readonly NewFact[] {
  const { intakeClosedAtMs, archivedAtMs, winner } = experiment;
  const decided = decisionOf(experiment);
  // People who pause know why; a guardrail does it unseen.
  const pausedAtMs = experiment.schedule?.done.find(({ step, action }) => step === "harm" && action === "pause")?.atMs;
  const isNews = (atMs: number | undefined): atMs is number => atMs !== undefined && !hasPassed(NEWS_MS, atMs, nowMs);
  return [
    ...(winner !== null && isNews(decided?.atMs)
      ? [
          fact(
            "winner-set",
            decided.atMs,
            `Everybody gets ${winner} now. The verdict at that moment: ${decided.verdict.sentence}`,
          ),
        ]
      : []),
    ...(isNews(intakeClosedAtMs) && !experiment.archived && !awaitsStart(experiment)
      ? [
          fact(
            "intake-closed",
            intakeClosedAtMs,
            `${reasonOf(experiment, intakeClosedAtMs, "Nobody new is taken in")} Who takes part goes on.`,
          ),
        ]
      : []),
    ...(experiment.paused && pausedAtMs !== undefined && isNews(pausedAtMs)
      ? [
          fact(
            "paused",
            pausedAtMs,
            `${reasonOf(experiment, pausedAtMs, "The experiment is paused")} Everybody gets the control, and nothing is counted.`,
          ),
        ]
      : []),
    ...(experiment.archived && isNews(archivedAtMs)
      ? [
          fact(
            "ended",
            archivedAtMs,
            `${reasonOf(experiment, archivedAtMs, "The experiment has ended")} It is in the archive, and nothing is counted any more.`,
          ),
        ]
      : []),
  ];
}

/** What happened, and why, where a schedule did it. */
function reasonOf({ schedule, noticed, alternatives }: Experiment, atMs: number, what: string): string {
  const { step, because } = schedule?.done.find((one) => one.atMs === atMs && one.action !== null) ?? {};
  if (step === undefined || step === "start") return `${what}.`;
  if (step === "close" && schedule?.closeIntake === "planned-size") return `${what}: the planned size is reached.`;
  if (step !== "harm") return `${what}, as scheduled.`;
  const mismatch =
    noticed.sampleRatioMismatchAtMs === null
      ? ""
      : " The split is wrong, too: it may be the cause, so look at it first.";
  return `${what}, because ${because ?? `an alternative does worse than ${alternatives[0]?.name}`}.${mismatch}`;
}

function fact(kind: NewFact["kind"], atMs: number, sentence: string): NewFact {
  return { kind, subject: new Date(atMs).toISOString(), sentence };
}

/** What the counts lack. */
export function countFacts(experiment: Experiment, counts: Counts, nowMs: number): readonly NewFact[] {
  const missing = missingFrom(experiment, counts, nowMs);
  const epoch = currentEpochNumber(experiment);
  return [
    ...missing.arms.map((arm) => ({
      kind: "arm-without-participants" as const,
      subject: `${arm.alternative}/${epoch}`,
      sentence: emptyArmSentence(arm),
    })),
    ...(missing.conversions
      ? [
          {
            kind: "no-conversions" as const,
            subject: "",
            sentence: `${grouped(counts.participants)} visitors, and not one conversion of ${kpiWords(decidingKpi(experiment, counts))}: check that the code that calls /convert is live.`,
          },
        ]
      : []),
  ];
}

const NO_DIFFERENCE: ReadonlySet<Verdict["kind"]> = new Set(["no-clear-winner", "inconclusive", "keep-control"]);

/** That nothing is better at the planned size is a result, too. */
export function verdictFacts({ verdict, plan }: Report): readonly NewFact[] {
  if (!plan.horizonReached || !NO_DIFFERENCE.has(verdict.kind)) return [];
  return [{ kind: "no-difference", subject: "", sentence: verdict.sentence }];
}

function signed(share: number): string {
  return `${share > 0 ? "+" : "−"}${percent(Math.abs(share))}`;
}
