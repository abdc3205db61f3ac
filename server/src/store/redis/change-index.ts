/**
 * What processes tell each other: a sorted set of what has changed, by the sequence number of its last change. Whoever
 * changes something touches it, and everybody polls for what is newer than the last number they saw.
 */
import type { RedisConnection } from "./client.ts";
import { arrayIn, bytesIn, numberIn } from "./replies.ts";
import { SCRIPTS } from "./scripts.ts";

/** Member that holds the last sequence number, so that taking another one out never makes a number come twice. */
const LAST = "";

export interface Changes {
  /** With the number of each. */
  readonly changed: ReadonlyMap<string, number>;
  /** The last number given. */
  readonly last: number;
}

export class ChangeIndex {
  readonly #connection: RedisConnection;
  readonly #key: string;
  readonly #encoding: "utf8" | "latin1";

  /** @param encoding of its members: text, or a character a byte */
  constructor(connection: RedisConnection, key: string, encoding: "utf8" | "latin1") {
    this.#connection = connection;
    this.#key = key;
    this.#encoding = encoding;
  }

  async touch(member: string): Promise<void> {
    await this.#connection.run(SCRIPTS.touch, [this.#key], Buffer.from(member, this.#encoding));
  }

  /** 0 where nothing was ever changed. */
  async last(): Promise<number> {
    const last = await this.#connection.send("ZSCORE", this.#key, LAST);
    return last === null ? 0 : numberIn(last);
  }

  /** What was changed after that number; `undefined` where the index was lost since, and began anew. */
  async since(sequence: number): Promise<Changes | undefined> {
    const from = sequence === Number.NEGATIVE_INFINITY ? "-inf" : String(sequence);
    const items = arrayIn(await this.#connection.send("ZRANGEBYSCORE", this.#key, from, "+inf", "WITHSCORES"));
    // The last number itself is always among the answers.
    if (sequence > 0 && items.length === 0) return undefined;
    const changed = new Map<string, number>();
    let last = Math.max(0, sequence);
    for (let index = 0; index < items.length; index += 2) {
      const member = bytesIn(items[index]).toString(this.#encoding);
      const number = numberIn(items[index + 1]);
      last = Math.max(last, number);
      if (member !== LAST && number > sequence) changed.set(member, number);
    }
    return { changed, last };
  }

  /** Takes the oldest out, so that so many stay. */
  async trim(kept: number): Promise<void> {
    // The last number is a member, too.
    await this.#connection.send("ZREMRANGEBYRANK", this.#key, "0", String(-kept - 2));
  }
}
