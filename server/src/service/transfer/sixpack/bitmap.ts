/** Bitmaps as Redis keeps them: bit n is client n, the most significant bit of a byte first. */

/** Calls back with the position of every bit that is set, in order. */
export function eachBit(bitmap: Uint8Array, visit: (position: number) => void): void {
  for (let at = 0; at < bitmap.length; at += 1) {
    let byte = bitmap[at] ?? 0;
    // Bitmaps of one day are nearly all zeros.
    while (byte !== 0) {
      const place = Math.clz32(byte) - 24;
      visit(at * 8 + place);
      byte &= ~(128 >> place);
    }
  }
}
