/** Reads client records and tallies as the scripts write them; `lua/records.lua` states the layout of a record. */

import type { Day } from "../../domain/period.ts";
import { PARTICIPATION, type Tally } from "../../domain/tally.ts";
import type { RedisConnection } from "./client.ts";
import { bucketKey } from "./keys.ts";
import { numberIn, pairsIn } from "./replies.ts";

/** Buckets asked for at once: about 3,000 records. */
const BUCKETS_PER_TURN = 100;

export async function bucketCount(connection: RedisConnection, records: string): Promise<number> {
  const count = await connection.send("HGET", records, "buckets");
  return count === null ? 1 : numberIn(count);
}

/**
 * Tallies from the records themselves. Buckets are read one after the other: exact when nobody writes meanwhile.
 */
export async function countRecords(connection: RedisConnection, records: string): Promise<readonly Tally[]> {
  const buckets = await bucketCount(connection, records);
  const cells = new Cells();
  for (let start = 0; start < buckets; start += BUCKETS_PER_TURN) {
    const count = Math.min(BUCKETS_PER_TURN, buckets - start);
    const replies = await Promise.all(
      Array.from({ length: count }, (_, index) => connection.send("HGETALL", bucketKey(records, start + index))),
    );
    for (const [, record] of replies.flatMap(pairsIn)) countRecord(record, cells);
  }
  return cells.tallies();
}

function countRecord(record: Buffer, cells: Cells): void {
  const assignment = record.readUInt8(0);
  const day = record.readUInt16BE(1);
  const [epoch, body] = readVarint(record, 3);
  cells.add(epoch, assignment, day, PARTICIPATION, { clients: 1, events: 1 });
  let at = body;
  while (at < record.length) {
    const kpi = record.readUInt8(at);
    const firstDay = record.readUInt16BE(at + 1);
    const [counted, after] = readVarint(record, at + 3);
    const valued = counted % 2 === 1;
    const sum = valued ? record.readDoubleBE(after) : 0;
    at = valued ? after + 8 : after;
    const events = Math.floor(counted / 2);
    cells.add(epoch, assignment, firstDay, kpi, { clients: 1, events, sum, squares: sum * sum });
  }
}

/** Field of a life's tallies that counts the batches which changed them; every other field has colons. */
const CHANGES = "changes";

export async function readTallyMark(connection: RedisConnection, key: string): Promise<number> {
  const changes = await connection.send("HGET", key, CHANGES);
  return changes === null ? 0 : numberIn(changes);
}

/** The tallies that a life's hash holds, each cell put together from its fields. */
export async function readTallies(connection: RedisConnection, key: string): Promise<readonly Tally[]> {
  const cells = new Cells();
  for (const [field, value] of pairsIn(await connection.send("HGETALL", key))) {
    const [epoch, assignment, day, metric, quantity] = field.toString("latin1").split(":");
    if (epoch === CHANGES) continue;
    const number = numberIn(value);
    const place = [Number(epoch), Number(assignment), Number(day)] as const;
    if (metric === "p") cells.add(...place, PARTICIPATION, { clients: number, events: number });
    else cells.add(...place, Number(metric), quantityOf(quantity, number));
  }
  return cells.tallies();
}

type Quantities = Partial<Pick<Tally, "clients" | "events" | "sum" | "squares">>;

function quantityOf(letter: string | undefined, number: number): Quantities {
  switch (letter) {
    case "c":
      return { clients: number };
    case "e":
      return { events: number };
    case "s":
      return { sum: number };
    default:
      return { squares: number };
  }
}

class Cells {
  readonly #tallies = new Map<string, Tally>();

  add(epoch: number, assignment: number, day: number, metric: number, added: Quantities): void {
    const key = `${epoch}:${assignment}:${day}:${metric}`;
    const known = this.#tallies.get(key);
    this.#tallies.set(key, {
      epoch,
      assignment,
      metric,
      day: day as Day,
      clients: (known?.clients ?? 0) + (added.clients ?? 0),
      events: (known?.events ?? 0) + (added.events ?? 0),
      sum: (known?.sum ?? 0) + (added.sum ?? 0),
      squares: (known?.squares ?? 0) + (added.squares ?? 0),
    });
  }

  tallies(): readonly Tally[] {
    return [...this.#tallies.values()];
  }
}

/** The number that starts at `at`, and the place after it: 7 bits a byte, low bits first. */
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
