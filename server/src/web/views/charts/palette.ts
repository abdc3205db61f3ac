/**
 * How alternatives are told apart, in tables and charts alike: the control is ink with a solid line, the others take six
 * colours in turn, and a dash pattern that no other line has.
 */

/** Colours that repeat after the control. */
const HUES = 6;

/** Light theme, for files that leave the page; inside a page the style sheet has the last word. Same as `tokens.css`. */
const INK = "#57534b";
const COLOURS = ["#0b62c1", "#b8430b", "#0a7a5e", "#a32c74", "#7d6200", "#5c45b8"] as const;

const DASHES = [
  "",
  "7 3",
  "2 3",
  "9 3 2 3",
  "5 2",
  "3 2 3 6",
  "12 4",
  "9 3 2 3 2 3",
  "4 4",
  "14 3 4 3",
  "6 2 1 2 1 2",
] as const;

/** Class of the colour of the alternative at this position. */
export function seriesClass(index: number): string {
  return index === 0 ? "series-0" : `series-${((index - 1) % HUES) + 1}`;
}

export function seriesColour(index: number): string {
  return index === 0 ? INK : (COLOURS[(index - 1) % HUES] ?? INK);
}

/** `stroke-dasharray`; empty is solid. */
export function seriesDash(index: number): string {
  return index === 0 ? "" : (DASHES[((index - 1) % (DASHES.length - 1)) + 1] ?? "");
}
