/** One client's record as bytes; `lua/records.lua` states the layout, and the scripts read and write the same. */

import type { ClientKey } from "../../domain/digest.ts";
import type { Day } from "../../domain/period.ts";
import { assignmentCode, assignmentOf } from "../assignment-code.ts";
import type { ClientRecord, KpiRecord } from "../transfer.ts";

const NONE: readonly KpiRecord[] = [];

export function decodeRecord(client: ClientKey, record: Buffer): ClientRecord {
  const [epoch, body] = readVarint(record, 3);
  const conversions = body === record.length ? NONE : decodeConversions(record, body);
  return {
    client,
    assignment: assignmentOf(record.readUInt8(0)),
    epoch,
    day: record.readUInt16BE(1) as Day,
    conversions,
  };
}

function decodeConversions(record: Buffer, start: number): readonly KpiRecord[] {
  const conversions: KpiRecord[] = [];
  let at = start;
  while (at < record.length) {
    const kpi = record.readUInt8(at);
    const day = record.readUInt16BE(at + 1) as Day;
    const [counted, after] = readVarint(record, at + 3);
    const valued = counted % 2 === 1;
    const total = valued ? record.readDoubleBE(after) : 0;
    at = valued ? after + 8 : after;
    conversions.push({ kpi, day, events: Math.floor(counted / 2), total });
  }
  return conversions;
}

export function encodeRecord({ assignment, epoch, day, conversions }: ClientRecord): Buffer {
  const bytes = [assignmentCode(assignment), day >>> 8, day & 255];
  pushVarint(bytes, epoch);
  for (const { kpi, day: firstDay, events, total } of conversions) {
    const valued = total !== 0;
    bytes.push(kpi, firstDay >>> 8, firstDay & 255);
    pushVarint(bytes, 2 * events + (valued ? 1 : 0));
    if (!valued) continue;
    const double = Buffer.allocUnsafe(8);
    double.writeDoubleBE(total);
    bytes.push(...double);
  }
  return Buffer.from(bytes);
}

/** 7 bits a byte, low bits first. */
function pushVarint(bytes: number[], number: number): void {
  let rest = number;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}

/** The number that starts at `at`, and the place after it. */
function readVarint(bytes: Buffer, at: number): [number, number] {
  let number = 0;
  let factor = 1;
  for (let place = at; ; place += 1) {
    const byte = bytes.readUInt8(place);
    number += (byte & 127) * factor;
    if (byte < 128) return [number, place + 1];
    factor *= 128;
  }
}
