/**
 * Keys and values of the local engine, byte for byte. docs/storage.md draws the same table.
 *
 * Keys are built as strings of one character per byte (fast to make and to look up in a map) and become buffers on
 * their way to LevelDB. Numbers are big-endian, so that keys sort by life first and a life is one range.
 *
 * | family | key                                                            | value                              |
 * |--------|----------------------------------------------------------------|-------------------------------------|
 * | m      | name of the setting                                            | text                               |
 * | d      | life u32                                                       | life: state, since, definition; JSON|
 * | r      | life u32, client 8 bytes                                       | a record or a link: record-codec.ts |
 * | c      | life u32, client 8 bytes, KPI u8                               | a conversion: record-codec.ts       |
 * | n      | life u32, client 8 bytes                                       | its raw id, UTF-8 (if ids are kept) |
 * | t      | life u32, then tally-entries.ts                                | tally-entries.ts                    |
 * | u      | as t: tallies that have no records behind them                 | as t                                |
 * | i      | window u16, life u32, event 8 bytes                            | nothing                            |
 * | a      | sequence u48                                                   | activity, JSON                     |
 * | k      | family, a zero byte, name (UTF-8)                              | a note, text                       |
 */
import { type ClientKey, type EventKey, uint32 } from "../../domain/digest.ts";
import type { ClientId } from "../../domain/names.ts";

export const FAMILIES = {
  meta: "m",
  definition: "d",
  record: "r",
  conversion: "c",
  id: "n",
  tally: "t",
  unrecorded: "u",
  event: "i",
  activity: "a",
  note: "k",
} as const;
export type Family = keyof typeof FAMILIES;

/** Highest number of a KPI that a key can hold. */
export const KPI_NUMBER_MAX = 254;

export function u16(value: number): string {
  return String.fromCharCode((value >>> 8) & 255, value & 255);
}

function u32(value: number): string {
  return String.fromCharCode(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
}

export function metaKey(setting: string): string {
  return FAMILIES.meta + setting;
}

export function definitionKey(life: number): string {
  return FAMILIES.definition + u32(life);
}

export function recordKey(life: number, client: ClientKey): string {
  return FAMILIES.record + u32(life) + client;
}

export function conversionKey(life: number, client: ClientKey, kpi: number): string {
  return FAMILIES.conversion + u32(life) + client + String.fromCharCode(kpi);
}

export function idKey(life: number, client: ClientKey): string {
  return FAMILIES.id + u32(life) + client;
}

export function encodeId(id: ClientId): Buffer {
  return Buffer.from(id, "utf8");
}

export function decodeId(value: Buffer): ClientId {
  return value.toString("utf8") as ClientId;
}

/** Events are kept by the window in which they came, so that a window that is over is one range to clear. */
export function eventKeyIn(window: number, life: number, event: EventKey): string {
  return FAMILIES.event + u16(window) + u32(life) + event;
}

/** The range of all events of a window. */
export function eventsIn(window: number): { gte: Buffer; lt: Buffer } {
  const { gte, lt } = eventsFrom(window);
  return { gte, lt: window === 0xffff ? lt : eventsFrom(window + 1).gte };
}

/** The range of all events of a window and later. */
export function eventsFrom(window: number): { gte: Buffer; lt: Buffer } {
  return { gte: bytes(FAMILIES.event + u16(window)), lt: range("event").lt };
}

/** The window of the key of an event. */
export function windowOf(key: Buffer): number {
  return key.readUInt16BE(1);
}

/** In the order of writing: clocks may be set back, a log may not. */
export function activityKey(sequence: number): string {
  return FAMILIES.activity + u16(Math.floor(sequence / 2 ** 32)) + u32(sequence % 2 ** 32);
}

export function decodeActivityKey(key: Buffer): number {
  return key.readUIntBE(1, 6);
}

/** @param family without a zero byte */
export function noteKey(family: string, name: string): string {
  return FAMILIES.note + Buffer.from(`${family}\0${name}`, "utf8").toString("latin1");
}

export function decodeNoteKey(key: Buffer): { readonly family: string; readonly name: string } {
  const text = key.toString("utf8", 1);
  const end = text.indexOf("\0");
  return { family: text.slice(0, end), name: text.slice(end + 1) };
}

/** The range of a family, or of one life in it. */
export function range(family: Family, life?: number): { gte: Buffer; lt: Buffer } {
  const prefix = FAMILIES[family];
  if (life !== undefined) {
    const end = life === 0xffff_ffff ? String.fromCharCode(prefix.charCodeAt(0) + 1) : prefix + u32(life + 1);
    return { gte: bytes(prefix + u32(life)), lt: bytes(end) };
  }
  return { gte: bytes(prefix), lt: bytes(String.fromCharCode(prefix.charCodeAt(0) + 1)) };
}

export function bytes(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

/** KPI that a conversion's key names. */
export function decodeConversionKey(key: Buffer): number {
  return key.readUInt8(13);
}

/** Client that a key of the families r, c and n names. */
export function decodeClient(key: Buffer): ClientKey {
  return key.toString("latin1", 5, 13) as ClientKey;
}

/** Life in a key of the families d, r, c, n, t and u. */
export function decodeLife(key: string): number {
  return uint32(key, 1);
}
