/** Texts as forms send them and sentences show them. */

/** Whether an argument says nothing: left out, or sent empty as forms do with blank fields. */
export function isEmpty(raw: string | undefined): raw is "" | undefined {
  return raw === undefined || raw === "";
}

/** `12.3%`. @param fraction 1 is 100 % */
export function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)}%`;
}

/** A text within Markdown. Names hold any character: nothing in them becomes markup. */
export function markdownText(text: string): string {
  return text.replace(/[\r\n]+/g, " ").replace(/[\\`*_{}[\]<>|#&~!]/g, "\\$&");
}
