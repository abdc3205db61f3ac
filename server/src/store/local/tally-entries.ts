/**
 * Tallies as entries of the database. A cell has an entry of its own, but those of segments: all of an epoch, assignment and
 * metric lie in one row, since a client counts in a cell of every dimension, and many clients who join at once in nearly all
 * of them.
 *
 * | key, from the life on                                              | value                                         |
 * |--------------------------------------------------------------------|-----------------------------------------------|
 * | epoch u16, code u8, metric u8, place in the subset u16, letter of its kind u8 (none for a day) | sums              |
 * | epoch u16, code u8, metric u8, `s`                                 | its cells, one after the other                |
 *
 * The metric is moved up by one, so that PARTICIPATION, which is -1, fits a byte; where totals are capped the letter is a
 * capital. Sums are clients, events, sum and squares, f64 each, and where a double leaves something out of a sum, how many
 * more the sum has u8, and those of sum and squares f64. A cell of a row begins with a varint, four times its place and one of
 * three kinds: 0, clients follow, and events are as many; 1, clients and events follow; 2, the length of its sums and these.
 * All are varints but sums.
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
import { readVarint, writeVarint } from "../varint.ts";
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

/** Of cells of one epoch and assignment. */
export function isInOneEntry(one: Pick<Cell, "metric" | "subset">, other: Pick<Cell, "metric" | "subset">): boolean {
  return one.metric === other.metric && one.subset.kind === "segment" && other.subset.kind === "segment";
}

/** Whether an entry counts by amounts of which nobody has more than a cap. */
export function isCappedEntry(key: string): boolean {
  return isCapped(placeOfEntry(bytes(key)).metric);
}

/** @returns `null` if nothing in it counts anything, so that the entry can go */
export function encodeEntry(key: string, row: ReadonlyMap<number, Quantities>): Buffer | null {
  if (isRow(key)) return encodeRow(row);
  const sums = row.get(ONLY);
  return sums === undefined || !isSomething(sums) ? null : encodeSums(sums);
}

/** @throws RangeError: the bytes are none */
export function decodeEntry(key: string | Buffer, value: Buffer): Row {
  return isRow(key) ? decodeRow(value) : new Map([[ONLY, decodeSums(value)]]);
}

function isRow(key: string | Buffer): boolean {
  return key.length === ROW_KEY_LENGTH;
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
  const row = decoded("a tally", value, () => decodeEntry(key, value));
  const tallies: Tally[] = [];
  // Field by field, as `asTally`: a page reads every cell of its experiment.
  for (const [place, { clients, events, sum, sumRest, squares, squaresRest }] of row) {
    const at = subset ?? unpackedSubset(SEGMENT_LETTER, place);
    const counted = { metric, subset: at, clients, events, sum, sumRest, squares, squaresRest };
    tallies.push(soundTally(asTally({ epoch, assignment }, counted), () => `bytes ${value.toString("hex")}`));
  }
  return tallies;
}

/** What a key names; no subset where it is a row. @throws Error: it names nothing */
function placeOfEntry(key: Buffer): Omit<Cell, "subset"> & { readonly subset: Subset | undefined } {
  const isOfRow = isRow(key);
  const [metric, shown] = [key.readUInt8(8) - 1, key.toString("latin1", isOfRow ? METRIC_END : METRIC_END + 2)];
  const letter = shown === CAPPED_DAY ? "" : shown.toLowerCase();
  if ((letter === SEGMENT_LETTER) !== isOfRow) throw new RangeError("Segments lie in rows, and nothing else does");
  return {
    epoch: key.readUInt16BE(5),
    assignment: assignmentOf(key.readUInt8(7)),
    metric: letter === shown ? metric : cappedMetric(metric),
    subset: isOfRow ? undefined : unpackedSubset(letter, key.readUInt16BE(METRIC_END)),
  };
}

interface PackedRow {
  readonly key: Buffer;
  /** `null` where nothing in it counts anything. */
  readonly value: Buffer | null;
  /** Keys of the entries that it stands for. */
  readonly replaced: readonly Buffer[];
}

