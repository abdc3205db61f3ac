/** Device and browser of a visitor, as far as `user_agent` tells them: coarse on purpose, since they are compared and not targeted. */

type Reading = readonly (readonly [value: string, pattern: RegExp])[];

/** The first that fits counts: most browsers also say that they are others. */
const DEVICES: Reading = [
  ["tablet", /iPad|Tablet|PlayBook|Silk|Android(?!.*Mobile)/i],
  ["phone", /iPhone|iPod|Mobile|Windows Phone|BlackBerry/i],
  ["desktop", /Windows NT|Macintosh|X11|CrOS|Linux/i],
];

const BROWSERS: Reading = [
  ["edge", /\bEdg(e|A|iOS)?\//],
  ["opera", /\bOPR\/|\bOpera\b/],
  ["samsung", /SamsungBrowser\//],
  ["firefox", /Firefox\/|FxiOS\//],
  ["chrome", /Chrome\/|CriOS\//],
  ["safari", /Safari\//],
];

interface DerivedDimension {
  readonly values: readonly string[];
  readonly reading: Reading;
}

/** By name of the dimension. */
export const DERIVED: ReadonlyMap<string, DerivedDimension> = new Map(
  Object.entries({
    device: { values: ["phone", "tablet", "desktop"], reading: DEVICES },
    browser: { values: ["chrome", "safari", "firefox", "edge", "samsung", "opera"], reading: BROWSERS },
  }),
);

/** `undefined` where nothing was sent; "other" for what is none of them. */
export function derivedValue(dimension: string, userAgent: string | undefined): string | undefined {
  if (userAgent === undefined || userAgent === "") return undefined;
  return DERIVED.get(dimension)?.reading.find(([, pattern]) => pattern.test(userAgent))?.[0] ?? "other";
}
