/** What was wrong with a form that was sent, read out by screen readers when the page opens. */
import type { ComponentChildren } from "preact";
import type { SixpackError } from "../../../domain/errors.ts";
import { forPeople } from "./for-people.ts";

interface ProblemProps {
  /** By which a field says that this is about it. */
  readonly id?: string;
  /** `undefined` where there is none, and nothing is shown. */
  readonly children: ComponentChildren;
}

export function Problem({ id, children }: ProblemProps) {
  if (children === undefined) return null;
  return (
    <p class="notice notice-warning" role="alert" id={id}>
      {children}
    </p>
  );
}

/** What it says of a refused form. */
export function problemText({ code, detail, message }: SixpackError): string {
  return detail === undefined ? sentence(message) : forPeople(detail, code);
}

/** Messages are the API's, in small letters. */
export function sentence(message: string): string {
  return message.replace(/(?<=^|\. )\p{Ll}/gu, (letter) => letter.toUpperCase());
}
