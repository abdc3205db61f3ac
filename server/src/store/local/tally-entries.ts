/**
 * Tallies as entries of the database. A cell has an entry of its own, but those of segments: all of an epoch, assignment and
 * metric lie in one row, since a client counts in a cell of every dimension, and many clients who join at once in nearly all
 * of them.
 *
 * | key, from the life on                                              | value                                         |
 * |--------------------------------------------------------------------|-----------------------------------------------|
 * | epoch u16, code u8, metric u8, place in the subset u16, letter of its kind u8 (none for a day) | sums              |
 * | epoch u16, code u8, metric u8, `s`                                 | for each segment: place u16, length u16, sums |
 *
 * The metric is moved up by one, so that PARTICIPATION, which is -1, fits a byte; where totals are capped the letter is a
 * capital. Sums are clients, events, sum and squares, f64 each, and where a double leaves something out of a sum, how many
 * more the sum has u8, and those of sum and squares f64. In a row, sums without values are shorter: clients and events, u32
 * each, or one u32 where they are equal.
 */
import { packedSubset, type Subset, unpackedSubset } from "../../domain/subset.ts";
import {
  asTally,
  type Cell,
  cappedMetric,
  isCapped,
  isSomething,
  kpiOfMetric,
  type Quantities,
  type Tally,
} from "../../domain/tally.ts";
import type { Rest } from "../../lib/exact-sum.ts";
import type { Mutable } from "../../lib/mutable.ts";
import { assignmentCode, assignmentOf } from "../assignment-code.ts";
import { decoded, soundTally } from "../kept-bytes.ts";
import { bytes, FAMILIES, type Family } from "./keys.ts";

export type TallyFamily = Extract<Family, "tally" | "unrecorded">;

/** What one entry counts: its cells, by their places in it. */
export type Row = Map<number, Mutable<Quantities>>;

/** Where the only cell of an entry lies. */
const ONLY = 0;

/** Of a key up to the metric, and of that of a row. */
const METRIC_END = 9;
const ROW_KEY_LENGTH = METRIC_END + 1;

const SEGMENT_LETTER = packedSubset({ kind: "segment", dimension: 0, value: 0 }).letter;

/** Days have no letter. */
const CAPPED_DAY = "D";

/** Made in one go, as every participation needs some: joined from parts they take twice as long to find in a map. */
export function entryKey(family: TallyFamily, life: number, { epoch, assignment, metric, subset }: Cell): string {
  const { letter, place } = packedSubset(subset);
  const shown = isCapped(metric) ? letter.toUpperCase() || CAPPED_DAY : letter;
  const [first, code, kpi] = [FAMILIES[family].charCodeAt(0), assignmentCode(assignment), kpiOfMetric(metric) + 1];
  const [life1, life2, life3, life4] = [life >>> 24, (life >>> 16) & 255, (life >>> 8) & 255, life & 255];
  const [epoch1, epoch2] = [(epoch >>> 8) & 255, epoch & 255];
  if (subset.kind === "segment") {
    return String.fromCharCode(first, life1, life2, life3, life4, epoch1, epoch2, code, kpi, shown.charCodeAt(0));
  }
  const [place1, place2] = [(place >>> 8) & 255, place & 255];
  return String.fromCharCode(first, life1, life2, life3, life4, epoch1, epoch2, code, kpi, place1, place2) + shown;
}

/** The place of a cell in its entry. */
export function placeInEntry(subset: Subset): number {
  return subset.kind === "segment" ? packedSubset(subset).place : ONLY;
}

/** Whether an entry counts by amounts of which nobody has more than a cap. */
export function isCappedEntry(key: string): boolean {
  return isCapped(placeOfEntry(bytes(key)).metric);
}

/** @returns `null` if nothing in it counts anything, so that the entry can go */
export function encodeEntry(key: string, row: ReadonlyMap<number, Quantities>): Buffer | null {
  if (key.length === ROW_KEY_LENGTH) return encodeRow(row);
  const sums = row.get(ONLY);
  return sums === undefined || !isSomething(sums) ? null : encodeSums(sums);
}

