/**
 * What people say of an experiment beside its description: who answers for it, what it belongs to, what they expect,
 * where it is discussed.
 */
import type { DatedNote } from "./dated-note.ts";
import { SixpackError } from "./errors.ts";
import { quote } from "./names.ts";

export interface About {
  readonly owner?: string;
  readonly tags?: readonly string[];
  readonly hypothesis?: string;
  /** Address of the ticket or page where the work on it is told. */
  readonly ticket?: string;
  /** By day; see `dated-note.ts`. */
  readonly notes?: readonly DatedNote[];
}

/** Longest owner, tag, hypothesis and address, in UTF-16 code units. */
export const OWNER_LENGTH_MAX = 255;
export const TAG_LENGTH_MAX = 50;
export const TAGS_MAX = 20;
export const HYPOTHESIS_LENGTH_MAX = 2_000;
export const TICKET_LENGTH_MAX = 2_000;

/** What is empty is left out. @throws SixpackError invalid-form */
export function aboutOf(raw: {
  readonly owner?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly hypothesis?: string | undefined;
  readonly ticket?: string | undefined;
}): Omit<About, "notes"> {
  const [owner = "", hypothesis = "", ticket = ""] = [raw.owner, raw.hypothesis, raw.ticket].map((text) =>
    text?.trim(),
  );
  const tags = [...new Set((raw.tags ?? []).map((tag) => tag.trim()).filter((tag) => tag !== ""))].sort();
  check("owner", owner, OWNER_LENGTH_MAX);
  check("hypothesis", hypothesis, HYPOTHESIS_LENGTH_MAX);
  check("ticket", ticket, TICKET_LENGTH_MAX);
  if (!isTicket(ticket))
    throw new SixpackError(
      "invalid-form",
      `Expected \`ticket\` as an address with https:// or http://, got ${quote(ticket)}`,
    );
  for (const tag of tags) check("tags", tag, TAG_LENGTH_MAX);
  if (tags.length > TAGS_MAX)
    throw new SixpackError("invalid-form", `Expected at most ${TAGS_MAX} tags, got ${tags.length}`);
  return {
    ...(owner === "" ? {} : { owner }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(hypothesis === "" ? {} : { hypothesis }),
    ...(ticket === "" ? {} : { ticket }),
  };
}

/** Nothing, or where a link may lead: a page becomes no script by what somebody wrote into a field, or into the store. */
export function isTicket(text: string): boolean {
  return text === "" || (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol));
}

function check(field: string, text: string, lengthMax: number): void {
  if (text.length <= lengthMax) return;
  throw new SixpackError(
    "invalid-form",
    `Expected \`${field}\` of at most ${lengthMax} characters, got ${quote(text)}`,
  );
}
