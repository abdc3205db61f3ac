/** The range of a figure, below it. */
import type { ComponentChildren } from "preact";

/** Eyes see that it is one; those who hear it are told. */
export function Range({ children }: { readonly children: ComponentChildren }) {
  return (
    <span class="under">
      <span class="hidden">range </span>
      {children}
    </span>
  );
}
