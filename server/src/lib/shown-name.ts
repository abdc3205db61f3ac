/** A name as people read it: on pages, and in sentences. */

/**
 * Invisible characters, those that change the direction of text, and those that XML forbids. Joiners and combining
 * marks are allowed: emoji and many scripts need them.
 */
const UNSEEN =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]/gu;
/** Blanks that a page would drop, merge or break lines at, or that look like a space. */
const ODD_BLANK = /^\s|\s$|\s\s|[^\S ]/u;
const SEEN = /[^\p{Default_Ignorable_Code_Point}\p{Z}]/u;

/**
 * The name itself, if a reader can't take it for another one. A name with blanks at its ends or with invisible
 * characters is quoted, and these are written as `\u{200f}`.
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
