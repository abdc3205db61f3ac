/**
 * Marks of tallies. Those that are asked for in one turn of the event loop come in one answer: a list asks for that of every
 * experiment, and an open page once a second. In a Cluster experiments lie in different slots, so there each is asked for by
 * itself.
 */
import { SixpackError } from "../../domain/errors.ts";
import { unreadable } from "../kept-bytes.ts";
import { Batcher } from "./call-batch.ts";
import { mapInChunks } from "./chunks.ts";
import type { RedisConnection, Reply } from "./client.ts";
import { refusalOf } from "./node.ts";
import { arrayIn, numberIn, textIn } from "./replies.ts";
import { SCRIPTS } from "./scripts.ts";

/** Field of a life's tallies that counts the batches which changed them; every other field has colons. */
export const CHANGES = "changes";

/** Marks in one script call: a fifth of a millisecond of Redis. */
const MARKS_PER_CALL = 250;

export class Marks {
  readonly #connection: RedisConnection;
  readonly #batcher: Batcher<Marks, string, number>;
  /** Redis has refused to read several at once. */
  #apart = false;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
    this.#batcher = new Batcher((_, keys) => this.#readAll(keys), Number.POSITIVE_INFINITY);
  }

  /** @param key of the tallies of a life */
  read(key: string): Promise<number> {
    return this.#batcher.add(this, key);
  }

  async #readAll(keys: readonly string[]): Promise<readonly (number | SixpackError)[]> {
    const marks: (number | SixpackError)[] = [];
    for (let start = 0; start < keys.length; start += MARKS_PER_CALL) {
      const some = keys.slice(start, start + MARKS_PER_CALL);
      marks.push(...((await this.#readTogether(some)) ?? (await mapInChunks(some, (key) => this.#readAlone(key)))));
    }
    return marks;
  }

  /** `undefined` where they have to be read one by one. */
  async #readTogether(keys: readonly string[]): Promise<readonly (number | SixpackError)[] | undefined> {
    const [first, ...others] = keys;
    if (first === undefined || others.length === 0 || this.#apart) return undefined;
    try {
      const replies = arrayIn(await this.#connection.run(SCRIPTS.marks, [first, ...others]));
      return await Promise.all(keys.map((key, index) => this.#markOf(key, replies[index] ?? null)));
    } catch (error) {
      if (!(error instanceof SixpackError) || refusalOf(error.cause)?.startsWith("CROSSSLOT") !== true) throw error;
      this.#apart = true;
      return undefined;
    }
  }

  /** One that was refused is asked for again, to hear why. */
  async #markOf(key: string, reply: Reply): Promise<number | SixpackError> {
    return reply !== null && textIn(reply) === "" ? this.#readAlone(key) : markIn(key, reply);
  }

  async #readAlone(key: string): Promise<number | SixpackError> {
    try {
      return markIn(key, await this.#connection.send("HGET", key, CHANGES));
    } catch (error) {
      if (error instanceof SixpackError) return error;
      throw error;
    }
  }
}

function markIn(key: string, reply: Reply): number | SixpackError {
  const mark = reply === null ? 0 : numberIn(reply);
  return Number.isSafeInteger(mark) ? mark : unreadable("a count of changes", `${textIn(reply)} in ${key}`);
}
