/** Texts as forms send them and sentences show them. */

/** Whether an argument says nothing: left out, or sent empty as forms do with blank fields. */
export function isEmpty(raw: string | undefined): raw is "" | undefined {
  return raw === undefined || raw === "";
}

/**
 * 1 is 100. Without what floating point adds: .5045 is 50.45, not 50.449999999999996, which one page would round down and
 * another, that divides counts, up.
 */
export function inPercent(fraction: number): number {
  return Number((100 * fraction).toPrecision(12));
}

/** `12.3%`. @param fraction 1 is 100 % */
export function percent(fraction: number): string {
  return `${inPercent(fraction).toFixed(1)}%`;
}

/** `1,234`, and `0.5` with at most three digits after the point. Whole numbers need no `Intl`, whose first use takes 30 ms. */
export function grouped(number: number): string {
  if (!Number.isSafeInteger(number)) return number.toLocaleString("en");
  return String(number).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** `1 day`, `3 days`, `1,234 days` */
export function plural(number: number, one: string, many = `${one}s`): string {
  return `${grouped(number)} ${number === 1 ? one : many}`;
}

/** A text within Markdown. Names hold any character: nothing in them becomes markup. */
export function markdownText(text: string): string {
  return text.replace(/[\r\n]+/g, " ").replace(/[\\`*_{}[\]<>|#&~!]/g, "\\$&");
}

/** The first column to the left, as names are; the others to the right, as numbers are. @param rows with the cells of `head` */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map((_, index) => (index === 0 ? "---" : "--:")), ...rows]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
}

/** `3 KiB`, `2.4 MiB`. */
export function sized(bytes: number): string {
  return bytes < 2 ** 20 ? `${Math.ceil(bytes / 2 ** 10)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
