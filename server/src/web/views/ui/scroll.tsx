/** A wide table scrolls inside its panel; what scrolls can be reached and moved by keyboard. */
import type { ComponentChildren } from "preact";

/** Of boxes that scroll: without it only a mouse could move them. */
export const FOCUSABLE = { tabIndex: 0 } as const;

interface ScrollProps {
  /** Names it, apart from the section it stands in. */
  readonly label: string;
  readonly children: ComponentChildren;
}

export function Scroll({ label, children }: ScrollProps) {
  return (
    <section class="panel scroll" aria-label={label} {...FOCUSABLE}>
      {children}
    </section>
  );
}
