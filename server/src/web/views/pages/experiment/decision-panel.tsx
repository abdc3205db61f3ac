/** The frame of a decision: its colour and its sign, whatever stands beside them. */
import type { ComponentChildren } from "preact";
import { TONE_SIGNS, type Tone } from "../../ui/verdict-mark.tsx";

export function DecisionPanel({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }) {
  return (
    <section class={`banner banner-${tone}`} aria-label="Decision">
      <span class="banner-sign" aria-hidden="true">
        {TONE_SIGNS[tone]}
      </span>
      {children}
    </section>
  );
}
