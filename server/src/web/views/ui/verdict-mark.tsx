/** A verdict as a sign and its first words: the same in the list, on cards and in the banner. */
import type { ComponentChildren } from "preact";
import { unreachable } from "../../../domain/errors.ts";
import type { Verdict } from "../../../stats/report.ts";
import { visitorWords } from "./for-people.ts";

export type Tone = "good" | "bad" | "broken" | "warn" | "calm";

export const TONE_SIGNS = { good: "▲", bad: "▼", broken: "✕", warn: "!", calm: "" } as const;

export function toneOf(kind: Verdict["kind"]): Tone {
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

/** Sentences open with what to do, up to a colon or the first full stop: that part is set apart. */
export function splitSentence(sentence: string): readonly [lead: string, rest: string] {
  const words = visitorWords(sentence);
  const end = words.search(/:|\.(?=\s|$)/);
  return end === -1 ? [words, ""] : [words.slice(0, end + 1), words.slice(end + 1)];
}

/** The lead alone; the whole sentence is its title. */
export function VerdictMark({ verdict: { kind, sentence } }: { readonly verdict: Pick<Verdict, "kind" | "sentence"> }) {
  const tone = toneOf(kind);
  const [lead] = splitSentence(sentence);
  return (
    <Signed tone={tone} title={visitorWords(sentence)}>
      {lead.replace(/[:.]$/, "")}
    </Signed>
  );
}

interface SignedProps {
  readonly tone: Tone | "done";
  readonly title?: string;
  readonly children: ComponentChildren;
}

/** Words behind the sign of what they say. */
export function Signed({ tone, title, children }: SignedProps) {
  return (
    <span class={`verdict verdict-${tone}`} title={title}>
      <span class="verdict-sign" aria-hidden="true">
        {tone === "done" ? "✓" : TONE_SIGNS[tone] || "○"}
      </span>
      {children}
    </span>
  );
}
