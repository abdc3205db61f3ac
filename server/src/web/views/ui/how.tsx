/** A short "how to read this" beside a figure, closed until asked for, and the way to the whole method. */
import type { ComponentChildren } from "preact";
import { useCurrentUser } from "../../http/current-user.ts";
import { METHOD_PATH } from "../../http/urls.ts";

interface HowProps {
  /** Anchor on the method page. */
  readonly anchor?: string;
  /** What it explains, for those who hear the words alone: a page has some of them. */
  readonly about: string;
  readonly children: ComponentChildren;
}

export function How({ anchor, about, children }: HowProps) {
  const { isGuest } = useCurrentUser();
  return (
    <details class="how">
      <summary>
        How to read this<span class="hidden">: {about}</span>
      </summary>
      <p>
        {children}{" "}
        {isGuest ? null : <a href={anchor === undefined ? METHOD_PATH : `${METHOD_PATH}#${anchor}`}>The method</a>}
      </p>
    </details>
  );
}
