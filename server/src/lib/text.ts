/** Texts as forms send them and sentences show them. */

/** Whether an argument says nothing: left out, or sent empty as forms do with blank fields. */
export function isEmpty(raw: string | undefined): raw is "" | undefined {
  return raw === undefined || raw === "";
}

/** `12.3%`. @param fraction 1 is 100 % */
export function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)}%`;
}
