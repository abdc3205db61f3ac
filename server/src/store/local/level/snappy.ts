/** Unpacks Snappy, as LevelDB packs blocks. Format: https://github.com/google/snappy/blob/main/format_description.txt */
import { ByteReader } from "./varint.ts";

/** Longest that one block is unpacked to, in bytes: LevelDB begins a new one at 4 KiB, one long value is all that adds. */
const LENGTH_MAX = 64 * 2 ** 20;

/** @throws RangeError for what is no Snappy */
export function unpack(packed: Buffer): Buffer {
  const reader = new ByteReader(packed);
  const length = reader.varint();
  if (length > LENGTH_MAX) throw new RangeError(`Expected at most ${LENGTH_MAX} bytes, got ${length}`);
  const unpacked = Buffer.alloc(length);
  let at = 0;
  while (!reader.isAtEnd) {
    const tag = reader.take(1).readUInt8(0);
    const kind = tag & 3;
    if (kind === 0) {
      const short = tag >>> 2;
      const literal = reader.take(1 + (short < 60 ? short : reader.take(short - 59).readUIntLE(0, short - 59)));
      if (at + literal.length > length) throw new RangeError("Expected a literal within the block, got a longer one");
      literal.copy(unpacked, at);
      at += literal.length;
      continue;
    }
    const copied = kind === 1 ? 4 + ((tag >>> 2) & 7) : 1 + (tag >>> 2);
    const width = kind === 3 ? 4 : kind;
    const distance = reader.take(width).readUIntLE(0, width) + (kind === 1 ? (tag >>> 5) * 256 : 0);
    if (distance === 0 || distance > at || at + copied > length) {
      throw new RangeError("Expected a copy of what was unpacked, got one from outside");
    }
    // Byte by byte: a copy may run into what it writes.
    for (const end = at + copied; at < end; at += 1) unpacked[at] = unpacked[at - distance] ?? 0;
  }
  if (at !== length) throw new RangeError(`Expected ${length} bytes, got ${at}`);
  return unpacked;
}
