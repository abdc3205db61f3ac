/**
 * A table file of LevelDB: sorted entries in blocks, an index of the blocks, and a footer that finds the index. Every block
 * has a checksum, which classic-level doesn't look at.
 */
import { crc32c, masked } from "./crc32c.ts";
import { unpack } from "./snappy.ts";
import { ByteReader } from "./varint.ts";
import { type LevelEntry, PUT } from "./write-batch.ts";

const FOOTER_BYTES = 48;
/** The last 8 bytes of every table. */
const MAGIC = "57fb808b247547db";
/** Behind each block: how it is packed u8, checksum u32. */
const TRAILER_BYTES = 5;
const SNAPPY = 1;

interface Handle {
  readonly offset: number;
  readonly size: number;
}

interface TableBlock {
  /** Not below the last key of the block. */
  readonly until: Buffer;
  readonly bytes: number;
  /** `undefined` where the block is damaged. */
  readonly entries: readonly LevelEntry[] | undefined;
}

/** How many bytes of blocks can't be read; all of them where the index can't be. */
export function damagedBytesOf(table: Buffer): number {
  try {
    const { index, metaindex } = handlesIn(table);
    if (!isWhole(table, metaindex)) return metaindex.size;
    let damaged = 0;
    for (const handle of handlesOfBlocks(blockAt(table, index))) if (!isWhole(table, handle)) damaged += handle.size;
    return damaged;
  } catch {
    return Math.max(1, table.length);
  }
}

/** The blocks in the order of their keys; none where the index can't be read. */
export function blocksOf(table: Buffer): readonly TableBlock[] {
  let blocks: readonly { readonly until: Buffer; readonly handle: Handle }[];
  try {
    blocks = indexed(table, handlesIn(table).index);
  } catch {
    return [];
  }
  return blocks.map(({ until, handle }) => ({ until, bytes: handle.size, entries: entriesIn(table, handle) }));
}

function entriesIn(table: Buffer, handle: Handle): readonly LevelEntry[] | undefined {
  try {
    return pairsIn(blockAt(table, handle)).map(([key, value]) => {
      const { user, tag } = split(key);
      return { key: user, value: tag % 256n === BigInt(PUT) ? value : null, sequence: Number(tag / 256n) };
    });
  } catch {
    return undefined;
  }
}

function handlesIn(table: Buffer): { readonly index: Handle; readonly metaindex: Handle } {
  const footer = table.subarray(table.length - FOOTER_BYTES);
  if (footer.toString("hex", FOOTER_BYTES - 8) !== MAGIC) throw new RangeError("Expected a table, got other bytes");
  const reader = new ByteReader(footer);
  return { metaindex: handleIn(reader), index: handleIn(reader) };
}

function handleIn(reader: ByteReader): Handle {
  return { offset: reader.varint(), size: reader.varint() };
}

function indexed(table: Buffer, index: Handle): readonly { readonly until: Buffer; readonly handle: Handle }[] {
  return pairsIn(blockAt(table, index)).map(([key, value]) => ({
    until: split(key).user,
    handle: handleIn(new ByteReader(value)),
  }));
}

/** Those that an index names, without the keys: this is what a start waits for. */
function* handlesOfBlocks(index: Buffer): Generator<Handle> {
  const reader = new ByteReader(bodyOf(index));
  while (!reader.isAtEnd) {
    reader.varint();
    const [own, length] = [reader.varint(), reader.varint()];
    reader.take(own);
    yield handleIn(new ByteReader(reader.take(length)));
  }
}

/** A key of a block is one of ours with its sequence number and whether it was put, 8 bytes, behind it. */
function split(key: Buffer): { readonly user: Buffer; readonly tag: bigint } {
  return { user: key.subarray(0, -8), tag: key.readBigUInt64LE(key.length - 8) };
}

function isWhole(table: Buffer, { offset, size }: Handle): boolean {
  const end = offset + size + 1;
  return end + 4 <= table.length && masked(crc32c(table, offset, end)) === table.readUInt32LE(end);
}

/** @throws RangeError for a block that is damaged */
function blockAt(table: Buffer, handle: Handle): Buffer {
  if (!isWhole(table, handle)) throw new RangeError("Expected a block with its checksum, got other bytes");
  const end = handle.offset + handle.size;
  const block = table.subarray(handle.offset, end);
  return table.readUInt8(end + TRAILER_BYTES - 5) === SNAPPY ? unpack(block) : block;
}

/** Behind the pairs is a list of restarts, and how long it is. */
function bodyOf(block: Buffer): Buffer {
  const restarts = block.readUInt32LE(block.length - 4);
  return block.subarray(0, block.length - 4 - 4 * restarts);
}

/** Keys leave out what they share with the one before. */
function pairsIn(block: Buffer): readonly (readonly [Buffer, Buffer])[] {
  const reader = new ByteReader(bodyOf(block));
  const pairs: (readonly [Buffer, Buffer])[] = [];
  let before = Buffer.alloc(0);
  while (!reader.isAtEnd) {
    const [shared, own, length] = [reader.varint(), reader.varint(), reader.varint()];
    before = Buffer.concat([before.subarray(0, shared), reader.take(own)]);
    pairs.push([before, reader.take(length)]);
  }
  return pairs;
}
