/**
 * Repeatable random numbers: xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number generators",
 * 2021), its state filled by splitmix32 from any number of seeds. Good for making up traffic; not for secrets.
 *
 *     const random = createRandom(42, 0, 17); // the same sequence wherever and whenever it runs
 *     random(); // in [0, 1)
 */
export type Random = () => number;

export function createRandom(...seeds: readonly number[]): Random {
  let state = 0x9e3779b9;
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0;
    return mixed(state);
  };
  // Each seed stirs all that came before it, so that (1, 2) and (2, 1) are different sequences.
  for (const seed of seeds) state = mixed(state ^ mixed(seed | 0));
  let [a, b, c, d] = [next(), next(), next(), next()];
  return () => {
    const result = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotated(d, 11);
    return result / 2 ** 32;
  };
}

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** The finalizer of splitmix32: every input bit changes half of the output bits. */
function mixed(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return bits ^ (bits >>> 15);
}

/** A standard normal number, by Box and Muller. */
export function normal(random: Random): number {
  // 1 - u is in (0, 1], where the logarithm is finite.
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
