/** Taking out of a report what must not be shown of a bandit: figures that hold for one look at fixed weights. */

/** By the name of the field. A `fixed` interval, its p-values, Wilson's interval of a pooled rate, the pooled omnibus tests. */
const FIXED_HORIZON: ReadonlySet<string> = new Set([
  "fixed",
  "pFixed",
  "pFinalLook",
  "finalLook",
  "rateInterval",
  "meanInterval",
  "omnibus",
  "omnibusMeans",
]);

/** The same value with those fields `null`, at any depth. */
export function withoutFixedHorizon(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutFixedHorizon);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, FIXED_HORIZON.has(key) ? null : withoutFixedHorizon(item)]),
  );
}
