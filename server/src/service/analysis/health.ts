/** Whether the data of an experiment can be trusted: what a statistician checks before any result. */
import type { Counts } from "../../domain/counts.ts";
import { isBatch } from "../../domain/epochs.ts";
import { type Experiment, takesNewClients } from "../../domain/experiment.ts";
import { shareTakenIn } from "../../domain/layer.ts";
import type { Day } from "../../domain/period.ts";
import { hasFinalLook } from "../../domain/plan.ts";
import { PARTICIPATION } from "../../domain/tally.ts";
import type { SampleRatio, Verdict } from "../../stats/report.ts";
import { EVIDENCE_ALARM, type SplitEpoch, sampleRatioEvidence } from "../../stats/sample-ratio.ts";
import { type Conflicts, conflictsOf } from "./conflicts.ts";
import type { Days } from "./days.ts";
import type { Missing } from "./missing.ts";

/** The worst problem, in one word for lists. */
type HealthWord =
  /** Nobody took part yet. */
  | "empty"
  /** Alternatives did not get their shares; no result counts. */
  | "sample-ratio-mismatch"
  /** Not as many clients were excluded as slice and traffic fraction say. */
  | "exclusion-mismatch"
  /** It takes visitors in, and nobody came for SILENT_DAYS. */
  | "silent"
  | "healthy";

/** Days without a new participant after which an experiment that takes visitors in is called silent. */
export const SILENT_DAYS = 2;

/** Clients outside the traffic fraction, against what the fraction promises. */
interface Exclusion {
  readonly excluded: number;
  /** Excluded clients and participants together. */
  readonly clients: number;
  /** In [0, 1]; `null` without clients. */
  readonly share: number | null;
  /** Mean of 1 - traffic fraction over the clients; `null` without clients. */
  readonly expectedShare: number | null;
  /** Always valid: the chance of such a share, or a stranger one at any look, is below 1 in 1000. */
  readonly alarm: boolean;
}

/** Something changed while clients took part. Comparisons are made within the epochs before and after. */
interface EpochChange {
  readonly atMs: number;
  /** As the epoch tells it: "traffic 50 % → 80 %". */
  readonly reason: string;
}

export interface Health {
  readonly word: HealthWord;
  readonly sampleRatio: SampleRatio;
  readonly sampleRatioLatchedAtMs: number | null;
  readonly exclusion: Exclusion;
  /** Participants who have seen two alternatives under two ids; `null` where nobody has. */
  readonly conflicts: Conflicts | null;
  /** What should have come and did not; nothing for a range of days. */
  readonly missing: Missing;
  readonly firstDay: Day | null;
  /** Last day on which a client joined. */
  readonly lastDay: Day | null;
  /** Days since then, today being 0; `null` without participants. */
  readonly daysSilent: number | null;
  readonly changes: readonly EpochChange[];
  /** When and at how many participants the planned look was made; `null` before it. */
  readonly finalLook: { readonly atMs: number; readonly participants: number } | null;
  /** A plan exists, and was made too late for a look of its own. */
  readonly planLate: boolean;
}

/** What was found out before, beside the counts. */
interface Findings {
  readonly sampleRatio: SampleRatio;
  readonly days: Days;
  readonly today: Day;
  readonly verdictWithout: Verdict | null;
  readonly missing: Missing;
}

export function healthOf(experiment: Experiment, counts: Counts, findings: Findings): Health {
  const { sampleRatio, days, today, verdictWithout, missing } = findings;
  const { planning, epochs, noticed } = experiment;
  const { finalLook } = noticed;
  const exclusion = exclusionOf(experiment, counts);
  const daysSilent = days.last === null ? null : today - days.last;
  return {
    word: wordOf(experiment, counts, sampleRatio, exclusion, daysSilent),
    sampleRatio,
    sampleRatioLatchedAtMs: noticed.sampleRatioMismatchAtMs,
    exclusion,
    conflicts: conflictsOf(experiment, counts, verdictWithout),
    missing,
    firstDay: days.first,
    lastDay: days.last,
    daysSilent,
    // A bandit's batches are part of how it works, not changes to report.
    changes: epochs
      .slice(1)
      .filter((epoch) => !isBatch(epoch))
      .map(({ startedAtMs, reason }) => ({ atMs: startedAtMs, reason })),
    finalLook: finalLook === null ? null : { atMs: finalLook.atMs, participants: finalLook.participants },
    planLate: (planning.plan?.size ?? null) !== null && !hasFinalLook(planning),
  };
}

function wordOf(
  experiment: Experiment,
  { participants }: Counts,
  sampleRatio: SampleRatio,
  exclusion: Exclusion,
  daysSilent: number | null,
): HealthWord {
  if (participants === 0) return "empty";
  if (sampleRatio.kind === "tested" && sampleRatio.latched) return "sample-ratio-mismatch";
  if (exclusion.alarm) return "exclusion-mismatch";
  return takesNewClients(experiment) && daysSilent !== null && daysSilent >= SILENT_DAYS ? "silent" : "healthy";
}

function exclusionOf({ epochs, alternatives }: Experiment, counts: Counts): Exclusion {
  const splits: SplitEpoch[] = [];
  let outside = 0;
  let all = 0;
  let expected = 0;
  for (const [epoch, settings] of epochs.entries()) {
    const taken = shareTakenIn(settings);
    const out = counts.excluded(epoch);
    const included = sum(alternatives.map((_, index) => counts.at(epoch, index, PARTICIPATION).clients));
    const clients = out + included;
    outside += out;
    all += clients;
    expected += clients * (1 - taken);
    // Where everybody is taken in nobody should be excluded; excluded clients were imported like that.
    if (taken === 1) continue;
    splits.push({ observed: [included, out], weights: [taken, 1 - taken] });
  }
  return {
    excluded: outside,
    clients: all,
    share: all === 0 ? null : outside / all,
    expectedShare: all === 0 ? null : expected / all,
    alarm: sampleRatioEvidence(splits) >= Math.log(EVIDENCE_ALARM),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
