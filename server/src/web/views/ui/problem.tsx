import type { ComponentChildren } from "preact";

export interface ProblemProps {
  /** By which a field says that this is about it. */
  readonly id?: string;
  /** `undefined` where there is none, and nothing is shown. */
  readonly children: ComponentChildren;
}

/** What was wrong with a form that was sent, read out by screen readers when the page opens. */
export function Problem({ id, children }: ProblemProps) {
  if (children === undefined) return null;
  return (
    <p class="notice notice-warning" role="alert" id={id}>
      {children}
    </p>
  );
}
