/**
 * Which way an effect points: green up only when the whole interval is on the good side of zero, red down only when it is
 * wholly on the bad side, grey otherwise. The shape and the hidden word say the same as the colour.
 */
import type { Direction } from "../../../stats/direction.ts";

const CLASSES = { better: "good", worse: "bad", undecided: "open" } as const;
const SIGNS = { better: "▲", worse: "▼", undecided: "●" } as const;

export function DirectionMark({ direction }: { readonly direction: Direction }) {
  return (
    <span class={`direction direction-${CLASSES[direction]}`}>
      <span aria-hidden="true">{SIGNS[direction]}</span>
      <span class="hidden">{direction}</span>
    </span>
  );
}
