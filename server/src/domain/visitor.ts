/** The visitor filter: robots and ignored addresses get an answer and are never counted. */

export interface VisitorFilter {
  readonly robots: RegExp;
  readonly ignoredAddresses: ReadonlySet<string>;
}

/**
 * Whether a call comes from a robot or an ignored address.
 * `userAgent` is the `user_agent` argument; clients of Sixpack 2.7 may send it percent-encoded twice, and the words the
 * filter looks for survive that.
 */
export function isFiltered(filter: VisitorFilter, userAgent: string | undefined, address: string | undefined): boolean {
  if (userAgent !== undefined && filter.robots.test(userAgent)) return true;
  return address !== undefined && filter.ignoredAddresses.has(address);
}
