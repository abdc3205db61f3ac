/** The visitor filter: robots and ignored addresses get an answer and are never counted. */

export interface VisitorFilter {
  readonly robots: RegExp;
  /** Whether calls of this address are ignored, however it is written. */
  readonly ignores: (address: string) => boolean;
}

/** Whether a call comes from a robot or an ignored address. */
export function isFiltered(filter: VisitorFilter, userAgent: string | undefined, address: string | undefined): boolean {
  if (userAgent !== undefined && filter.robots.test(unquoted(userAgent))) return true;
  return address !== undefined && filter.ignores(unquoted(address));
}

/** Some clients encode both twice, so that 2.7 decoded them once more, byte by byte, before it looked. */
function unquoted(text: string): string {
  if (!text.includes("%")) return text;
  return text.replace(/%[\da-f]{2}/gi, (byte) => String.fromCharCode(Number.parseInt(byte.slice(1), 16)));
}
