/** A menu over the page: the browser's own popover, which needs no script, moves nothing, and closes by Escape or a click elsewhere. */
import type { ComponentChildren } from "preact";

interface MenuProps {
  /** Of its own on the page. */
  readonly id: string;
  readonly label: string;
  /** What it is about, for those who hear the label alone. */
  readonly about: string;
  /** Items of a list. */
  readonly children: ComponentChildren;
}

export function Menu({ id, label, about, children }: MenuProps) {
  return (
    <div class="menu">
      <button type="button" popovertarget={id}>
        {label}
        <span class="hidden"> {about}</span>
      </button>
      <ul id={id} popover="auto" aria-label={`${label} ${about}`}>
        {children}
      </ul>
    </div>
  );
}
