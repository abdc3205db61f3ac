/** A name as people read it: on pages, and in sentences. */

/** What no eye sees, or what turns the text around it: but for joiners and marks, which emoji and scripts are made with; and what no XML may hold. */
const UNSEEN =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]/gu;
/** Blanks that a page would drop, join or break lines at, or that look like the usual one. */
const ODD_BLANK = /^\s|\s$|\s\s|[^\S ]/u;
const SEEN = /[^\p{Default_Ignorable_Code_Point}\p{Z}]/u;

/**
 * The name itself, where a reader can tell it from every other one. Where blanks at its ends or characters without a
 * look stand in it, it is quoted, with those written as `\u{200f}`.
 */
export function shownName(name: string): string {
  if (name.search(UNSEEN) === -1 && !ODD_BLANK.test(name) && SEEN.test(name)) return name;
  const hidden = SEEN.test(name) ? UNSEEN : /[^ ]/gu;
  const shown = name.replace(hidden, escaped).replace(/[^\S ]/gu, escaped);
  return `"${shown}"`;
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