/** @throws RangeError: the bytes are none */
export function decodeEntry(key: string, value: Buffer): Row {
  return key.length === ROW_KEY_LENGTH ? decodeRow(value) : new Map([[ONLY, decodeSums(value)]]);
}

/** The entries of tallies, each of which is there once. */
export function* tallyEntries(
  family: TallyFamily,
  life: number,
  tallies: Iterable<Tally>,
): Generator<readonly [Buffer, Buffer]> {
  const rows = new Map<string, Map<number, Quantities>>();
  for (const tally of tallies) {
    const key = entryKey(family, life, tally);
    const row = rows.get(key) ?? new Map();
    rows.set(key, row.set(placeInEntry(tally.subset), tally));
  }
  for (const [key, row] of rows) {
    const value = encodeEntry(key, row);
    if (value !== null) yield [bytes(key), value];
  }
}

/** @throws SixpackError experiment-unreadable */
export function talliesIn(key: Buffer, value: Buffer): readonly Tally[] {
  const { epoch, assignment, metric, subset } = decoded("a tally", key, placeOfEntry);
  const row = decoded("a tally", value, () => decodeEntry(key.toString("latin1"), value));
  return [...row].map(([place, { clients, events, sum, sumRest, squares, squaresRest }]) => {
    const counted = { clients, events, sum, sumRest, squares, squaresRest };
    const tally = asTally(
      { epoch, assignment },
      { metric, subset: subset ?? unpackedSubset(SEGMENT_LETTER, place), ...counted },
    );
    return soundTally(tally, () => `bytes ${value.toString("hex")}`);
  });
}

/** What a key names; no subset where it is a row. @throws Error: it names nothing */
function placeOfEntry(key: Buffer): Omit<Cell, "subset"> & { readonly subset: Subset | undefined } {
  const isRow = key.length === ROW_KEY_LENGTH;
  const [metric, shown] = [key.readUInt8(8) - 1, key.toString("latin1", isRow ? METRIC_END : METRIC_END + 2)];
  const letter = shown === CAPPED_DAY ? "" : shown.toLowerCase();
  if ((letter === SEGMENT_LETTER) !== isRow) throw new RangeError("Segments lie in rows, and nothing else does");
  return {
    epoch: key.readUInt16BE(5),
    assignment: assignmentOf(key.readUInt8(7)),
    metric: letter === shown ? metric : cappedMetric(metric),
    subset: isRow ? undefined : unpackedSubset(letter, key.readUInt16BE(METRIC_END)),
  };
}

interface Packed<Of, Keys> {
  readonly row: Of;
  /** Keys of the entries that it stands for. */
  readonly replaced: Keys;
}
type Unpacked = Packed<Row, Buffer[]>;
/** No value where nothing in it counts anything. */
type PackedRow = Packed<readonly [Buffer, Buffer | null], readonly Buffer[]>;

/**
 * The rows of what layout 4 had as entries: keys of segments were as those of other cells. What can't be read is left where
 * it is, where no cell of today lies, so that whoever reads it is told.
 * @param entries in the order of their keys, of which all that belong to one row follow one another
 */
export async function* rowsOfLayout4(entries: AsyncIterable<[Buffer, Buffer]>): AsyncGenerator<PackedRow> {
  let rows = new Map<string, Unpacked>();
  let metric = "";
  function* packed(): Generator<PackedRow> {
    for (const [key, { row, replaced }] of rows) {
      yield { row: [bytes(key), encodeEntry(key, row)], replaced };
    }
    rows = new Map();
  }
  for await (const [key, value] of entries) {
    const [start, letter] = [key.toString("latin1", 0, METRIC_END), key.toString("latin1", METRIC_END + 2)];
    if (start !== metric) yield* packed();
    metric = start;
    if (letter.toLowerCase() !== SEGMENT_LETTER) continue;
    const one: Unpacked = rows.get(start + letter) ?? { row: new Map(), replaced: [] };
    try {
      one.row.set(key.readUInt16BE(METRIC_END), decodeSums(value));
    } catch {
      continue;
    }
    one.replaced.push(key);
    rows.set(start + letter, one);
  }
  yield* packed();
}

const ROW_HEAD_BYTES = 4;
const COUNT_MAX = 0xffff_ffff;

