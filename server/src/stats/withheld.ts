/**
 * Figures that are only right while the shares of the arms stay as they are. Their types are `null` where the shares changed,
 * so whoever shows one has to say what stands there instead. Only the two functions below make one.
 */
declare const withholdable: unique symbol;

/** Adds up clients of all days: `null` where the shares of the arms changed, as it mixes days with different shares. */
export type Pooled<T> = (T & { readonly [withholdable]: "pooled" }) | null;

/** Holds for one look at a time fixed before: `null` where the shares followed the results. */
export type OneLook<T> = (T & { readonly [withholdable]: "one-look" }) | null;

/** What happened to the shares of the arms. */
export interface Sharing {
  /** They differ between stretches that have participants. */
  readonly sharesChanged: boolean;
  /** They followed the results, as a bandit's do. */
  readonly adaptive: boolean;
}

export function pooledFigure<T>({ sharesChanged, adaptive }: Sharing, figure: () => T | null): Pooled<T> {
  return sharesChanged || adaptive ? null : (figure() as Pooled<T>);
}

export function oneLookFigure<T>({ adaptive }: Sharing, figure: () => T | null): OneLook<T> {
  return adaptive ? null : (figure() as OneLook<T>);
}
