/**
 * CRC-32C (Castagnoli), the checksum that LevelDB writes beside everything and classic-level has no option to read.
 *
 * Eight bytes a step with eight tables ("slicing by 8", Kounavis and Berry, 2005); Node's own `crc32` is another polynomial.
 */

const POLYNOMIAL = 0x82f63b78;

/** Added to a rotated checksum, so that one over data that holds checksums is no special case (`util/crc32c.h`). */
const MASK_DELTA = 0xa282ead8;

function makeTables(): readonly Int32Array[] {
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    return crc;
  });
  const tables = [first];
  for (let step = 1; step < 8; step += 1) {
    const before = tables[step - 1] ?? first;
    tables.push(before.map((crc) => (crc >>> 8) ^ at(first, crc & 255)));
  }
  return tables;
}

function at(table: Int32Array, index: number): number {
  return table[index] ?? 0;
}

const [T0, T1, T2, T3, T4, T5, T6, T7] = makeTables() as [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];

/** Of the bytes in `[start, end)`, as an unsigned number. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = -1;
  let index = start;
  for (; index + 8 <= end; index += 8) {
    const low = crc ^ word(bytes, index);
    const high = word(bytes, index + 4);
    crc =
      at(T7, low & 255) ^
      at(T6, (low >>> 8) & 255) ^
      at(T5, (low >>> 16) & 255) ^
      at(T4, low >>> 24) ^
      at(T3, high & 255) ^
      at(T2, (high >>> 8) & 255) ^
      at(T1, (high >>> 16) & 255) ^
      at(T0, high >>> 24);
  }
  for (; index < end; index += 1) crc = (crc >>> 8) ^ at(T0, (crc ^ (bytes[index] ?? 0)) & 255);
  return ~crc >>> 0;
}

function word(bytes: Uint8Array, index: number): number {
  return (
    (bytes[index] ?? 0) |
    ((bytes[index + 1] ?? 0) << 8) |
    ((bytes[index + 2] ?? 0) << 16) |
    ((bytes[index + 3] ?? 0) << 24)
  );
}

/** The checksum as LevelDB stores it. */
export function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}