/** In two walks and without lists on the way: with every flush there is one for each alternative that somebody joined. */
function encodeRow(row: ReadonlyMap<number, Quantities>): Buffer | null {
  let size = 0;
  for (const sums of row.values()) if (isSomething(sums)) size += ROW_HEAD_BYTES + lengthIn(sums);
  if (size === 0) return null;
  const value = Buffer.allocUnsafe(size);
  let at = 0;
  for (const [place, sums] of row) {
    if (!isSomething(sums)) continue;
    const length = lengthIn(sums);
    at = value.writeUInt16BE(place, at);
    at = value.writeUInt16BE(length, at);
    if (length >= SUMS_BYTES) value.set(encodeSums(sums), at);
    else value.writeUInt32BE(sums.clients, at);
    if (length === 8) value.writeUInt32BE(sums.events, at + 4);
    at += length;
  }
  return value;
}

function decodeRow(value: Buffer): Row {
  const row: Row = new Map();
  let at = 0;
  while (at < value.length) {
    const [place, length] = [value.readUInt16BE(at), value.readUInt16BE(at + 2)];
    const end = at + ROW_HEAD_BYTES + length;
    if (end > value.length) throw new RangeError("The row ends too early");
    row.set(place, sumsIn(value.subarray(at + ROW_HEAD_BYTES, end)));
    at = end;
  }
  return row;
}

function sumsIn(value: Buffer): Mutable<Quantities> {
  if (value.length >= SUMS_BYTES) return decodeSums(value);
  if (value.length !== 4 && value.length !== 8) throw new RangeError("No sums have this length");
  const clients = value.readUInt32BE(0);
  const events = value.length === 8 ? value.readUInt32BE(4) : clients;
  return { clients, events, sum: 0, sumRest: undefined, squares: 0, squaresRest: undefined };
}

function lengthIn(sums: Quantities): number {
  const { clients, events, sum, sumRest, squares, squaresRest } = sums;
  const isCount = sum === 0 && squares === 0 && sumRest === undefined && squaresRest === undefined;
  if (!isCount || !isU32(clients) || !isU32(events)) return sumsLength(sums);
  return clients === events ? 4 : 8;
}

function isU32(count: number): boolean {
  return Number.isInteger(count) && count >= 0 && count <= COUNT_MAX;
}

const SUMS_BYTES = 32;

function sumsLength({ sumRest = [], squaresRest = [] }: Quantities): number {
  const more = sumRest.length + squaresRest.length;
  return more === 0 ? SUMS_BYTES : SUMS_BYTES + 1 + 8 * more;
}

function encodeSums(sums: Quantities): Buffer {
  const { clients, events, sum, sumRest = [], squares, squaresRest = [] } = sums;
  const value = Buffer.allocUnsafe(sumsLength(sums));
  value.writeDoubleBE(clients, 0);
  value.writeDoubleBE(events, 8);
  value.writeDoubleBE(sum, 16);
  value.writeDoubleBE(squares, 24);
  const rest = [...sumRest, ...squaresRest];
  if (rest.length > 0) value.writeUInt8(sumRest.length, SUMS_BYTES);
  for (const [at, part] of rest.entries()) value.writeDoubleBE(part, SUMS_BYTES + 1 + 8 * at);
  return value;
}

/** Of a tally that every event may change. @throws RangeError: the bytes end too early */
function decodeSums(value: Buffer): Mutable<Quantities> {
  const hasRest = value.length > SUMS_BYTES;
  const ofSum = hasRest ? SUMS_BYTES + 1 + 8 * value.readUInt8(SUMS_BYTES) : SUMS_BYTES;
  return {
    clients: value.readDoubleBE(0),
    events: value.readDoubleBE(8),
    sum: value.readDoubleBE(16),
    sumRest: hasRest ? doublesIn(value, SUMS_BYTES + 1, ofSum) : undefined,
    squares: value.readDoubleBE(24),
    squaresRest: hasRest ? doublesIn(value, ofSum, value.length) : undefined,
  };
}

function doublesIn(value: Buffer, start: number, end: number): Rest {
  const doubles: number[] = [];
  for (let at = start; at < end; at += 8) doubles.push(value.readDoubleBE(at));
  return doubles.length === 0 ? undefined : doubles;
}
