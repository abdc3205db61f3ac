/**
 * Which way an effect points: green up only when the whole interval is on the good side of zero, red down only when it is
 * wholly on the bad side, grey otherwise, and hollow where that is only a hint. The shape and the hidden word say the same as
 * the colour.
 */
import type { ShownEffect } from "../../../stats/shown.ts";

const MARKS = {
  better: { sign: "▲", colour: "good" },
  worse: { sign: "▼", colour: "bad" },
  "looks better": { sign: "△", colour: "open" },
  "looks worse": { sign: "▽", colour: "open" },
  undecided: { sign: "●", colour: "open" },
} as const satisfies Record<ShownEffect["word"], object>;

export function DirectionMark({ effect: { word } }: { readonly effect: ShownEffect }) {
  const { sign, colour } = MARKS[word];
  return (
    <span class={`direction direction-${colour}`}>
      <span aria-hidden="true">{sign}</span>
      <span class="hidden">{word}</span>
    </span>
  );
}
