/** What a record of a log holds: some keys that were put or deleted together, numbered on from the first. */
import { ByteReader } from "./varint.ts";

/** One key as it was put or deleted at one moment. */
export interface LevelEntry {
  readonly key: Buffer;
  /** `null` where it was deleted. */
  readonly value: Buffer | null;
  /** Of two entries of a key the one with the higher number counts. */
  readonly sequence: number;
}

/** First number u64, count u32. */
const HEADER_BYTES = 12;

export const PUT = 1;

/** @throws RangeError for what is none, though its checksum is right */
export function entriesOfBatch(record: Buffer): readonly LevelEntry[] {
  const reader = new ByteReader(record, HEADER_BYTES);
  const first = Number(record.readBigUInt64LE(0));
  const entries: LevelEntry[] = [];
  while (!reader.isAtEnd) {
    const isPut = reader.take(1).readUInt8(0) === PUT;
    entries.push({ key: reader.piece(), value: isPut ? reader.piece() : null, sequence: first + entries.length });
  }
  return entries;
}
