/** A verdict as a sign and its first words: the same in the list, on cards and in the banner. */
import type { ComponentChildren } from "preact";
import { unreachable } from "../../../domain/errors.ts";
import type { Experiment } from "../../../domain/experiment.ts";
import type { Verdict } from "../../../stats/report.ts";

export type Tone = "good" | "bad" | "broken" | "warn" | "calm" | "done";

export const TONE_SIGNS = { good: "▲", bad: "▼", broken: "✕", warn: "!", calm: "", done: "✓" } as const;

/** A winner has ended the question. */
export function toneOf({ winner }: Pick<Experiment, "winner">, verdict: Pick<Verdict, "kind">): Tone {
  return winner === null ? toneOfKind(verdict.kind) : "done";
}

function toneOfKind(kind: Verdict["kind"]): Tone {
  switch (kind) {
    case "sample-ratio-mismatch":
      return "broken";
    case "roll-back":
      return "bad";
    case "ship":
      return "good";
    case "contradiction":
    case "hold":
    case "no-inference":
      return "warn";
    case "too-early":
    case "keep-control":
    case "no-clear-winner":
    case "inconclusive":
    case "keep-running":
      return "calm";
    default:
      return unreachable(kind);
  }
}

/** Sentences open with what to do, up to a colon or the first full stop that is in no quoted name: that part is set apart. */
export function splitSentence(sentence: string): readonly [lead: string, rest: string] {
  const unquoted = sentence.replace(/"[^"]*"/g, (name) => "_".repeat(name.length));
  const end = unquoted.search(/:|\.(?=\s|$)/);
  return end === -1 ? [sentence, ""] : [sentence.slice(0, end + 1), sentence.slice(end + 1)];
}

/** The lead alone, whose title is the whole sentence; of a decided experiment the winner. */
export function VerdictMark({ experiment, verdict }: Judged) {
  const [lead] = splitSentence(verdict.sentence);
  return (
    <Signed tone={toneOf(experiment, verdict)} {...(experiment.winner === null ? { title: verdict.sentence } : {})}>
      {experiment.winner === null ? lead.replace(/[:.]$/, "") : `Decided: ${experiment.winner}`}
    </Signed>
  );
}

interface Judged {
  readonly experiment: Pick<Experiment, "winner">;
  readonly verdict: Pick<Verdict, "kind" | "sentence">;
}

interface SignedProps {
  readonly tone: Tone;
  readonly title?: string;
  readonly children: ComponentChildren;
}

/** Words behind the sign of what they say. */
export function Signed({ tone, title, children }: SignedProps) {
  return (
    <span class={`verdict verdict-${tone}`} title={title}>
      <span class="verdict-sign" aria-hidden="true">
        {TONE_SIGNS[tone] || "○"}
      </span>
      {children}
    </span>
  );
}
