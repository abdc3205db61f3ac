/**
 * Many comparisons at once. Each function takes p-values in any order and gives adjusted ones in the same order,
 * to be compared with the family's alpha.
 * References: Holm (1979), valid for any dependence and at stopping times; Benjamini & Hochberg (1995).
 *
 * @example
 * holm([0.01, 0.04, 0.03]); // [0.03, 0.06, 0.06]
 * benjaminiHochberg([0.01, 0.04, 0.03]); // [0.03, 0.04, 0.04]
 */

/** Step-down: holds the chance of even one false claim in the family. */
export function holm(p: readonly number[]): number[] {
  const adjusted = new Array<number>(p.length);
  let running = 0;
  for (const [rank, { value, index }] of ascending(p).entries()) {
    running = Math.max(running, Math.min(1, (p.length - rank) * value));
    adjusted[index] = running;
  }
  return adjusted;
}

/** Step-up: holds the expected share of false ones among the claims, for independent or positively dependent tests. */
export function benjaminiHochberg(p: readonly number[]): number[] {
  const adjusted = new Array<number>(p.length);
  let running = 1;
  for (const [rank, { value, index }] of [...ascending(p).entries()].reverse()) {
    running = Math.min(running, (p.length * value) / (rank + 1));
    adjusted[index] = running;
  }
  return adjusted;
}

function ascending(p: readonly number[]): { readonly value: number; readonly index: number }[] {
  return p.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
}
