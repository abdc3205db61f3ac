/**
 * Which way an effect points: green up only when the whole interval is on the good side of zero, red down only when it is
 * wholly on the bad side, grey otherwise, and hollow where that is only a hint. The shape and the hidden word say the same as
 * the colour.
 */
import { hintText, type ShownEffect } from "../../../stats/shown.ts";

const CLASSES = { better: "good", worse: "bad", undecided: "open" } as const;
const SIGNS = { better: "▲", worse: "▼", undecided: "●" } as const;
const HINT_SIGNS = { better: "△", worse: "▽", undecided: "●" } as const;

export function DirectionMark({ effect: { direction, isHint } }: { readonly effect: ShownEffect }) {
  return (
    <span class={`direction direction-${isHint ? "open" : CLASSES[direction]}`}>
      <span aria-hidden="true">{(isHint ? HINT_SIGNS : SIGNS)[direction]}</span>
      <span class="hidden">{isHint ? hintText(direction) : direction}</span>
    </span>
  );
}
