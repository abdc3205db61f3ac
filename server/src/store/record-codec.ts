/**
 * The bytes of what is stored about a client. Nothing else in TypeScript knows them. `redis/lua/records.lua` reads and
 * writes the same, and docs/storage.md draws it.
 *
 * | what       | bytes                                                                                              |
 * |------------|----------------------------------------------------------------------------------------------------|
 * | record     | assignment u8, day u16, epoch varint, extras, conversions                                          |
 * | extras     | nothing, or 255, what there is u8 (dimensions, + 8 with a covariate, + 16 in conflict, + 32 for each link of the longest chain that leads to it), a byte for each dimension, covariate f32 |
 * | conversion | KPI u8, day u16, varint of 2 × events + valued, and if valued the total f64                        |
 * | link       | 254, client 8 bytes; of a conflict then the assignment that counts u8, and the record taken out (assignment, day, epoch) |
 *
 * Big-endian; a varint has 7 bits a byte, low bits first. The epoch is left out where it is 0 and nothing follows. No
 * assignment is 254, and no KPI 255, so a record without extras is as it was in layout 1.
 *
 * The embedded engine keeps conversions apart, a key each: day u16, events u32, and total f64 if it is not 0.
 */
import type { Assignment } from "../domain/assignment.ts";
import { CLIENT_KEY_BYTES, type ClientKey } from "../domain/digest.ts";
import type { Exposure } from "../domain/exposure.ts";
import type { Day } from "../domain/period.ts";
import type { ConversionRecord, Joining } from "../domain/tally.ts";
import { assignmentCode, assignmentOf, isAssignmentCode } from "./assignment-code.ts";
import { decoded } from "./kept-bytes.ts";
import type { Joined, KpiRecord, LinkTarget } from "./transfer.ts";
import { readVarint, varint } from "./varint.ts";

const EXTRAS = 255;
const LINK = 254;

const DIMENSIONS = 7;
const COVARIATE = 8;
const CONFLICT = 16;
const LINK_DEPTH = 32;

/** Most links one after another that lead to a record: what the three bits that were free have room for. */
export const LINK_DEPTH_MAX = 7;

/** What nothing counts: totals and covariates whose squares may be no numbers, and epochs that no tally has. */
const TOTAL_MAX = 1e100;
const EPOCH_MAX = 0xffff;

/** Code, day, and the epoch 0. */
const HEAD_BYTES = 4;
const LINK_BYTES = 1 + CLIENT_KEY_BYTES;

const NO_CONVERSIONS: readonly KpiRecord[] = [];

/** A record as an engine stores it; `conversions` are those stored within it. */
export interface DecodedRecord extends Joined {
  readonly conversions: readonly KpiRecord[];
}

export function isLink(bytes: Buffer): boolean {
  return bytes[0] === LINK;
}

/** The record of a client that joins. */
export function encodeJoining(assignment: Assignment, epoch: number, joining: Joining): Buffer {
  return Buffer.from(headOf({ assignment, day: joining.day, epoch }, extrasOf(joining)), "latin1");
}

/** @param conversions those that are kept within the record */
export function encodeRecord(joined: Joined, conversions: readonly KpiRecord[] = NO_CONVERSIONS): Buffer {
  let body = extrasOf(joined);
  for (const conversion of conversions) body += within(conversion);
  return Buffer.from(headOf(joined, body), "latin1");
}

function headOf({ assignment, day, epoch }: Pick<Joined, "assignment" | "day" | "epoch">, body = ""): string {
  const head = String.fromCharCode(assignmentCode(assignment), day >>> 8, day & 255);
  return epoch === 0 && body === "" ? head : head + varint(epoch) + body;
}

/** One character per byte, as it is passed to scripts; empty for a record without extras. */
export function extrasOf({
  segments,
  covariate,
  conflict,
  linkDepth = 0,
}: Exposure & Pick<Joined, "linkDepth">): string {
  if (segments === undefined && covariate === undefined && conflict === undefined && linkDepth === 0) return "";
  const flags = (covariate === undefined ? 0 : COVARIATE) + (conflict === true ? CONFLICT : 0) + linkDepth * LINK_DEPTH;
  const values = segments === undefined ? "" : String.fromCharCode(...segments);
  const number = covariate === undefined ? "" : float(covariate);
  return String.fromCharCode(EXTRAS, values.length + flags) + values + number;
}

/** @throws SixpackError experiment-unreadable */
export function decodeRecord(bytes: Buffer): DecodedRecord {
  return decoded("a record", bytes, recordIn);
}

// Field by field, what is missing too: with spreads it takes fifty times as long, and whoever walks over records makes millions.
function recordIn(bytes: Buffer): DecodedRecord {
  const assignment = assignmentIn(bytes.readUInt8(0));
  const day = bytes.readUInt16BE(1) as Day;
  if (bytes.length < HEAD_BYTES) return { assignment, day, epoch: 0, conversions: NO_CONVERSIONS };
  const [epoch, at] = readVarint(bytes, HEAD_BYTES - 1);
  if (epoch > EPOCH_MAX) throw new RangeError("There are not so many epochs");
  if (at === bytes.length) return { assignment, day, epoch, conversions: NO_CONVERSIONS };
  if (bytes[at] !== EXTRAS) return { assignment, day, epoch, conversions: conversionsFrom(bytes, at) };
  const what = bytes.readUInt8(at + 1);
  const values = at + 2;
  const after = values + (what & DIMENSIONS);
  const body = (what & COVARIATE) === 0 ? after : after + 4;
  return {
    assignment,
    day,
    epoch,
    segments: after === values ? undefined : segmentsIn(bytes, values, after),
    covariate: (what & COVARIATE) === 0 ? undefined : countable(bytes.readFloatBE(after)),
    conflict: (what & CONFLICT) === 0 ? undefined : true,
    linkDepth: what < LINK_DEPTH ? undefined : Math.floor(what / LINK_DEPTH),
    conversions: conversionsFrom(bytes, body),
  };
}

