/**
 * What is kept of a client's first exposure beside its assignment. It never changes, and decides in which subsets of the
 * tallies the client counts. Something more that is kept of every participation begins here.
 */
export interface Exposure {
  /** Values of the declared dimensions in the order of their declaration, a byte each; missing for none. */
  readonly segments?: readonly number[] | undefined;
  /** A number about the client that was known before the test, in single precision. */
  readonly covariate?: number | undefined;
  /** Set if another id of the same person had another assignment, whose record was removed. */
  readonly conflict?: true | undefined;
}

/** That part of something larger, without what is missing. Made for every record of an export, so without spreads. */
export function exposureIn({ segments, covariate, conflict }: Exposure): Exposure {
  const exposure: { -readonly [Name in keyof Exposure]: Exposure[Name] } = {};
  if (segments !== undefined) exposure.segments = segments;
  if (covariate !== undefined) exposure.covariate = covariate;
  if (conflict !== undefined) exposure.conflict = conflict;
  return exposure;
}
