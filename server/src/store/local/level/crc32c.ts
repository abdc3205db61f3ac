/**
 * CRC-32C (Castagnoli), the checksum that LevelDB writes beside everything and classic-level has no option to read.
 *
 * Eight bytes a step with eight tables ("slicing by 8", Kounavis and Berry, 2005); Node's own `crc32` is another polynomial.
 */

const POLYNOMIAL = 0x82f63b78;

/** Added to a rotated checksum, so that one over data that holds checksums is no special case (`util/crc32c.h`). */
const MASK_DELTA = 0xa282ead8;

/** Eight tables of 256, one behind the other. */
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    tables[byte] = crc;
  }
  for (let index = 256; index < tables.length; index += 1) {
    const crc = tables[index - 256] ?? 0;
    tables[index] = (crc >>> 8) ^ (tables[crc & 255] ?? 0);
  }
  return tables;
}

/** Of the bytes in `[start, end)`, as an unsigned number. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = -1;
  let at = start;
  // Spelled out: this is what opening a large folder takes its time with.
  for (; at + 8 <= end; at += 8) {
    crc =
      (TABLES[1792 + ((crc ^ (bytes[at] ?? 0)) & 255)] ?? 0) ^
      (TABLES[1536 + (((crc >>> 8) ^ (bytes[at + 1] ?? 0)) & 255)] ?? 0) ^
      (TABLES[1280 + (((crc >>> 16) ^ (bytes[at + 2] ?? 0)) & 255)] ?? 0) ^
      (TABLES[1024 + ((crc >>> 24) ^ (bytes[at + 3] ?? 0))] ?? 0) ^
      (TABLES[768 + (bytes[at + 4] ?? 0)] ?? 0) ^
      (TABLES[512 + (bytes[at + 5] ?? 0)] ?? 0) ^
      (TABLES[256 + (bytes[at + 6] ?? 0)] ?? 0) ^
      (TABLES[bytes[at + 7] ?? 0] ?? 0);
  }
  for (; at < end; at += 1) crc = (crc >>> 8) ^ (TABLES[(crc ^ (bytes[at] ?? 0)) & 255] ?? 0);
  return ~crc >>> 0;
}

/** The checksum as LevelDB stores it. */
export function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}
