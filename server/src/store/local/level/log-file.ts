/**
 * A log of LevelDB, which the MANIFEST is, too: records in pieces within blocks of 32 KiB, each piece with a checksum.
 *
 * A process that dies in the middle of a write leaves a torn end: that is no damage, nobody was told of it. What can't be
 * read in front of what can is damage. LevelDB passes over both without a word to its caller.
 */
import { crc32c, masked } from "./crc32c.ts";

const BLOCK_BYTES = 32_768;
/** Checksum u32, length u16, type u8. */
const HEADER_BYTES = 7;

const FULL = 1;
const FIRST = 2;
const LAST = 4;

export interface LogFile {
  readonly records: readonly Buffer[];
  /** Bytes that can't be read, with records behind them. */
  readonly damagedBytes: number;
  /** Bytes at the end that can't be read. */
  readonly tornBytes: number;
  /** The end may be what a process that died was writing: it is not there as a whole. */
  readonly isCutShort: boolean;
}

interface Piece {
  readonly type: number;
  readonly data: Buffer;
  readonly end: number;
}

export function readLogFile(bytes: Buffer): LogFile {
  const records: Buffer[] = [];
  let pieces: Buffer[] | undefined;
  /** End of the last record that was read as a whole. */
  let wholeUntil = 0;
  let damagedBytes = 0;
  let isBroken = false;
  let isCutShort = false;
  let at = 0;
  while (at < bytes.length) {
    const blockEnd = Math.min(bytes.length, at - (at % BLOCK_BYTES) + BLOCK_BYTES);
    if (blockEnd - at < HEADER_BYTES && blockEnd !== bytes.length) {
      // Too short for a header: LevelDB fills it up and goes on in the next block.
      at = blockEnd;
      continue;
    }
    const piece = pieceAt(bytes, at, blockEnd);
    if (typeof piece === "string") {
      isBroken = true;
      isCutShort = piece === "cut short";
      pieces = undefined;
      at = blockEnd;
      continue;
    }
    at = piece.end;
    if (piece.type === FULL || piece.type === FIRST) pieces = [piece.data];
    else if (pieces === undefined) continue;
    else pieces.push(piece.data);
    if (piece.type !== FULL && piece.type !== LAST) continue;
    const record = Buffer.concat(pieces);
    // What is between two whole records is padding, unless something there could not be read.
    if (isBroken) damagedBytes += Math.max(1, at - record.length - wholeUntil);
    records.push(record);
    pieces = undefined;
    wholeUntil = at;
    isBroken = false;
    isCutShort = false;
  }
  const rest = bytes.subarray(wholeUntil);
  const isPadding = rest.length < HEADER_BYTES && rest.every((byte) => byte === 0);
  const tornBytes = isPadding ? 0 : rest.length;
  return { records, damagedBytes, tornBytes, isCutShort: tornBytes > 0 && (isCutShort || !isBroken) };
}

function pieceAt(bytes: Buffer, at: number, blockEnd: number): Piece | "cut short" | "unreadable" {
  const isLast = blockEnd === bytes.length;
  if (at + HEADER_BYTES > blockEnd) return "cut short";
  const end = at + HEADER_BYTES + bytes.readUInt16LE(at + 4);
  if (end > blockEnd) return isLast ? "cut short" : "unreadable";
  const type = bytes.readUInt8(at + 6);
  if (type < FULL || type > LAST) return "unreadable";
  if (masked(crc32c(bytes, at + 6, end)) !== bytes.readUInt32LE(at)) return "unreadable";
  return { type, data: bytes.subarray(at + HEADER_BYTES, end), end };
}