/**
 * The rows of what layout 4 had as entries: keys of segments were as those of other cells. What can't be read is left where
 * it is, where no cell of today lies, so that whoever reads it is told.
 * @param entries in the order of their keys, of which all that belong to one row follow one another
 */
export async function* rowsOfLayout4(entries: AsyncIterable<[Buffer, Buffer]>): AsyncGenerator<PackedRow> {
  let rows = new Map<string, { readonly row: Row; readonly replaced: Buffer[] }>();
  let metric = "";
  function* packed(): Generator<PackedRow> {
    for (const [key, { row, replaced }] of rows) {
      yield { key: bytes(key), value: encodeEntry(key, row), replaced };
    }
    rows = new Map();
  }
  for await (const [key, value] of entries) {
    const [start, letter] = [key.toString("latin1", 0, METRIC_END), key.toString("latin1", METRIC_END + 2)];
    if (start !== metric) yield* packed();
    metric = start;
    if (letter.toLowerCase() !== SEGMENT_LETTER) continue;
    const one = rows.get(start + letter) ?? { row: new Map(), replaced: [] as Buffer[] };
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

/** What follows the place of a cell in its row. */
const [COUNT, TWO_COUNTS, SUMS, KINDS] = [0, 1, 2, 4];

/** What a cell takes beside its sums, at most: a place of 18 bits and two safe integers. */
const CELL_BYTES_MAX = 3 + 8 + 8;

function encodeRow(row: ReadonlyMap<number, Quantities>): Buffer | null {
  let room = 0;
  for (const sums of row.values()) room += CELL_BYTES_MAX + (isCounts(sums) ? 0 : sumsLength(sums));
  const value = Buffer.allocUnsafe(room);
  let end = 0;
  for (const [place, sums] of row) if (isSomething(sums)) end = writeCell(value, end, place * KINDS, sums);
  return end === 0 ? null : value.subarray(0, end);
}

/** @returns the place after it */
function writeCell(value: Buffer, at: number, place: number, sums: Quantities): number {
  const { clients, events } = sums;
  if (!isCounts(sums)) {
    const encoded = encodeSums(sums);
    const start = writeVarint(value, writeVarint(value, at, place + SUMS), encoded.length);
    return start + encoded.copy(value, start);
  }
  if (clients === events) return writeVarint(value, writeVarint(value, at, place + COUNT), clients);
  return writeVarint(value, writeVarint(value, writeVarint(value, at, place + TWO_COUNTS), clients), events);
}

/** Whether they are clients and events alone. */
function isCounts({ clients, events, sum, sumRest, squares, squaresRest }: Quantities): boolean {
  const hasValues = sum !== 0 || squares !== 0 || sumRest !== undefined || squaresRest !== undefined;
  return !hasValues && isCount(clients) && isCount(events);
}

function isCount(number: number): boolean {
  return Number.isSafeInteger(number) && number >= 0;
}

function decodeRow(value: Buffer): Row {
  const row: Row = new Map();
  for (let at = 0; at < value.length; ) {
    const [head, start] = readVarint(value, at);
    const [first, next] = readVarint(value, start);
    const place = Math.floor(head / KINDS);
    at = next;
    switch (head % KINDS) {
      case COUNT:
        row.set(place, counts(first, first));
        break;
      case TWO_COUNTS: {
        const [events, end] = readVarint(value, next);
        row.set(place, counts(first, events));
        at = end;
        break;
      }
      case SUMS:
        at = next + first;
        if (at > value.length) throw new RangeError("The row ends too early");
        row.set(place, decodeSums(value.subarray(next, at)));
        break;
      default:
        throw new RangeError("No cell begins like this");
    }
  }
  return row;
}

/** With every field that they will ever have. */
export function counts(clients: number, events: number): Mutable<Quantities> {
  return { clients, events, sum: 0, sumRest: undefined, squares: 0, squaresRest: undefined };
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
