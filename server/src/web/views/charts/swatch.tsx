/** A short piece of the line that an alternative has in the charts. */
import { seriesClass, seriesColour, seriesDash } from "./palette.ts";

export function Swatch({ index }: { readonly index: number }) {
  return (
    <svg class={`swatch ${seriesClass(index)}`} viewBox="0 0 24 8" width="24" height="8" aria-hidden="true">
      <line
        class="series-line"
        x1="1"
        x2="23"
        y1="4"
        y2="4"
        stroke={seriesColour(index)}
        stroke-width="2.5"
        stroke-dasharray={seriesDash(index) || undefined}
      />
    </svg>
  );
}
