/** A wide table scrolls inside its panel; what scrolls can be reached and moved by keyboard. */
import type { ComponentChildren } from "preact";

/** Of boxes that scroll: without it only a mouse could move them. */
export const FOCUSABLE = { tabIndex: 0 } as const;

export interface ScrollProps {
  /** Id of the heading that names it. */
  readonly labelledBy: string;
  readonly children: ComponentChildren;
}

export function Scroll({ labelledBy, children }: ScrollProps) {
  return (
    <section class="panel scroll" aria-labelledby={labelledBy} {...FOCUSABLE}>
      {children}
    </section>
  );
}
