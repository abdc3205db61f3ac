/** Tallies as the scripts keep them: one hash, with a field for each quantity of a cell. */
import { capsOf } from "../../domain/kpi-definition.ts";
import { isSubsetKey, subsetIn, subsetKey } from "../../domain/subset.ts";
import { PARTICIPATION, type Tally } from "../../domain/tally.ts";
import { nextTurn } from "../../lib/next-turn.ts";
import { assignmentCode, assignmentOf, isAssignmentCode } from "../assignment-code.ts";
import { soundTally, unreadable } from "../kept-bytes.ts";
import type { Tallies } from "../store.ts";
import { TallySum } from "../tally-sum.ts";
import type { RedisConnection } from "./client.ts";
import type { Keys } from "./keys.ts";
import { CHANGES, Marks } from "./marks.ts";
import { finishRecap } from "./recap.ts";
import { numberIn, pairsIn } from "./replies.ts";
import { countRecords, exportRecords } from "./walk.ts";

/** Fields written by one command. */
const FIELDS_AT_A_TIME = 1_000;

export function redisTallies(connection: RedisConnection, keys: Keys): Tallies {
  const marks = new Marks(connection);
  const read: Tallies["read"] = async (experiment) => {
    const life = keys.life(experiment);
    await finishRecap(connection, keys, experiment);
    return readTallies(connection, life.tallies, life.unrecorded);
  };
  return {
    read,
    mark: (experiment) => marks.read(keys.life(experiment).tallies),
    async recount(experiment, onUnreadable) {
      if (experiment.compacted === true) return read(experiment);
      const life = keys.life(experiment);
      const unrecorded = await readTallies(connection, life.unrecorded);
      return countRecords(exportRecords(connection, life, experiment, onUnreadable), unrecorded, capsOf(experiment));
    },
  };
}

/** The tallies in some hashes, each cell put together from its fields, those of one cell added up. */
export async function readTallies(connection: RedisConnection, ...keys: readonly string[]): Promise<readonly Tally[]> {
  const sum = new TallySum();
  const replies = await Promise.all(keys.map((key) => connection.send("HGETALL", key)));
  let left = FIELDS_AT_A_TIME;
  for (const [bytes, value] of replies.flatMap(pairsIn)) {
    const field = bytes.toString("latin1");
    if (field !== CHANGES) sum.add(tallyIn(field, value));
    left -= 1;
    if (left > 0) continue;
    left = FIELDS_AT_A_TIME;
    // Others go on while tens of thousands of cells are put together.
    await nextTurn();
  }
  return sum.tallies();
}

/** Epoch, code of the assignment, subset, and `p` for participants or a KPI, with a quantity; that of `p` alone is how many. */
const FIELD = /^(\d{1,5}):(\d{1,3}):([a-z]?\d{1,5}):(?:p(?=$|:[sq])|(\d{1,3})(?=:))(?::([cesq]))?$/;

/**
 * What one field says of its cell; the other quantities are 0.
 * @throws SixpackError experiment-unreadable: no script writes such a field
 */
function tallyIn(field: string, value: Buffer): Tally {
  const got = () => `${field} = ${value.toString("latin1", 0, 40)}`;
  const [, epoch, code, subset = "", metric, quantity] = FIELD.exec(field) ?? [];
  if (epoch === undefined || !isAssignmentCode(Number(code)) || !isSubsetKey(subset))
    throw unreadable("a tally", got());
  const isValue = quantity === "s" || quantity === "q";
  const [number = Number.NaN, ...more] = value.toString("latin1").split(" ").map(numberOf);
  if (more.length > 0 && !isValue) throw unreadable("a tally", got());
  const rest = more.length === 0 ? undefined : more;
  const tally = {
    epoch: Number(epoch),
    assignment: assignmentOf(Number(code)),
    metric: metric === undefined ? PARTICIPATION : Number(metric),
    subset: subsetIn(subset),
    clients: quantity === "c" || quantity === undefined ? number : 0,
    events: quantity === "e" || quantity === undefined ? number : 0,
    sum: quantity === "s" ? number : 0,
    sumRest: quantity === "s" ? rest : undefined,
    squares: quantity === "q" ? number : 0,
    squaresRest: quantity === "q" ? rest : undefined,
  };
  return soundTally(tally, got);
}

/** Nothing is no number. */
function numberOf(text: string): number {
  return text === "" ? Number.NaN : numberIn(text);
}

/** Writes cells as the scripts would have. */
export async function writeTallies(connection: RedisConnection, key: string, tallies: readonly Tally[]): Promise<void> {
  const fields = tallies.flatMap(fieldsOf);
  for (let start = 0; start < fields.length; start += FIELDS_AT_A_TIME) {
    await connection.send("HSET", key, ...fields.slice(start, start + FIELDS_AT_A_TIME).flat());
  }
}

/** The fields of a cell, and what each of them says. */
export function fieldsOf({
  epoch,
  assignment,
  metric,
  subset,
  clients,
  events,
  sum,
  sumRest = [],
  squares,
  squaresRest = [],
}: Tally): readonly string[][] {
  const cell = `${epoch}:${assignmentCode(assignment)}:${subsetKey(subset)}:`;
  const of = cell + (metric === PARTICIPATION ? "p" : metric);
  const fields = metric === PARTICIPATION ? [[of, String(clients)]] : [];
  if (events !== 0 && metric !== PARTICIPATION) fields.push([`${of}:e`, String(events)]);
  if (clients !== 0 && metric !== PARTICIPATION) fields.push([`${of}:c`, String(clients)]);
  if (sum !== 0 || squares !== 0) {
    fields.push([`${of}:s`, [sum, ...sumRest].join(" ")], [`${of}:q`, [squares, ...squaresRest].join(" ")]);
  }
  return fields;
}