/** One by one: a part of a buffer is a buffer of its own, which takes most of the time of a record. */
function segmentsIn(bytes: Buffer, start: number, end: number): readonly number[] {
  const segments: number[] = [];
  for (let at = start; at < end; at += 1) segments.push(bytes.readUInt8(at));
  return segments;
}

function conversionsFrom(bytes: Buffer, start: number): readonly KpiRecord[] {
  if (start === bytes.length) return NO_CONVERSIONS;
  if (start > bytes.length) throw new RangeError("The record ends too early");
  const conversions: KpiRecord[] = [];
  let at = start;
  while (at < bytes.length) {
    const kpi = bytes.readUInt8(at);
    const day = bytes.readUInt16BE(at + 1) as Day;
    const [counted, after] = readVarint(bytes, at + 3);
    if (counted > Number.MAX_SAFE_INTEGER) throw new RangeError("There are not so many events");
    const valued = counted % 2 === 1;
    const total = countable(valued ? bytes.readDoubleBE(after) : 0);
    at = valued ? after + 8 : after;
    conversions.push({ kpi, day, events: Math.floor(counted / 2), total });
  }
  return conversions;
}

function within({ kpi, day, events, total }: KpiRecord): string {
  const head = String.fromCharCode(kpi, day >>> 8, day & 255);
  return total === 0 ? head + varint(2 * events) : head + varint(2 * events + 1) + double(total);
}

export function encodeLink({ to, conflict }: LinkTarget): Buffer {
  const tail =
    conflict === undefined ? "" : String.fromCharCode(assignmentCode(conflict.kept)) + headOf(conflict.takenOut);
  return Buffer.from(String.fromCharCode(LINK) + to + tail, "latin1");
}

/** @throws SixpackError experiment-unreadable */
export function decodeLink(bytes: Buffer): LinkTarget {
  return decoded("a link", bytes, linkIn);
}

function linkIn(bytes: Buffer): LinkTarget {
  if (bytes.length < LINK_BYTES) throw new RangeError("The id ends too early");
  const to = bytes.toString("latin1", 1, LINK_BYTES) as ClientKey;
  if (bytes.length === LINK_BYTES) return { to };
  const { assignment, day, epoch } = decodeRecord(bytes.subarray(LINK_BYTES + 1));
  return { to, conflict: { kept: assignmentIn(bytes.readUInt8(LINK_BYTES)), takenOut: { assignment, day, epoch } } };
}

export function encodeConversion({ day, events, total }: ConversionRecord): Buffer {
  const value = Buffer.allocUnsafe(total === 0 ? 6 : 14);
  value.writeUInt16BE(day, 0);
  value.writeUInt32BE(Math.min(events, 0xffff_ffff), 2);
  if (total !== 0) value.writeDoubleBE(total, 6);
  return value;
}

/** @throws SixpackError experiment-unreadable */
export function decodeConversion(value: Buffer): ConversionRecord {
  return decoded("a conversion", value, conversionIn);
}

function conversionIn(value: Buffer): ConversionRecord {
  return {
    day: value.readUInt16BE(0) as Day,
    events: value.readUInt32BE(2),
    total: countable(value.length > 6 ? value.readDoubleBE(6) : 0),
  };
}

/**
 * Whether a record may have today's layout. A varint of two bytes has the highest bit of its first byte set; in layout
 * 1 no epoch below 32,768 had.
 */
export function mayBeOfToday(bytes: Buffer): boolean {
  return bytes.length !== HEAD_BYTES + 1 || bytes.readUInt8(HEAD_BYTES - 1) >= 128;
}

/**
 * A record of the embedded engine as layout 1 had it: the epoch was a u16. Those of epoch 0 are the same.
 * @returns what it is now, `undefined` where it stays as it is
 */
export function recordOfLayout1(bytes: Buffer): Buffer | undefined {
  if (bytes.length !== HEAD_BYTES + 1 || !isAssignmentCode(bytes.readUInt8(0))) return undefined;
  const { assignment, day } = decodeRecord(bytes.subarray(0, HEAD_BYTES - 1));
  return encodeRecord({ assignment, day, epoch: bytes.readUInt16BE(HEAD_BYTES - 1) });
}

/** @throws RangeError for a byte that no assignment has */
function assignmentIn(code: number): Assignment {
  if (!isAssignmentCode(code)) throw new RangeError("No assignment has this byte");
  return assignmentOf(code);
}

function countable(number: number): number {
  if (!(Math.abs(number) <= TOTAL_MAX)) throw new RangeError("No values add up to this");
  return number;
}

function float(number: number): string {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeFloatBE(number);
  return bytes.toString("latin1");
}

function double(number: number): string {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleBE(number);
  return bytes.toString("latin1");
}
